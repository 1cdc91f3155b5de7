"""Two bots, and a Redis that is busy for a moment: each push reaches both at once. How many run twice?

python3 redis_breaker.py [pushes/s]
Aim: <= 0.5 % of 2,000 pushes with one DEBUG SLEEP 0.25; with SIGSTOP every push is answered, after the first second as
fast as without Redis.
"""

import asyncio
import signal
import sys
import tempfile
import threading
import time

from redis_waiters import both
from shared_redis import Redis, runs
from wechat import Bot, percentile, report

PUSHES = 2000


async def attack(bots, rate, pushes, at, what):
    tasks, start = [], time.monotonic()
    for number in range(pushes):
        await asyncio.sleep(max(0, start + number / rate - time.monotonic()))
        if number == at:
            threading.Thread(target=what, daemon=True).start()
        tasks.append(asyncio.create_task(both(bots, "慢 0.1")))
    return [took for pair in await asyncio.gather(*tasks) for took in pair]


def measure(name, rate, pushes, what):
    with Redis() as redis, tempfile.TemporaryDirectory() as logs:
        files = [open(f"{logs}/{bot}", "w") for bot in "ab"]
        environment = {"REDIS_URL": redis.url, "RUST_LOG": "info"}
        with Bot("slow_bot", log=files[0], **environment) as a, Bot("slow_bot", log=files[1], **environment) as b:
            asyncio.run(attack([a, b], 20, 20, None, None))
            before = sum(runs(file.name) for file in files)
            times = asyncio.run(attack([a, b], rate, pushes, pushes // 3, lambda: what(redis)))
            twice = sum(runs(file.name) for file in files) - before - pushes
            warnings = sum("WARN" in line for file in files for line in open(file.name))
        report(name, pushes=pushes, twice=twice, percent=100 * twice / pushes, warnings=warnings,
               p50=percentile(times, 50), p99=percentile(times, 99), failed=sum(took == float("inf") for took in times))


def stopped(redis):
    redis.process.send_signal(signal.SIGSTOP)
    time.sleep(10)
    redis.process.send_signal(signal.SIGCONT)


if __name__ == "__main__":
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for busy in ("0.15", "0.25", "0.5"):
        measure(f"busy for {busy} s", rate, PUSHES, lambda redis, busy=busy: redis.ask("DEBUG", "SLEEP", busy))
    measure("stopped for 10 s", rate, PUSHES * 2, stopped)
