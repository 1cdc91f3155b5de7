"""A Redis for the attacks, whose clock can be set, and a way to it that can be long or dead. Standard library only."""

import asyncio
import os
import socket
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

# What a process sees of the wall clock is off by the microseconds that stand in a file.
SHIM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *offset;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("CLOCK_OFFSET"), O_RDONLY);
    void *mapped = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
    offset = mapped == MAP_FAILED ? 0 : mapped;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = syscall(SYS_clock_gettime, clock, time);
    if (!result && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += *offset / 1000000;
    return result;
}

int gettimeofday(struct timeval *time, void *zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *stored) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (stored) *stored = now.tv_sec;
    return now.tv_sec;
}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    """A redis-server on a free port. With a C compiler its clock can be set."""

    def __init__(self, has_clock=False):
        self.port = free_port()
        self.directory = tempfile.TemporaryDirectory()
        self.clock = Path(self.directory.name) / "clock"
        self.clock.write_bytes(bytes(8))
        environment = dict(os.environ)
        if has_clock:
            source, library = self.clock.with_suffix(".c"), self.clock.with_suffix(".so")
            source.write_text(SHIM)
            subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source)], check=True)
            environment |= {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(self.clock)}
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
        with open(self.clock, "r+b") as file:
            file.write(struct.pack("=q", seconds * 1_000_000))

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
