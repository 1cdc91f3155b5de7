"""Three bots on a Redis that forgets, or whose clock is set: WeChat asks each in turn, five seconds apart. Whatever the
age of a push is when that happens, its answer reaches the user, and its handler runs once more at most.

python3 redis_ages.py [conversations/s]
The steps of the clock need a C compiler.
"""

import asyncio
import random
import shutil
import sys
import tempfile
import time

from shared_redis import Redis, runs
from wechat import Bot, push, query, report, text

SECONDS = 16


async def conversation(bots, said):
    """What WeChat does: up to three times, and it hangs up after five seconds. Whether the user has the answer."""
    body, signed, bots = text(said), query(), random.sample(bots, 3)
    for bot in bots:
        start = time.monotonic()
        try:
            status, answer, _ = await push(bot, body, signed, patience=5)
            if status == 200:
                return "answered" if "想了".encode() in answer else "success"
        except (OSError, asyncio.IncompleteReadError):
            pass
        except asyncio.TimeoutError:
            continue
        await asyncio.sleep(max(0, start + 5 - time.monotonic()))
    return "notice"


async def attack(bots, rate, what):
    """Conversations begin steadily, so that each has another age when it happens."""
    tasks, start = [], time.monotonic()
    for number in range(rate * SECONDS):
        await asyncio.sleep(max(0, start + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(conversation(bots, f"慢 {random.choice([4, 7, 9, 12, 13.5])}")))
    what()
    return await asyncio.gather(*tasks)


def measure(name, rate, what, has_clock=False):
    with Redis(has_clock) as redis, tempfile.TemporaryDirectory() as logs:
        files = [open(f"{logs}/{bot}", "w") for bot in "abc"]
        environment = {"REDIS_URL": redis.url, "RUST_LOG": "info"}
        bots = [Bot("slow_bot", log=file, **environment) for file in files]
        try:
            became = asyncio.run(attack(bots, rate, lambda: what(redis)))
            extra = sum(runs(file.name) for file in files) - len(became)
        finally:
            for bot in bots:
                bot.process.kill()
                bot.process.wait()
    counts = {kind: became.count(kind) for kind in ("answered", "success", "notice")}
    report(name, conversations=len(became), **counts, extra_runs=extra)


if __name__ == "__main__":
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    measure("nothing happens", rate, lambda redis: None)
    measure("FLUSHALL", rate, lambda redis: redis.ask("FLUSHALL"))
    if not shutil.which("cc"):
        raise SystemExit("without a C compiler the clock is not set")
    for step in (600, -600, 86400, -86400, 5, -5, 3):
        measure(f"the clock is set by {step} s", rate, lambda redis: redis.set_clock(step), has_clock=True)
