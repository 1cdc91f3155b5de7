"""A Redis for the attacks, whose clock can be set, and a way to it that can be long or dead. Standard library only."""

import asyncio
import atexit
import collections
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
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
    """Passes on what goes to and comes from a port, so many seconds later each way. A process of its own."""

    def __init__(self, port, delay=0.0):
        self.port = free_port()
        command = [sys.executable, __file__, str(self.port), str(port), str(delay)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.process.stdout.readline()
        atexit.register(self.process.kill)

    def swallow(self):
        """The connections that there are pass nothing on any more, without a word. New ones do."""
        self.process.send_signal(signal.SIGUSR1)

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/"


async def pass_on(port, target, delay):
    made = swallowed = 0
    loop = asyncio.get_running_loop()

    def swallow():
        nonlocal swallowed
        swallowed = made

    async def accept(reader, writer):
        nonlocal made
        made += 1
        number = made
        there, back = await asyncio.open_connection("127.0.0.1", target)

        async def one_way(reader, writer):
            waiting, timer = collections.deque(), None

            def forward():
                nonlocal timer
                # What is due within a millisecond goes along: timers are what this takes most time for.
                due = loop.time() + 0.001
                data = []
                while waiting and waiting[0][0] <= due:
                    data.append(waiting.popleft()[1])
                if data and number > swallowed:
                    writer.write(b"".join(data))
                timer = loop.call_at(waiting[0][0], forward) if waiting else None

            try:
                while data := await reader.read(65536):
                    waiting.append((loop.time() + delay, data))
                    if not timer:
                        timer = loop.call_later(delay, forward)
            except OSError:
                pass
            loop.call_later(delay + 0.01, writer.close)

        await asyncio.gather(one_way(reader, back), one_way(there, writer))

    loop.add_signal_handler(signal.SIGUSR1, swallow)
    server = await asyncio.start_server(accept, "127.0.0.1", port)
    print("it listens", flush=True)
    await server.serve_forever()


def runs(log):
    """How often a handler of slow_bot began, in the log of one process."""
    return sum("thinking" in line for line in Path(log).read_text(errors="replace").splitlines())


if __name__ == "__main__":
    asyncio.run(pass_on(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
