"""Plays WeChat's side with wechatpy against each example in each mode. Run by `tests/peer/run`.

What is signed, encrypted, decrypted and read here is so by wechatpy and cryptography, which share no code with this
library. `family.py` has what is not an Official Account.
"""

import html
import secrets
import sys
import time
from pathlib import Path

import xmltodict
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import deserialize_reply
from wechatpy.utils import WeChatSigner, check_signature

import family
from server import cdata, check_all, random_key, same

EXAMPLES = ["axum_echo", "actix_echo", "hyper_echo"]
MODES = ["plain", "compatible", "safe"]
TEXTS = [
    "你好，世界",
    "😀👩‍👩‍👧‍👦",
    "a ]]> b ]]]]>> c",
    "<a&b>",
    '<a href="https://example.com/">x</a>',
    "[微笑]\n/:rose",
]

ACCOUNT, USER = "gh_1ea4fc76af61", "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"


class Account:
    """An account as its console has it, with new secrets."""

    def __init__(self, mode):
        self.mode = mode
        self.app_id = "wx" + secrets.token_hex(8)
        self.token = secrets.token_hex(16)
        self.key = random_key()
        self.crypto = WeChatCrypto(self.token, self.key, self.app_id)

    def environment(self):
        return {
            "WECHAT_APP_ID": self.app_id,
            "WECHAT_TOKEN": self.token,
            "WECHAT_ENCODING_AES_KEY": self.key,
            "WECHAT_MODE": self.mode,
        }

    def query(self, timestamp=None, **more):
        timestamp, nonce = str(timestamp or int(time.time())), str(secrets.randbelow(10**10))
        signer = WeChatSigner()
        signer.add_data(self.token, timestamp, nonce)
        check_signature(self.token, signer.signature, timestamp, nonce)
        return {"signature": signer.signature, "timestamp": timestamp, "nonce": nonce, **more}

    def push(self, xml, timestamp=None):
        """The query and the body of a push."""
        query = self.query(timestamp, openid=USER)
        if self.mode == "plain":
            return query, xml
        sealed = self.crypto.encrypt_message(xml, query["nonce"], query["timestamp"])
        sealed = xmltodict.parse(sealed)["xml"]
        query |= {"encrypt_type": "aes", "msg_signature": sealed["MsgSignature"]}
        encrypt = f"<Encrypt>{cdata(sealed['Encrypt'])}</Encrypt>\n</xml>"
        if self.mode == "safe":
            return query, f"<xml>\n    <ToUserName>{cdata(ACCOUNT)}</ToUserName>\n    {encrypt}\n"
        return query, xml.removesuffix("</xml>") + encrypt

    def read(self, body):
        """The reply in the body of an answer."""
        if self.mode != "plain":
            envelope = xmltodict.parse(body)["xml"]
            body = self.crypto.decrypt_message(
                body, envelope["MsgSignature"], envelope["TimeStamp"], envelope["Nonce"]
            )
        reply = deserialize_reply(body)
        same((reply.source, reply.target), (ACCOUNT, USER))
        assert abs(reply.time - time.time()) < 60, reply.time
        return reply


def message(kind, **fields):
    """A message of the user's."""
    head = {"ToUserName": cdata(ACCOUNT), "FromUserName": cdata(USER), "CreateTime": int(time.time())}
    elements = head | {"MsgType": cdata(kind)} | fields
    return "<xml>" + "\n".join(f"<{name}>{value}</{name}>" for name, value in elements.items()) + "\n</xml>"


def checks(server, account):
    """Every promise, by name."""

    def verification():
        query = account.query(echostr="4375120948345356249")
        same(server.send("GET", query), (200, "4375120948345356249"))
        same(server.send("GET", query | {"nonce": "1"}), (403, ""))

    yield "verification", verification

    for text in TEXTS:

        def echoes_text(text=text):
            xml = message("text", Content=cdata(text), MsgId=secrets.randbits(62))
            same(parse_message(xml).content, text)
            reply = account.read(server.push(account, xml))
            # WeChat's client decodes the entities, so that the user sees what he wrote.
            same((reply.type, html.unescape(reply.content)), ("text", text))

        yield f"text {text!r}", echoes_text

    def echoes_image():
        xml = message("image", PicUrl=cdata("http://mmbiz.qpic.cn/0"), MsgId=1, MediaId=cdata("Pic_-1"))
        reply = account.read(server.push(account, xml))
        same((reply.type, reply.media_id), ("image", "Pic_-1"))

    yield "image", echoes_image

    def echoes_voice():
        xml = message("voice", MediaId=cdata("Voice_-2"), Format=cdata("amr"), MsgId=2)
        reply = account.read(server.push(account, xml))
        same((reply.type, reply.media_id), ("voice", "Voice_-2"))

    yield "voice", echoes_voice

    def echoes_location():
        place = {"Location_X": 30.27, "Location_Y": 120.15, "Scale": 16, "Label": cdata("西湖 & 断桥")}
        reply = account.read(server.push(account, message("location", **place, MsgId=3)))
        same((reply.type, html.unescape(reply.content)), ("text", "西湖 & 断桥"))

    yield "location", echoes_location

    def welcomes():
        xml = message("event", Event=cdata("subscribe"), EventKey=cdata(""))
        reply = account.read(server.push(account, xml))
        same((reply.type, reply.content), ("text", "欢迎关注！"))

    yield "subscribe", welcomes

    def acknowledges():
        same(server.push(account, message("event", Event=cdata("some_future_event"))), "success")
        same(server.push(account, message("some_future_kind", MsgId=4)), "success")
        same(server.push(account, message("image", PicUrl=cdata("http://mmbiz.qpic.cn/0"), MsgId=5)), "success")

    yield "success", acknowledges

    def refuses_tampering():
        query, body = account.push(message("text", Content=cdata("你好")))
        if account.mode == "plain":
            # No signature covers a plain body, so it is the query that can be found tampered with.
            query["timestamp"] = str(int(query["timestamp"]) - 1)
        else:
            start = body.index("<Encrypt><![CDATA[") + len("<Encrypt><![CDATA[")
            body = body[:start] + ("A" if body[start] != "A" else "B") + body[start + 1 :]
        same(server.send("POST", query, body), (403, ""))

    yield "tampering", refuses_tampering

    def refuses_what_is_old():
        query, body = account.push(message("text", Content=cdata("你好")), int(time.time()) - 3600)
        same(server.send("POST", query, body), (403, ""))

    yield "an old request", refuses_what_is_old

    def refuses_what_is_plain():
        plain = account.query(openid=USER), message("text", Content=cdata("你好"))
        status, _ = server.send("POST", *plain)
        same(status, 200 if account.mode == "plain" else 403)

    yield "a plain request", refuses_what_is_plain

    def exits():
        same(server.terminate(), 0)

    yield "SIGTERM", exits


def rounds(programs):
    for example in EXAMPLES:
        for mode in MODES:
            yield f"{example}, {mode}", [programs / example], Account(mode), checks
    yield from family.rounds(programs)


if __name__ == "__main__":
    sys.exit(check_all(rounds(Path(sys.argv[1]))))
