"""Two bots on a Redis that is far away: each push reaches both at once. How long until both have answered?

python3 redis_waiters.py [pushes/s ...]
Aim: p99 of a 300 ms handler <= 300 ms + 3 round trips + 50 ms; over a connection that died: <= the handler + 1 s.
"""

import asyncio
import sys
import time

from shared_redis import Proxy, Redis
from wechat import Bot, percentile, push, query, report, text

HANDLER = 0.3


async def both(bots, said):
    """One push to each of the bots. Their times in seconds."""
    body, signed = text(said), query()

    async def one(bot):
        try:
            status, _, took = await push(bot, body, signed)
            return took if status == 200 else float("inf")
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            return float("inf")

    return await asyncio.gather(*(one(bot) for bot in bots))


async def steadily(bots, rate, seconds):
    tasks, start = [], time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0, start + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(both(bots, f"慢 {HANDLER}")))
    return [took for pair in await asyncio.gather(*tasks) for took in pair]


async def half_open(bots, proxy):
    """Swallowed while the push runs."""
    pushed = asyncio.create_task(both(bots, "慢 1"))
    await asyncio.sleep(0.7)
    proxy.swallow()
    return max(await pushed)


def main():
    rates = [int(rate) for rate in sys.argv[1:]] or [10, 100, 500]
    # The first shows what this script and the machine take by themselves.
    for round_trip in (0, 0.05, 0.1):
        for rate in rates:
            with Redis() as redis:
                proxies = [Proxy(redis.port, round_trip / 2) for _ in range(2)]
                with Bot("slow_bot", REDIS_URL=proxies[0].url) as a, Bot("slow_bot", REDIS_URL=proxies[1].url) as b:
                    asyncio.run(steadily([a, b], 5, 1))
                    times = asyncio.run(steadily([a, b], rate, 10))
            aim = 1000 * (HANDLER + 3 * round_trip + 0.05)
            report(f"round trip {round_trip * 1000:.0f} ms, {rate}/s", p50=percentile(times, 50), p99=percentile(times, 99),
                   aim=aim, failed=sum(took == float("inf") for took in times))
    with Redis() as redis:
        for name, which in (("who waits", 1), ("who runs it", 0), ("either", None)):
            proxies = [Proxy(redis.port) for _ in range(2)]
            with Bot("slow_bot", REDIS_URL=proxies[0].url) as a, Bot("slow_bot", REDIS_URL=proxies[1].url) as b:
                worst = 0
                for _ in range(10):
                    for proxy in proxies if which is None else [proxies[which]]:
                        proxy.swallow()
                    # The bots have connections again before the next.
                    asyncio.run(both([a, b], "慢 0"))
                    for proxy in proxies if which is None else [proxies[which]]:
                        worst = max(worst, asyncio.run(half_open([a, b], proxy)))
            report(f"half open: {name}", handler=1000.0, worst=1000 * worst)


if __name__ == "__main__":
    main()
