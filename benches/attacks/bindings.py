"""Plain mode at capacity: does an old signature carry another body once many others came after it?

    python3 benches/attacks/bindings.py [PUSHES]

Pushes so many texts (120,000 unless given, more than a store of pushes remembers), each with a signature of its own, as
fast as the bot answers; then the very first signature with another body. 403 is right.
"""

import asyncio
import sys
import time

from wechat import Bot, answer, push, query, report, request, text

CONNECTIONS = 64


async def flood(bot, pushes):
    async def one(count):
        writer = None
        for _ in range(count):
            if writer is None:
                reader, writer = await asyncio.open_connection(bot.host, bot.port)
            writer.write(request(bot, text()))
            status, headers, _ = await answer(reader)
            assert status == 200, status
            if headers.get("connection") == "close":
                writer.close()
                writer = None

    await asyncio.gather(*(one(pushes // CONNECTIONS) for _ in range(CONNECTIONS)))


async def attack(name, pushes):
    with Bot(name) as bot:
        seen = query()
        status, _, _ = await push(bot, text("first"), seen)
        assert status == 200, status
        before, start = bot.memory(), time.monotonic()
        await flood(bot, pushes)
        took = time.monotonic() - start
        other, _, _ = await push(bot, text("another"), seen)
        same_signature = "refused" if other == 403 else f"ACCEPTED ({other})"
        grown = (bot.memory() - before) / pushes
        report(name, pushes=pushes, per_second=pushes / took, bytes_a_push=grown, old_signature=same_signature)


for name in ["axum_echo", "actix_echo"]:
    asyncio.run(attack(name, int(sys.argv[1]) if len(sys.argv) > 1 else 120_000))
