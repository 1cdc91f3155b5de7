"""The rest of the family: WeCom, its AI bots and open platforms as wechatpy plays them, JSON by Tencent's algorithm."""

import html
import json
import secrets
import time

import xmltodict
from wechatpy.component import WeChatComponent
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import deserialize_reply
from wechatpy.utils import WeChatSigner
from wechatpy.work import parse_message
from wechatpy.work.crypto import WeChatCrypto as WorkCrypto

import algorithm
from server import cdata, random_key, same

TEXTS = ["你好，企业微信", "😀👩‍👩‍👧‍👦", "a ]]> b ]]]]>> c", "<a&b>", "x" * 2000]
MEMBER, ORIGINAL_ID, USER = "ZhangSan", "gh_a1b2c3d4e5f6", "oGZUI0egBJY1zhBYw2KhdUfwVJJE"
ECHO = "1616140317555161061"


TWICE = '{"MsgType":"text","msgtype":"event"}'
NO_JSON = ["", "success", "[]", "{}x", TWICE.replace("msgtype", "MsgType"), TWICE, "[" * 10_000]


def rounds(programs):
    for framework in ("axum", "actix"):
        command = [programs / "wecom_echo", "--framework", framework]
        yield f"wecom_echo, {framework}", command, Company(), wecom
        yield f"wecom_echo of an AI bot, {framework}", command, Bot(), bot
        for mode in ("plain", "compatible", "safe"):
            command = [programs / "json_echo", "--framework", framework]
            yield f"json_echo, {framework}, {mode}", command, MiniProgram(mode), mini_program
        yield f"json_echo, {framework}, XML", command, XmlMiniProgram(), xml_mini_program
    for example in ("axum_echo", "actix_echo"):
        yield f"{example} of a platform", [programs / example], Platform(), platform


def stamp(timestamp=None):
    return str(timestamp or int(time.time())), str(secrets.randbelow(10**10))


def foreign_signature(token, *parts):
    signer = WeChatSigner()
    signer.add_data(token, *parts)
    return signer.signature


def xml(**elements):
    return "<xml>" + "\n".join(f"<{name}>{value}</{name}>" for name, value in elements.items()) + "\n</xml>"


def altered(encrypted):
    at = len(encrypted) // 2
    return encrypted[:at] + ("A" if encrypted[at] != "A" else "B") + encrypted[at + 1 :]


def without(query, *names):
    return {name: value for name, value in query.items() if name not in names}


def exits(server):
    same(server.terminate(), 0)


# WeCom


class Company:
    """An app of WeCom as its console has it, with new secrets."""

    def __init__(self):
        self.id, self.token, self.key = "ww" + secrets.token_hex(8), secrets.token_hex(16), random_key()

    def environment(self):
        return {"WECHAT_CORP_ID": self.id, "WECHAT_TOKEN": self.token, "WECHAT_ENCODING_AES_KEY": self.key}

    def seal(self, message, receive_id=None, timestamp=None):
        """What wechatpy encrypts and signs, as query and Encrypt."""
        timestamp, nonce = stamp(timestamp)
        crypto = WorkCrypto(self.token, self.key, self.id if receive_id is None else receive_id)
        envelope = xmltodict.parse(crypto.encrypt_message(message, nonce, timestamp))["xml"]
        return {"msg_signature": envelope["MsgSignature"], "timestamp": timestamp, "nonce": nonce}, envelope["Encrypt"]

    def body(self, encrypted):
        return xml(ToUserName=cdata(self.id), Encrypt=cdata(encrypted), AgentID=cdata("1000002"))

    def push(self, message, receive_id=None, timestamp=None):
        query, encrypted = self.seal(message, receive_id, timestamp)
        return query, self.body(encrypted)

    def verification(self, echo=ECHO, receive_id=None):
        query, encrypted = self.seal(echo, receive_id)
        return query | {"echostr": encrypted}

    def message(self, kind, **fields):
        head = {"ToUserName": cdata(self.id), "FromUserName": cdata(MEMBER), "CreateTime": int(time.time())}
        return xml(**head, MsgType=cdata(kind), **fields, AgentID=1000002)

    def text(self, text):
        return self.message("text", Content=cdata(text), MsgId=secrets.randbits(62))

    def read(self, body):
        envelope = xmltodict.parse(body)["xml"]
        same(list(envelope), ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"])
        crypto = WorkCrypto(self.token, self.key, self.id)
        plain = crypto.decrypt_message(body, envelope["MsgSignature"], envelope["TimeStamp"], envelope["Nonce"])
        reply = deserialize_reply(plain)
        same((reply.source, reply.target), (self.id, MEMBER))
        assert abs(reply.time - time.time()) < 60, reply.time
        return reply


def wecom(server, company):
    """Every promise, by name."""

    def verification():
        for echo in (ECHO, "a+b/c=", "0"):
            same(server.send("GET", company.verification(echo)), (200, echo))

    yield "verification", verification

    def refused_verification():
        good = company.verification()
        server.refuses("GET", good | {"nonce": "1"})
        server.refuses("GET", good | {"msg_signature": "0" * 40})
        server.refuses("GET", good | {"echostr": altered(good["echostr"])})
        server.refuses("GET", without(good, "msg_signature"))
        server.refuses("GET", without(good, "echostr"), status=400)
        server.refuses("GET", company.verification(receive_id="ww" + secrets.token_hex(8)))
        server.refuses("GET", company.verification(receive_id=""))
        # As Official Accounts are verified, with the right Token.
        timestamp, nonce = stamp()
        plain = {"timestamp": timestamp, "nonce": nonce, "echostr": "4375120948345356249"}
        server.refuses("GET", plain | {"signature": foreign_signature(company.token, timestamp, nonce)})

    yield "refused verifications", refused_verification

    for text in TEXTS:

        def echoes_text(text=text):
            message = company.text(text)
            same((parse_message(message).content, parse_message(message).agent), (text, 1000002))
            reply = company.read(server.push(company, message))
            same((reply.type, html.unescape(reply.content)), ("text", text))

        yield f"text {text[:40]!r}", echoes_text

    def names_kinds():
        image = company.message("image", PicUrl=cdata("https://example.com/0"), MediaId=cdata("Pic_-1"), MsgId=secrets.randbits(62))
        same(company.read(server.push(company, image)).content, "image")
        future = company.message("some_future_kind", MsgId=secrets.randbits(62))
        same(company.read(server.push(company, future)).content, "some_future_kind")

    yield "other kinds", names_kinds

    def acknowledges():
        enter = company.message("event", Event=cdata("enter_agent"), EventKey=cdata(""))
        assert server.push(company, enter) in ("", "success")
        # Without FromUserName and AgentID.
        head = {"ToUserName": cdata(company.id), "CreateTime": int(time.time()), "MsgType": cdata("event")}
        service = xml(**head, Event=cdata("kf_msg_or_event"), Token=cdata("ENC1"), OpenKfId=cdata("wk1"))
        assert server.push(company, service) in ("", "success")

    yield "events", acknowledges

    def refuses_pushes():
        query, encrypted = company.seal(company.text("你好"))
        body = company.body(encrypted)
        server.refuses("POST", query | {"msg_signature": "0" * 40}, body)
        server.refuses("POST", query, company.body(altered(encrypted)))
        server.refuses("POST", query | {"nonce": "1"}, body)
        server.refuses("POST", without(query, "msg_signature") | {"signature": query["msg_signature"]}, body)
        server.refuses("POST", query, company.text("in clear"))
        server.refuses("POST", query, body.replace("<xml>", f"<xml><Encrypt>{encrypted}</Encrypt>"), status=400)
        server.refuses("POST", query, json.dumps({"tousername": company.id, "encrypt": encrypted}), status=400)
        server.refuses("POST", *company.push(company.text("你好"), timestamp=int(time.time()) - 3600))

    yield "refused pushes", refuses_pushes

    def refuses_receive_ids():
        for other in ("", company.id + "0", company.id[:-1], company.id.upper(), "ww" + secrets.token_hex(8)):
            server.refuses("POST", *company.push(company.text("你好"), other))

    yield "other receive ids", refuses_receive_ids

    def refuses_official_accounts():
        timestamp, nonce = stamp()
        signature = foreign_signature(company.token, timestamp, nonce)
        plain = {"signature": signature, "timestamp": timestamp, "nonce": nonce}
        server.refuses("POST", plain, company.text("你好"))
        official = WeChatCrypto(company.token, company.key, "wx" + secrets.token_hex(8))
        sealed = xmltodict.parse(official.encrypt_message(company.text("你好"), nonce, timestamp))["xml"]
        query = plain | {"msg_signature": sealed["MsgSignature"], "encrypt_type": "aes"}
        server.refuses("POST", query, company.body(sealed["Encrypt"]))

    yield "an Official Account's pushes", refuses_official_accounts

    yield "SIGTERM", lambda: exits(server)


# AI bots


class Bot:
    """An AI bot as its page has it, with new secrets. wechatpy's crypto for companies seals for nobody."""

    def __init__(self):
        self.token, self.key = secrets.token_hex(16), random_key()
        self.crypto = WorkCrypto(self.token, self.key, "")

    def environment(self):
        return {"AIBOT_TOKEN": self.token, "AIBOT_ENCODING_AES_KEY": self.key}

    def seal(self, message, receive_id="", timestamp=None):
        timestamp, nonce = stamp(timestamp)
        crypto = WorkCrypto(self.token, self.key, receive_id)
        sealed = xmltodict.parse(crypto.encrypt_message(message, nonce, timestamp))["xml"]
        return {"msg_signature": sealed["MsgSignature"], "timestamp": timestamp, "nonce": nonce}, sealed["Encrypt"]

    def push(self, message, receive_id="", timestamp=None, name="encrypt"):
        query, encrypted = self.seal(message, receive_id, timestamp)
        return query, json.dumps({name: encrypted})

    def message(self, kind, **members):
        head = {"msgid": secrets.token_hex(16), "aibotid": "AIBOTID", "chattype": "single", "from": {"userid": MEMBER}}
        return json.dumps(head | {"msgtype": kind} | members, ensure_ascii=False)

    def text(self, text="你好", **more):
        return self.message("text", text={"content": text}, **more)

    def read(self, query, body):
        """The answer, after the checks that WeCom makes."""
        answer = json.loads(body)
        kinds = {name: type(value) for name, value in answer.items()}
        same(kinds, {"encrypt": str, "msgsignature": str, "timestamp": int, "nonce": str})
        same(answer["nonce"], query["nonce"])
        assert abs(answer["timestamp"] - time.time()) < 60, answer
        signed = answer["msgsignature"], str(answer["timestamp"]), answer["nonce"]
        message = self.crypto.decrypt_message({"Encrypt": answer["encrypt"]}, *signed)
        _, again, receive_id = algorithm.decrypt(self.key, answer["encrypt"])
        same((again, receive_id), (message, ""))
        return json.loads(message)


def bot(server, account):
    def verification():
        query, encrypted = account.seal(ECHO)
        query |= {"echostr": encrypted}
        same(server.send("GET", query), (200, ECHO))
        server.refuses("GET", query | {"msg_signature": "0" * 40})
        for sealed in (account.seal(ECHO, "ww5f1e3d9b1c2a4e60"), account.seal(account.text())):
            server.refuses("GET", sealed[0] | {"echostr": sealed[1]})

    yield "verification", verification

    def echoes():
        for text in TEXTS + ["a/b\\\"\n\u2028\x7f"]:
            for name in ("encrypt", "Encrypt"):
                query, body = account.push(account.text(text), name=name)
                status, answer = server.send("POST", query, body)
                answer = account.read(query, answer)
                same((status, answer["msgtype"]), (200, "stream"))
                same((answer["stream"]["finish"], answer["stream"]["content"]), (True, text))

    yield "texts", echoes

    def leaves_the_mention_out():
        query, body = account.push(account.text("@RobotA mail a@example.com", chattype="group", chatid="C"))
        same(account.read(query, server.send("POST", query, body)[1])["stream"]["content"], "mail a@example.com")

    yield "a mention", leaves_the_mention_out

    def answers_a_retry():
        message = account.text()
        answers = []
        for query, body in (account.push(message), account.push(message)):
            answers.append(account.read(query, server.send("POST", query, body)[1]))
        same(answers[0], answers[1])

    yield "a retry", answers_a_retry

    def acknowledges():
        for event in ({"eventtype": "enter_chat"}, {"eventtype": "some_event"}):
            same(server.send("POST", *account.push(account.message("event", create_time=int(time.time()), event=event))), (200, ""))

    yield "events", acknowledges

    def refuses():
        query, body = account.push(account.text())
        server.refuses("POST", query | {"msg_signature": "0" * 40}, body)
        server.refuses("POST", query | {"nonce": "1"}, body)
        server.refuses("POST", without(query, "msg_signature"), body)
        server.refuses("POST", query, account.text())
        server.refuses("POST", query, body[:-1] + ', "Encrypt": "A"}', status=400)
        server.refuses("POST", query, "<xml></xml>", status=400)
        server.refuses("POST", *account.push(account.text(), timestamp=int(time.time()) - 3600))
        for other in ("0", " ", "ww" + secrets.token_hex(8)):
            server.refuses("POST", *account.push(account.text(), other))
        for wrong in NO_JSON:
            server.refuses("POST", *account.push(wrong))

    yield "refusals", refuses
    yield "SIGTERM", lambda: exits(server)


# open platforms


class Platform:
    """An open platform as its console has it, with new secrets."""

    def __init__(self):
        self.id, self.token, self.key = "wx" + secrets.token_hex(8), secrets.token_hex(16), random_key()
        self.component = WeChatComponent(self.id, "secret", self.token, self.key)

    def environment(self):
        names = {"WECHAT_APP_ID": self.id, "WECHAT_TOKEN": self.token, "WECHAT_ENCODING_AES_KEY": self.key}
        return names | {"WECHAT_MODE": "safe"}

    def push(self, message, outside=None, receive_id=None):
        timestamp, nonce = stamp()
        crypto = self.component.crypto if receive_id is None else WeChatCrypto(self.token, self.key, receive_id)
        sealed = xmltodict.parse(crypto.encrypt_message(message, nonce, timestamp))["xml"]
        query = {"signature": foreign_signature(self.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        query |= {"encrypt_type": "aes", "msg_signature": sealed["MsgSignature"]}
        return query, xml(**(outside or {"AppId": cdata(self.id)}), Encrypt=cdata(sealed["Encrypt"]))

    def ticket(self):
        kind = {"InfoType": cdata("component_verify_ticket"), "ComponentVerifyTicket": cdata("ticket@@@1")}
        return xml(AppId=cdata(self.id), CreateTime=int(time.time()), **kind)

    def text(self, text):
        head = {"ToUserName": cdata(ORIGINAL_ID), "FromUserName": cdata(USER), "CreateTime": int(time.time())}
        return xml(**head, MsgType=cdata("text"), Content=cdata(text), MsgId=secrets.randbits(62))

    def read(self, body):
        envelope = xmltodict.parse(body)["xml"]
        signed = envelope["MsgSignature"], envelope["TimeStamp"], envelope["Nonce"]
        return deserialize_reply(self.component.crypto.decrypt_message(body, *signed))


def platform(server, account):
    outside = {"ToUserName": cdata(ORIGINAL_ID)}

    def acknowledges():
        ticket = account.push(account.ticket())
        query, body = ticket
        read = account.component.parse_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        same((read.type, read.verify_ticket), ("component_verify_ticket", "ticket@@@1"))
        same(server.send("POST", *ticket), (200, "success"))
        gone = {"InfoType": cdata("unauthorized"), "AuthorizerAppid": cdata("wx1")}
        same(server.push(account, xml(AppId=cdata(account.id), CreateTime=int(time.time()), **gone)), "success")

    yield "system events", acknowledges

    def answers_for_accounts():
        status, body = server.send("POST", *account.push(account.text("你好"), outside))
        reply = account.read(body)
        same((status, reply.source, reply.target, reply.content), (200, ORIGINAL_ID, USER, "你好"))

    yield "a text of an account", answers_for_accounts

    def refuses():
        query, body = account.push(account.ticket())
        server.refuses("POST", query | {"msg_signature": "0" * 40}, body)
        server.refuses("POST", without(query, "msg_signature"), body)
        server.refuses("POST", without(query, "msg_signature", "encrypt_type"), account.ticket())
        server.refuses("POST", *account.push(account.text("你好"), outside, "wx" + secrets.token_hex(8)))
        server.refuses("POST", *account.push(account.ticket(), receive_id=""))

    yield "refusals", refuses
    yield "SIGTERM", lambda: exits(server)


# mini-programs


class XmlMiniProgram(Platform):
    """A mini-program with the data format XML, which WeChat speaks as to Official Accounts."""

    def environment(self):
        return super().environment() | {"WECHAT_FORMAT": "xml"}


def xml_mini_program(server, account):
    outside = {"ToUserName": cdata(ORIGINAL_ID)}

    def transfers():
        status, body = server.send("POST", *account.push(account.text("你好"), outside))
        reply = account.read(body)
        same((status, reply.source, reply.target), (200, ORIGINAL_ID, USER))
        same(reply.type, "transfer_customer_service")

    yield "a text", transfers

    def refuses():
        query, body = account.push(account.text("你好"), outside)
        server.refuses("POST", query | {"msg_signature": "0" * 40}, body)
        server.refuses("POST", query, json.dumps(xmltodict.parse(body)["xml"]), status=400)

    yield "refusals", refuses
    yield "SIGTERM", lambda: exits(server)


class MiniProgram:
    """A mini-program as its console has it, with new secrets."""

    def __init__(self, mode):
        self.mode = mode
        self.id, self.token, self.key = "wx" + secrets.token_hex(8), secrets.token_hex(16), random_key()

    def environment(self):
        names = {"WECHAT_APP_ID": self.id, "WECHAT_TOKEN": self.token, "WECHAT_ENCODING_AES_KEY": self.key}
        return names | {"WECHAT_MODE": self.mode, "WECHAT_FORMAT": "json"}

    def query(self, timestamp=None, **more):
        timestamp, nonce = stamp(timestamp)
        signature = algorithm.sign(self.token, timestamp, nonce)
        return {"signature": signature, "timestamp": timestamp, "nonce": nonce, **more}

    def push(self, message, receive_id=None, timestamp=None, case=str):
        query = self.query(timestamp, openid=USER)
        if self.mode == "plain":
            return query, message
        random = secrets.token_hex(8)
        encrypted = algorithm.encrypt(self.key, message, self.id if receive_id is None else receive_id, random)
        signature = algorithm.sign(self.token, query["timestamp"], query["nonce"], encrypted)
        query |= {"encrypt_type": "aes", "msg_signature": signature}
        if self.mode == "safe":
            return query, json.dumps({case("ToUserName"): ORIGINAL_ID, case("Encrypt"): encrypted})
        return query, message[:-1] + f', {json.dumps(case("Encrypt"))}: {json.dumps(encrypted)}}}'

    def message(self, kind, **fields):
        head = {"ToUserName": ORIGINAL_ID, "FromUserName": USER, "CreateTime": int(time.time())}
        return json.dumps(head | {"MsgType": kind} | fields, ensure_ascii=False)

    def text(self, text="你好"):
        return self.message("text", Content=text, MsgId=secrets.randbits(62) | 1 << 61)

    def read(self, body):
        """The reply, after the checks that WeChat makes."""
        reply = json.loads(body)
        if self.mode != "plain":
            kinds = {name: type(value) for name, value in reply.items()}
            same(kinds, {"Encrypt": str, "MsgSignature": str, "TimeStamp": int, "Nonce": str})
            signed = str(reply["TimeStamp"]), reply["Nonce"], reply["Encrypt"]
            same(reply["MsgSignature"], algorithm.sign(self.token, *signed))
            _, message, receive_id = algorithm.decrypt(self.key, reply["Encrypt"])
            same(receive_id, self.id)
            # wechatpy takes the parts of an envelope, wherever they stood.
            crypto = WeChatCrypto(self.token, self.key, self.id)
            same(crypto.decrypt_message(reply, reply["MsgSignature"], *signed[:2]), message)
            reply = json.loads(message)
        same((reply["ToUserName"], reply["FromUserName"]), (USER, ORIGINAL_ID))
        same(type(reply["CreateTime"]), int)
        assert abs(reply["CreateTime"] - time.time()) < 60, reply
        return reply


def mini_program(server, account):
    def verification():
        query = account.query(echostr="4375120948345356249")
        same(server.send("GET", query), (200, "4375120948345356249"))
        server.refuses("GET", query | {"nonce": "1"})
        server.refuses("GET", Company().verification())

    yield "verification", verification

    def transfers():
        for text in TEXTS + ["a/b\\\"\n\u2028\x7f"]:
            reply = account.read(server.push(account, account.text(text)))
            same(reply["MsgType"], "transfer_customer_service")
            same(set(reply), {"ToUserName", "FromUserName", "CreateTime", "MsgType"})

    yield "texts", transfers

    def reads_oddities():
        escaped = account.text("@").replace('"@"', '"\\u4f60\\/\\ud83d\\ude00"')
        same(account.read(server.push(account, escaped))["MsgType"], "transfer_customer_service")
        strings = account.message("text", Content="hi", MsgId=str(secrets.randbits(62)))
        same(account.read(server.push(account, strings))["MsgType"], "transfer_customer_service")
        blanks = account.text("hi").replace('"FromUserName"', '\r\n\t" FromUserName" ')
        same(account.read(server.push(account, blanks))["MsgType"], "transfer_customer_service")
        for case in (str.lower, str.upper):
            status, body = server.send("POST", *account.push(account.text(), case=case))
            same((status, account.read(body)["MsgType"]), (200, "transfer_customer_service"))

    yield "escapes, blanks, cases", reads_oddities

    def acknowledges():
        opened = account.message("event", Event="user_enter_tempsession", SessionFrom="form")
        assert server.push(account, opened) in ("", "success")
        order = account.message("event", Event="channels_ec_order_new", order_info={"order_id": 3705115058471208928})
        assert server.push(account, order) in ("", "success")
        lists = account.message("event", Event="subscribe_msg_popup_event", List=[{"TemplateId": "t"}, {"TemplateId": "u"}])
        assert server.push(account, lists) in ("", "success")

    yield "events", acknowledges

    def refuses_json():
        query, _ = account.push(account.text())
        for wrong in NO_JSON:
            # In compatible mode the message beside the cipher text, which nobody signs.
            request = (query, wrong) if account.mode == "compatible" else account.push(wrong)
            server.refuses("POST", *request, status=403 if account.mode == "safe" else 400)
        server.refuses("POST", query, "<xml><MsgType>text</MsgType></xml>", status=400)

    yield "what is no JSON", refuses_json

    def refuses_signatures():
        query, body = account.push(account.text())
        name = "signature" if account.mode == "plain" else "msg_signature"
        server.refuses("POST", query | {name: "0" * 40}, body)
        server.refuses("POST", query | {name: query[name].upper()}, body)
        server.refuses("POST", without(query, name), body)
        server.refuses("POST", query | {"nonce": "1"}, body)
        server.refuses("POST", *account.push(account.text(), timestamp=int(time.time()) - 3600))

    yield "signatures", refuses_signatures

    def refuses_frames():
        query, body = account.push(account.text())
        encrypted = json.loads(body)["Encrypt"]
        server.refuses("POST", query, body.replace(encrypted, altered(encrypted)))
        server.refuses("POST", query, account.text())
        server.refuses("POST", query, body[:-1] + ', "encrypt": "A"}', status=400)
        for other in ("", account.id + "0", account.id[:-1]):
            server.refuses("POST", *account.push(account.text(), other))

    if account.mode != "plain":
        yield "frames", refuses_frames

    yield "SIGTERM", lambda: exits(server)
