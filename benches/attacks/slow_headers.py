"""Connections that send their headers a line a second: when are they gone, and how long is a good request kept out?

    python3 benches/attacks/slow_headers.py [axum_echo actix_echo hyper_echo inspect slow_bot …]

The bot may open 1,024 files. The headers of a connection's second request count too.
"""

import asyncio
import resource
import sys
import time

from wechat import Bot, good_requests, percentile, report


async def drip(bot, first, patience):
    """Drips headers until the connection is gone. How long that took."""
    reader, writer = await asyncio.open_connection(bot.host, bot.port)
    if first:
        writer.write(first)
        try:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), patience)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            pass
    start = time.monotonic()
    gone = asyncio.create_task(reader.read(65536))
    try:
        writer.write(f"POST {bot.path} HTTP/1.1\r\nHost: {bot.host}\r\n".encode())
        while time.monotonic() - start < patience and not gone.done():
            await asyncio.wait([gone], timeout=1)
            writer.write(b"X-Header: 1\r\n")
            await writer.drain()
    except OSError:
        pass
    took = time.monotonic() - start
    gone.cancel()
    await asyncio.wait([gone])
    writer.close()
    return took


async def single(name, bot):
    ways = {
        "first": b"",
        "behind_a_refusal": f"GET {bot.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        "behind_404": b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n",
    }
    for way, first in ways.items():
        report(f"{name} {way}", gone_s=await drip(bot, first, 40))


async def crowd(name, bot, how_many):
    """Those whose 1,100 connections came first, and 50 good requests a second from then on."""
    start = time.monotonic()
    drips = [asyncio.create_task(drip(bot, b"", 60)) for _ in range(how_many)]
    await asyncio.sleep(0.5)
    times = await good_requests(bot, 50, 30)
    took = await asyncio.gather(*drips, return_exceptions=True)
    late = [number for number, time in enumerate(times) if time > 0.25]
    report(
        f"{name} {how_many} drips",
        worst_good_s=max(times),
        unanswered=times.count(float("inf")),
        last_late_good_s=late[-1] / 50 if late else 0,
        p99_after_10s_ms=percentile(times[500:], 99),
        last_drip_gone_s=max((one for one in took if not isinstance(one, BaseException)), default=0),
        all_s=time.monotonic() - start,
    )


async def main(names):
    for name in names:
        bot, _, framework = name.partition(":")
        arguments = ["--framework", framework] if framework else []
        with Bot(bot, *arguments) as one:
            await single(name, one)
        with Bot(bot, *arguments, files=1024) as one:
            await crowd(name, one, 1100)


resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
names = ["axum_echo", "actix_echo", "hyper_echo", "inspect", "slow_bot:axum", "slow_bot:actix"]
asyncio.run(main(sys.argv[1:] or names))
