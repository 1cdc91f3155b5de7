"""What the attacks share: a bot as a process, and WeChat's side of plain mode. Standard library only.

The bots are the release examples: cargo build --release --examples
"""

import asyncio
import hashlib
import itertools
import os
import re
import secrets
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TOKEN = "attacks0123456789abcdef"
APP_ID = "wx5823bf96d3bd56c7"


class Bot:
    """A release example, in plain mode on a free port."""

    def __init__(self, name, *arguments, files=None, log=subprocess.DEVNULL, **environment):
        command = [str(TARGET / "release" / "examples" / name), *arguments]
        if files:
            command = ["sh", "-c", f'ulimit -n {files}; exec "$0" "$@"', *command]
        account = {"WECHAT_APP_ID": APP_ID, "WECHAT_TOKEN": TOKEN, "WECHAT_MODE": "plain", "LISTEN": "127.0.0.1:0"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WECHAT_")}
        self.process = subprocess.Popen(
            command, env={**inherited, **account, **environment}, stdout=subprocess.PIPE, stderr=log, text=True
        )
        for line in self.process.stdout:
            if found := re.match(r"listening on http://([^:]+):(\d+)(/\S*)", line):
                self.host, self.port, self.path = found[1], int(found[2]), found[3]
                return
        raise SystemExit(f"{name} does not listen")

    def memory(self):
        """Resident memory in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def files(self):
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self, by=signal.SIGTERM):
        self.process.send_signal(by)
        return self.process.wait(timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


# Thousands a second are more than random nonces of WeChat's length can tell apart.
NONCES = itertools.count(secrets.randbelow(2**31))


def query(timestamp=None, nonce=None):
    """A signed query string, like no other."""
    timestamp, nonce = str(timestamp or int(time.time())), nonce or str(next(NONCES))
    signature = hashlib.sha1("".join(sorted([TOKEN, timestamp, nonce])).encode()).hexdigest()
    return f"signature={signature}&timestamp={timestamp}&nonce={nonce}"


def text(content="hi", openid="oInventedUser00000000000001", message_id=None):
    """The XML of a text message that is like no other."""
    message_id = message_id or secrets.randbelow(2**62)
    return (
        "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>\n"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName>\n"
        f"<CreateTime>{int(time.time())}</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n"
        f"<Content><![CDATA[{content}]]></Content>\n<MsgId>{message_id}</MsgId>\n</xml>"
    ).encode()


def request(bot, body, signed=None, headers=""):
    """A whole push, as bytes."""
    head = (
        f"POST {bot.path}?{signed or query()} HTTP/1.1\r\nHost: {bot.host}:{bot.port}\r\n"
        f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode() + body


async def answer(reader):
    """The status, the headers and the body of one answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return int(status.split(" ")[1]), headers, body


async def push(bot, body, signed=None, patience=20):
    """One push over a connection of its own: the status, the body, and how long it took in seconds."""
    start = time.monotonic()

    async def exchange():
        reader, writer = await asyncio.open_connection(bot.host, bot.port)
        try:
            writer.write(request(bot, body, signed, "Connection: close\r\n"))
            status, _, said = await answer(reader)
            return status, said
        finally:
            writer.close()

    status, said = await asyncio.wait_for(exchange(), patience)
    return status, said, time.monotonic() - start


async def good_requests(bot, rate, seconds):
    """Good requests at a steady rate. Their times in seconds; what was not answered 200 counts as infinite."""

    async def one():
        try:
            status, _, took = await push(bot, text())
            return took if status == 200 else float("inf")
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            return float("inf")

    tasks, start = [], time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0, start + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(one()))
    return await asyncio.gather(*tasks)


def percentile(times, percent):
    """The time that so many percent do not exceed, in milliseconds."""
    ordered = sorted(times)
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def report(name, **figures):
    shown = "  ".join(f"{key}={value:.1f}" if isinstance(value, float) else f"{key}={value}" for key, value in figures.items())
    print(f"{name}: {shown}", flush=True)
