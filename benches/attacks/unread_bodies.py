"""Bodies that a bot refuses and that go on: when is the connection gone, what is swallowed, and what do others notice?

    python3 benches/attacks/unread_bodies.py [axum_echo actix_echo hyper_echo …] [--crowds]

The client does not wait for the answer, and reads none: it sends until the connection is gone.
"""

import asyncio
import multiprocessing
import resource
import sys
import time
from types import SimpleNamespace

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


def attack(address, how_many, pieces, pause, kind, sent, left):
    """In a process of its own, so that the good requests wait for the bot alone."""
    bot = SimpleNamespace(**address)
    head = heads(bot)[kind]

    async def all_of_them():
        tasks = []
        for _ in range(how_many):
            tasks.append(asyncio.create_task(endless(bot, head, pieces, pause)))
            await asyncio.sleep(1 / 2000)
        for task in tasks:
            try:
                sent.value += (await task)[1]
            except (OSError, asyncio.TimeoutError):
                pass
            left.value -= 1

    left.value = how_many
    asyncio.run(all_of_them())


async def crowd(name, bot, how_many, pieces, pause, kind):
    """Many of them at once, beside 50 good requests a second."""
    before, peak, start, gone = bot.memory(), 0, time.monotonic(), None
    sent, left = multiprocessing.Value("d"), multiprocessing.Value("i", how_many)
    address = {"host": bot.host, "port": bot.port, "path": bot.path}
    attackers = multiprocessing.Process(target=attack, args=(address, how_many, pieces, pause, kind, sent, left))
    attackers.start()

    async def watch():
        nonlocal peak, gone
        while True:
            peak = max(peak, bot.memory())
            if gone is None and left.value == 0:
                gone = time.monotonic() - start
            await asyncio.sleep(0.05)

    watcher = asyncio.create_task(watch())
    times = await good_requests(bot, 50, 12)
    watcher.cancel()
    await asyncio.to_thread(attackers.join)
    report(
        f"{name} {how_many} × {kind} pause={pause}",
        good=len(times),
        p99_ms=percentile(times, 99),
        max_ms=percentile(times, 100),
        peak_growth_mib=(peak - before) / 2**20,
        growth_mib=(bot.memory() - before) / 2**20,
        sent_mib=sent.value / 2**20,
        all_gone_s=gone or time.monotonic() - start,
        files=bot.files(),
    )


async def main(names):
    for name in names:
        if "--crowds" not in sys.argv:
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


multiprocessing.set_start_method("fork")
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
names = [name for name in sys.argv[1:] if not name.startswith("--")]
asyncio.run(main(names or ["axum_echo", "actix_echo", "hyper_echo"]))
