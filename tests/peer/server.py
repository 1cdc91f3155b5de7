"""A running example, and what every peer asks of one."""

import http.client
import os
import signal
import secrets
import string
import subprocess
import sys
import traceback
from urllib.parse import urlencode


def random_key():
    """An EncodingAESKey as the console makes them: the last two bits of many are not zero."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(43))


class Server:
    """A running example."""

    def __init__(self, command, account):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("WECHAT_", "AIBOT_"))}
        environment |= {"LISTEN": "127.0.0.1:0", "RUST_LOG": "error", **account.environment()}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        line = self.process.stdout.readline().strip()
        self.address = line.removeprefix("listening on http://").removesuffix("/weixin")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def send(self, method, query, body=None, kind="text/xml"):
        """The status and the body of the answer."""
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            body = body and body.encode()
            headers = {"Content-Type": kind, "User-Agent": "Mozilla/4.0", "Connection": "close"}
            connection.request(method, "/weixin?" + urlencode(query), body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def push(self, account, message):
        """The body of the answer to a push that has to be taken."""
        status, body = self.send("POST", *account.push(message))
        same(status, 200)
        return body

    def refuses(self, method, query, body=None, status=403):
        """A refusal is a status and nothing else."""
        same(self.send(method, query, body), (status, ""))

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def cdata(text):
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def same(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def check_all(rounds):
    """Runs the checks of each round: what it is called, the command, the account, and a generator of checks."""
    passed, failed = 0, 0
    for title, command, account, checks in rounds:
        with Server(command, account) as server:
            for name, check in checks(server, account):
                try:
                    check()
                    passed += 1
                except Exception:
                    failed += 1
                    print(f"{title}: {name}: {account.environment()}", file=sys.stderr)
                    traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
