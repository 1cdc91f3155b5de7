"""SIGTERM to a busy bot: what becomes of the pushes that are under way, and of those that still come?

    python3 benches/attacks/drain.py [axum_echo actix_echo hyper_echo …] [--rounds 20] [--rate 1000] [--keep-coming]

A load balancer sends pushes over connections that it keeps, and opens one where it has none. Half a second after the
signal it sends no more; with --keep-coming it goes on until nobody listens. `new_reset` counts connections that ended
without an answer to their first request, in the process or in the system's queue: from here they look alike.
"""

import argparse
import asyncio
import collections
import resource
import signal
import time

from wechat import Bot, answer, report, request, text


class Balancer:
    def __init__(self, bot):
        self.bot, self.idle, self.outcomes = bot, [], collections.Counter()
        self.closing_told = 0

    async def push(self):
        kept = bool(self.idle)
        try:
            reader, writer = self.idle.pop() if kept else await asyncio.open_connection(self.bot.host, self.bot.port)
        except ConnectionRefusedError:
            self.outcomes["not_listening"] += 1
            return
        except OSError:
            self.outcomes["reset_connecting"] += 1
            return
        try:
            writer.write(request(self.bot, text()))
            status, headers, _ = await asyncio.wait_for(answer(reader), 20)
        except (OSError, asyncio.IncompleteReadError):
            # An idle connection may be closed under a client's hands at any time: HTTP clients ask again then.
            self.outcomes["kept_closed" if kept else "new_reset"] += 1
            writer.close()
            return
        except asyncio.TimeoutError:
            self.outcomes["timeout"] += 1
            writer.close()
            return
        self.outcomes[status] += 1
        if headers.get("connection") == "close":
            self.closing_told += 1
            writer.close()
        else:
            self.idle.append((reader, writer))


async def one(name, rate, keep_coming):
    bot = Bot(name)
    with bot:
        balancer, tasks = Balancer(bot), []
        signalled, start, number = None, time.monotonic(), 0
        ended = asyncio.get_running_loop().run_in_executor(None, bot.process.wait)
        while not ended.done():
            now = time.monotonic()
            if signalled is None and now - start > 1:
                signalled = now
                bot.process.send_signal(signal.SIGTERM)
            if signalled and now - signalled > (30 if keep_coming else 0.5):
                break
            while number < (now - start) * rate:
                number += 1
                tasks.append(asyncio.create_task(balancer.push()))
            await asyncio.sleep(0.002)
            if keep_coming and balancer.outcomes["not_listening"] > 20:
                break
        await asyncio.gather(*tasks)
        code = await ended
        return balancer, time.monotonic() - signalled, code


async def main(arguments):
    for name in arguments.bots or ["axum_echo", "actix_echo", "hyper_echo"]:
        total, told, longest, codes = collections.Counter(), 0, 0, set()
        for _ in range(arguments.rounds):
            balancer, took, code = await one(name, arguments.rate, arguments.keep_coming)
            total += balancer.outcomes
            told, longest = told + balancer.closing_told, max(longest, took)
            codes.add(code)
        shown = {str(outcome): count for outcome, count in sorted(total.items(), key=str)}
        report(f"{name} {arguments.rounds} × SIGTERM", told_to_close=told, longest_s=longest, codes=codes, **shown)


parser = argparse.ArgumentParser()
parser.add_argument("bots", nargs="*")
parser.add_argument("--rounds", type=int, default=20)
parser.add_argument("--rate", type=float, default=1000)
parser.add_argument("--keep-coming", action="store_true")
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
asyncio.run(main(parser.parse_args()))
