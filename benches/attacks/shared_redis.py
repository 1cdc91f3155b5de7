"""A Redis for the attacks, whose clock can be set, and a way to it that can be long or dead. Standard library only."""

import asyncio
import os
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    """A redis-server on a free port. Where libfaketime is installed its clock can be set."""

    def __init__(self):
        self.port = free_port()
        self.directory = tempfile.TemporaryDirectory()
        self.clock = Path(self.directory.name) / "clock"
        self.set_clock(0)
        environment = dict(os.environ)
        if FAKETIME:
            environment |= {
                "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir",
                   self.directory.name, "--enable-debug-command", "yes"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                self.ask("PING")
                return
            except OSError:
                time.sleep(0.02)
        raise SystemExit("redis-server does not listen")

    def ask(self, *words):
        """Says one thing and returns the first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            packed = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
            connection.sendall(f"*{len(words)}\r\n{packed}".encode())
            return connection.makefile("rb").readline().decode().strip()

    def set_clock(self, seconds):
        """So many seconds before or behind the right time."""
        new = self.clock.with_suffix(".new")
        new.write_text(f"{seconds:+d}s\n")
        new.rename(self.clock)

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.directory.cleanup()


class Proxy:
    """Passes on what goes to and comes from a port, so many seconds later each way. In a thread of its own."""

    def __init__(self, port, delay=0.0):
        self.target, self.delay, self.port = port, delay, free_port()
        self.made = self.swallowed = 0
        self.loop = asyncio.new_event_loop()
        listening = threading.Event()
        threading.Thread(target=self._run, args=(listening,), daemon=True).start()
        listening.wait()

    def swallow(self):
        """The connections that there are pass nothing on any more, without a word. New ones do."""
        self.swallowed = self.made

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/"

    def _run(self, listening):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", self.port))
        listening.set()
        self.loop.run_forever()

    async def _accept(self, reader, writer):
        self.made += 1
        number = self.made
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._pass(number, reader, back), self._pass(number, there, writer))

    async def _pass(self, number, reader, writer):
        def forward(data):
            if number > self.swallowed:
                writer.write(data)

        try:
            while data := await reader.read(65536):
                self.loop.call_later(self.delay, forward, data)
        except OSError:
            pass
        self.loop.call_later(self.delay, writer.close)


def runs(log):
    """How often a handler of slow_bot began, in the log of one process."""
    return sum("thinking" in line for line in Path(log).read_text(errors="replace").splitlines())
