"""Bodies that a bot refuses and that go on: when is the connection gone, what is swallowed, and what do others notice?

    python3 benches/attacks/unread_bodies.py [axum_echo actix_echo hyper_echo …]

The client does not wait for the answer, and reads none: it sends until the connection is gone.
"""

import asyncio
import resource
import sys
import time

from wechat import Bot, good_requests, percentile, query, report

CHUNKED = "Transfer-Encoding: chunked\r\n"
CHUNK = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
DRIP = b"1\r\nx\r\n"


def heads(bot):
    """What is refused, or answered, without its body: the name, the head, whether it is refused before its body ends."""
    url, host = f"{bot.path}?{query()}", f"Host: {bot.host}\r\n"
    line = lambda method, target=url, version="1.1": f"{method} {target} HTTP/{version}\r\n{host}"  # noqa: E731
    return {
        "post": line("POST") + CHUNKED,
        "post_unsigned": line("POST", bot.path) + CHUNKED,
        "post_expect": line("POST") + CHUNKED + "Expect: 100-continue\r\n",
        "post_close": line("POST") + CHUNKED + "Connection: close\r\n",
        "get": line("GET", bot.path) + CHUNKED,
        "get_verifies": line("GET", url + "&echostr=1") + CHUNKED,
        "get_expect": line("GET", bot.path) + CHUNKED + "Expect: 100-continue\r\n",
        "put": line("PUT") + CHUNKED,
        "delete": line("DELETE") + CHUNKED,
        "other_path": line("POST", "/other") + CHUNKED,
        "length": line("POST") + "Content-Length: 1000000000\r\n",
        "length_get": line("GET", bot.path) + "Content-Length: 1000000000\r\n",
        "length_1_0": line("POST", version="1.0") + "Content-Length: 1000000000\r\n",
        "pipelined": f"GET {bot.path} HTTP/1.1\r\n{host}\r\n" + line("POST") + CHUNKED,
    }


async def endless(bot, head, pieces, pause):
    """Sends until the connection is gone. How long that took after the answer began, and how much was sent."""
    reader, writer = await asyncio.open_connection(bot.host, bot.port)
    answered = None

    async def listen():
        nonlocal answered
        try:
            while data := await reader.read(4096):
                if answered is None and not data.startswith(b"HTTP/1.1 100"):
                    answered = time.monotonic()
        except OSError:
            pass

    start, sent = time.monotonic(), 0
    listener = asyncio.create_task(listen())
    try:
        writer.write(head.encode() + b"\r\n")
        while time.monotonic() - start < 30:
            writer.write(pieces)
            sent += len(pieces)
            await asyncio.wait_for(writer.drain(), 20)
            if pause:
                await asyncio.sleep(pause)
            if writer.transport.is_closing():
                break
        else:
            sent = float("inf")
    except (OSError, asyncio.TimeoutError):
        pass
    end = time.monotonic()
    writer.close()
    await asyncio.wait([listener], timeout=1)
    return end - (answered or start), sent, answered is not None


async def kinds(name, bot):
    for shape, pieces, pause in (("flood", CHUNK, 0), ("drip", DRIP, 0.2)):
        for kind, head in heads(bot).items():
            content = b"x" * 0x4000 if "length" in kind and shape == "flood" else b"x" if "length" in kind else pieces
            gone, sent, answered = await endless(bot, head, content, pause)
            report(f"{name} {shape} {kind}", gone_after_answer_s=gone, sent_kib=sent / 1024, answered=answered)


async def crowd(name, bot, how_many, pieces, pause, kind):
    """Many of them at once, beside 50 good requests a second."""
    before, peak, start = bot.memory(), 0, time.monotonic()
    head = heads(bot)[kind]
    tasks = []

    async def all_of_them():
        for number in range(how_many):
            tasks.append(asyncio.create_task(endless(bot, head, pieces, pause)))
            if number % 100 == 99:
                await asyncio.sleep(0.02)

    async def watch():
        nonlocal peak
        while True:
            peak = max(peak, bot.memory())
            await asyncio.sleep(0.1)

    watcher = asyncio.create_task(watch())
    starter = asyncio.create_task(all_of_them())
    times = await good_requests(bot, 50, 10)
    await starter
    results = await asyncio.gather(*tasks, return_exceptions=True)
    watcher.cancel()
    sent = sum(result[1] for result in results if not isinstance(result, BaseException))
    report(
        f"{name} {how_many} × {kind} pause={pause}",
        good=len(times),
        p99_ms=percentile(times, 99),
        max_ms=percentile(times, 100),
        growth_mib=(peak - before) / 2**20,
        sent_mib=sent / 2**20,
        all_gone_s=time.monotonic() - start,
        left=bot.files(),
    )


async def main(names):
    for name in names:
        with Bot(name) as bot:
            await kinds(name, bot)
        for how_many, pieces, pause, kind in (
            (200, CHUNK, 0, "post"),
            (200, CHUNK, 0, "put"),
            (5000, DRIP, 1, "post"),
            (5000, DRIP, 1, "get"),
        ):
            with Bot(name) as bot:
                await good_requests(bot, 50, 2)  # Warm.
                await crowd(name, bot, how_many, pieces, pause, kind)


resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
asyncio.run(main(sys.argv[1:] or ["axum_echo", "actix_echo", "hyper_echo"]))
