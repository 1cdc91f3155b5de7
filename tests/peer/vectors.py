"""Writes vectors that other implementations make into a folder that has all others: `tests/peer/run vectors`.

`wechatpy.json` is made and read by wechatpy (WeCom and open platforms), `algorithm.json` by Tencent's algorithm as it
stands in `algorithm.py` (JSON, AI bots, and frames that no library makes). `files-python.json` has files for AI bots. `tencent.json` is what Tencent publishes; it is
written by hand, and checked here with the algorithm. `vectors.mjs` writes `node.json`.

Nothing in them is random, so that they come out the same wherever they are made.
"""

import json
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import xmltodict
from wechatpy.component import WeChatComponent
from wechatpy.crypto import BaseWeChatCrypto, WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.utils import WeChatSigner
from wechatpy.work import parse_message
from wechatpy.work.crypto import WeChatCrypto as WorkCrypto
from wechatpy.work.exceptions import InvalidCorpIdException

import algorithm

NOW, NONCE, RANDOM = 1750000000, "1372623149", "5f0e8c7a1b2d3c4e"
CORP = {
    "kind": "wecom",
    "id": "ww5f1e3d9b1c2a4e60",
    "token": "kT7vQm2XzR9aLp4W",
    "key": "Q2fYb7LmX0aTn5RkVd8sJc3WgHe9UpZo1iKy6MqBxtD",
    "mode": "safe",
    "format": "xml",
}
SUITE, PROVIDER = "ww8a7c6b5d4e3f2a10", "ww0c1b2a3948576e5d"
# With the secrets of the company, so that only whom a frame is for tells them apart.
OFFICIAL = {**CORP, "kind": "official", "id": "wx3c9e5a7b1d2f4608"}
PLATFORM = {
    "kind": "platform",
    "id": "wx7d4b2e9c8a1f3605",
    "token": "pL4tF0rmT0k3nAbC",
    "key": "hN4cKq8VtZ2xWs6JrEy0PbLm9GdUf3aTiO5vQkX7B1F",
    "mode": "safe",
    "format": "xml",
}
MINI = {
    "kind": "mini-program",
    "id": "wx2b8d6f0a4c1e3597",
    "token": "m1n1Pr0gramT0ken",
    "key": "yT3uWq9LhRk5Zx2VbNc8MfGdJs7PaEo4Ui6HtQv0X1K",
    "mode": "safe",
    "format": "json",
}
AIBOT = {
    "kind": "aibot",
    "id": "",
    "token": "a1B0tT0kenOfWeC0m",
    "key": "nR5xKp2WdYs8Lq0VgTb7CmJh4ZaEf9Ui3OoXy6NtQ1P",
    "mode": "safe",
    "format": "json",
}


def cdata(text):
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def xml(**elements):
    return "<xml>" + "\n".join(f"<{name}>{value}</{name}>" for name, value in elements.items()) + "\n</xml>"


def foreign_signature(token, *parts):
    signer = WeChatSigner()
    signer.add_data(token, *parts)
    return signer.signature


class Vectors:
    """The vectors of one file."""

    def __init__(self, by):
        self.by, self.all = by, []

    def put(self, name, account, method, query, body, expect, **more):
        query = urlencode(query) if isinstance(query, dict) else query
        vector = {"name": name, "by": self.by, "account": account, "method": method, "now": NOW}
        self.all.append(vector | {"query": query, "body": body, "expect": expect} | more)

    def write(self, folder, name):
        names = [vector["name"] for vector in self.all]
        assert len(names) == len(set(names)), "a name stands there twice"
        text = json.dumps(self.all, ensure_ascii=False, indent=1) + "\n"
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"{name}: {len(self.all)} vectors")


def refused(status, refusal, **more):
    return {"status": status, "refusal": refusal, **more}


def unauthorized(refusal):
    return refused(403, refusal)


# wechatpy


def fixed(crypto):
    """The same crypto with random bytes that are not."""
    make = BaseWeChatCrypto._encrypt_message

    def encrypt(msg, nonce, timestamp=None, crypto_class=None):
        unrandom = type("Unrandom", (crypto_class,), {"get_random_string": lambda self: RANDOM})
        return make(crypto, msg, nonce, timestamp, unrandom)

    crypto._encrypt_message = encrypt
    return crypto


def work(account=CORP, receive_id=None):
    return fixed(WorkCrypto(account["token"], account["key"], account["id"] if receive_id is None else receive_id))


def sealed(crypto, message):
    """What wechatpy seals, as the parts of a push."""
    envelope = xmltodict.parse(crypto.encrypt_message(message, NONCE, str(NOW)))["xml"]
    query = {"msg_signature": envelope["MsgSignature"], "timestamp": str(NOW), "nonce": NONCE}
    return query, envelope["Encrypt"]


def echostr(receive_id=None, echo="1616140317555161061"):
    query, encrypted = sealed(work(receive_id=receive_id), echo)
    return query | {"echostr": encrypted}


def work_body(encrypted, to=CORP["id"], agent="<AgentID><![CDATA[1000002]]></AgentID>"):
    return f"<xml><ToUserName><![CDATA[{to}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt>{agent}</xml>"


def work_message(kind, **elements):
    head = {"ToUserName": cdata(CORP["id"]), "FromUserName": cdata("ZhangSan"), "CreateTime": NOW}
    return xml(**head, MsgType=cdata(kind), **elements, AgentID=1000002)


WORK_TEXT = work_message("text", Content=cdata("你好，企业微信"), MsgId=4561255354251345929)


def raises(refusal, run):
    try:
        run()
    except refusal:
        return
    raise AssertionError(f"wechatpy does not raise {refusal.__name__}")


def wecom_verifications(vectors):
    def put(name, query, expect, account=CORP, **more):
        vectors.put(name, account, "GET", query, "", expect, **more)

    good = echostr()
    arguments = (good["msg_signature"], good["timestamp"], good["nonce"], good["echostr"])
    assert work().check_signature(*arguments) == "1616140317555161061"
    put("verification: the echostr is answered in clear", good, {"echo": "1616140317555161061"})
    wrong = good | {"msg_signature": "0" * 40}
    raises(InvalidSignatureException, lambda: work().check_signature("0" * 40, *arguments[1:]))
    put("verification: a wrong signature", wrong, unauthorized("Signature {"))
    put("verification: an altered echostr", good | {"echostr": altered(good["echostr"])}, unauthorized("Signature {"))
    put("verification: no signature", {k: v for k, v in good.items() if k != "msg_signature"}, unauthorized("SignatureMissing"))
    renamed = {"signature" if k == "msg_signature" else k: v for k, v in good.items()}
    put("verification: the signature under the name that Official Accounts have", renamed, unauthorized("SignatureMissing"))
    put("verification: no echostr", {k: v for k, v in good.items() if k != "echostr"}, refused(400, "Query"))
    put("verification: the echostr twice", urlencode(good) + "&" + urlencode({"echostr": good["echostr"]}), refused(400, "Query"))
    # With more than one `+` in the cipher text, which a reader of forms takes for blanks.
    plus = next(query for number in range(99) if (query := echostr(echo=str(10**18 + number)))["echostr"].count("+") > 1)
    echo = work().check_signature(*(plus[name] for name in ("msg_signature", "timestamp", "nonce", "echostr")))
    put("verification: plus signs", plus, {"echo": echo})
    put("verification: plus signs that are not escaped", urlencode(plus).replace("%2B", "+"), {"echo": echo})
    put("verification: blanks for the plus signs", urlencode(plus).replace("%2B", "%20"), unauthorized("Signature {"))

    other = echostr(SUITE)
    raises(InvalidCorpIdException, lambda: work().check_signature(other["msg_signature"], str(NOW), NONCE, other["echostr"]))
    put("verification: for another company", other, unauthorized("Decrypt(ReceiveId"))
    put("verification: for nobody, at a company's endpoint", echostr(""), unauthorized("Decrypt(ReceiveId"))
    put("verification: for nobody, where nobody is expected", echostr(""), {"echo": "1616140317555161061"}, receive_ids=[""])
    put("verification: for the company, where nobody is expected", good, unauthorized("Decrypt(ReceiveId"), receive_ids=[""])
    ids = [SUITE, PROVIDER]
    put("verification: of a suite, for its provider", echostr(PROVIDER), {"echo": "1616140317555161061"}, receive_ids=ids)
    put("verification: of a suite, for the company that is not on its list", good, unauthorized("Decrypt(ReceiveId"), receive_ids=ids)

    plain = {"timestamp": str(NOW), "nonce": NONCE, "echostr": "4375120948345356249"}
    plain["signature"] = foreign_signature(CORP["token"], str(NOW), NONCE)
    put("verification: an Official Account's, at WeCom's endpoint", plain, unauthorized("SignatureMissing"))
    # Signed as WeCom signs, so that only the cipher text is missing.
    signed = plain | {"msg_signature": foreign_signature(CORP["token"], str(NOW), NONCE, plain["echostr"])}
    put("verification: an echostr that is signed, but in clear", signed, unauthorized("Decrypt("))
    # Both are sealed alike, so that who caught a push could have it read out.
    caught_query, caught = sealed(work(), WORK_TEXT)
    assert work().check_signature(caught_query["msg_signature"], str(NOW), NONCE, caught) == WORK_TEXT
    put("verification: the cipher text of a push for an echostr", caught_query | {"echostr": caught}, unauthorized("Decrypt("))
    put("verification: WeCom's, at an Official Account's endpoint", good, unauthorized("SignatureMissing"), OFFICIAL)


def altered(encrypted):
    """Another character in the middle of the cipher text."""
    at = len(encrypted) // 2
    return encrypted[:at] + ("A" if encrypted[at] != "A" else "B") + encrypted[at + 1 :]


def wecom_pushes(vectors):
    def put(name, query, body, expect, account=CORP, **more):
        vectors.put(name, account, "POST", query, body, expect, **more)

    def good(name, message, expect, receive_id=None, body=work_body, **more):
        query, encrypted = sealed(work(receive_id=receive_id), message)
        assert work(receive_id=receive_id).decrypt_message(body(encrypted), query["msg_signature"], str(NOW), NONCE) == message
        put(name, query, body(encrypted), {"plaintext": message, **expect}, **more)

    reply = xml(ToUserName=cdata("ZhangSan"), FromUserName=cdata(CORP["id"]), CreateTime=NOW, MsgType=cdata("text"), Content=cdata("收到"))
    good("text, and its reply", WORK_TEXT, {"kind": "text", "text": "你好，企业微信"}, reply=wechatpy_reply(work(), reply))
    assert parse_message(WORK_TEXT).agent == 1000002
    bare = f"<xml><ToUserName>{CORP['id']}</ToUserName><FromUserName>LiSi</FromUserName><CreateTime>{NOW}</CreateTime><MsgType>text</MsgType><Content>no CDATA &amp; none needed</Content><MsgId>1</MsgId><AgentID>1000002</AgentID></xml>"
    good("text without CDATA", bare, {"kind": "text", "text": "no CDATA & none needed"})
    image = work_message("image", PicUrl=cdata("https://example.com/1"), MediaId=cdata("Pic_-1"), MsgId=4561255354251345930)
    good("image", image, {"kind": "image"})
    entered = work_message("event", Event=cdata("enter_agent"), EventKey=cdata(""))
    good("event: a member opens the app", entered, {"kind": "event"})
    service = xml(ToUserName=cdata(CORP["id"]), CreateTime=NOW, MsgType=cdata("event"), Event=cdata("kf_msg_or_event"), Token=cdata("ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR"), OpenKfId=cdata("wkxxxxxxx"))
    good("event: customer service, without FromUserName and AgentID", service, {"kind": "event"}, body=lambda encrypted: work_body(encrypted, agent=""))
    good("text with an empty AgentID outside", WORK_TEXT, {"kind": "text"}, body=lambda encrypted: work_body(encrypted, agent="<AgentID><![CDATA[]]></AgentID>"))
    ticket = xml(SuiteId=cdata(SUITE), InfoType=cdata("suite_ticket"), TimeStamp=NOW, SuiteTicket=cdata("asdfasfdasdfasdf"))
    good("a suite's ticket", ticket, {"system": "suite_ticket"}, SUITE, body=lambda encrypted: work_body(encrypted, SUITE, ""), receive_ids=[SUITE])
    good("text of a customer's member, to a suite", WORK_TEXT, {"kind": "text"}, receive_ids=[SUITE, CORP["id"]])
    good("text for nobody, where nobody is expected", WORK_TEXT, {"kind": "text"}, "", receive_ids=[""])

    query, encrypted = sealed(work(), WORK_TEXT)
    body = work_body(encrypted)
    raises(InvalidSignatureException, lambda: work().decrypt_message(body, "0" * 40, str(NOW), NONCE))
    put("a wrong signature", query | {"msg_signature": "0" * 40}, body, unauthorized("Signature {"))
    put("a signature in upper case", query | {"msg_signature": query["msg_signature"].upper()}, body, unauthorized("Signature {"))
    put("the signature of another Token", query | {"msg_signature": foreign_signature("anotherToken1234", str(NOW), NONCE, encrypted)}, body, unauthorized("Signature {"))
    put("no signature", {k: v for k, v in query.items() if k != "msg_signature"}, body, unauthorized("SignatureMissing"))
    renamed = {"signature" if k == "msg_signature" else k: v for k, v in query.items()}
    put("the signature under the name that Official Accounts have", renamed, body, unauthorized("SignatureMissing"))
    put("another nonce", query | {"nonce": "1"}, body, unauthorized("Signature {"))
    put("another timestamp", query | {"timestamp": str(NOW + 1)}, body, unauthorized("Signature {"))
    raises(InvalidSignatureException, lambda: work().decrypt_message(work_body(altered(encrypted)), query["msg_signature"], str(NOW), NONCE))
    put("an altered cipher text", query, work_body(altered(encrypted)), unauthorized("Signature {"))
    put("a push that is too old", query, body, unauthorized("Stale"), now=NOW + 301)
    put("a push that is too early", query, body, unauthorized("Stale"), now=NOW - 301)
    put("nothing encrypted", query, WORK_TEXT, unauthorized("Unencrypted"))
    put("an empty Encrypt", query, work_body(""), unauthorized("Signature {"))
    put("Encrypt twice", query, body.replace("</xml>", f"<Encrypt>{encrypted}</Encrypt></xml>"), refused(400, "Xml"))
    put("ToUserName twice", query, body.replace("<xml>", "<xml><ToUserName>x</ToUserName>"), refused(400, "Xml"))
    put("JSON", query, json.dumps({"tousername": CORP["id"], "encrypt": encrypted, "agentid": 1000002}), refused(400, "Xml(Json"))

    def signed(name, receive_id, expect, message=WORK_TEXT, **more):
        """Right to the signature, and wrong behind it."""
        query, encrypted = sealed(work(receive_id=receive_id), message)
        put(name, query, work_body(encrypted), expect, **more)

    other = sealed(work(receive_id=SUITE), WORK_TEXT)
    raises(InvalidCorpIdException, lambda: work().decrypt_message(work_body(other[1]), other[0]["msg_signature"], str(NOW), NONCE))
    refusal = unauthorized("Decrypt(ReceiveId")
    signed("for another company", SUITE, refusal)
    signed("for an id that is a character longer", CORP["id"] + "0", refusal)
    signed("for an id that is a character shorter", CORP["id"][:-1], refusal)
    signed("for the company in upper case", CORP["id"].upper(), refusal)
    signed("for nobody, at a company's endpoint", "", refusal)
    signed("for the company, where nobody is expected", CORP["id"], refusal, receive_ids=[""])
    signed("for a company that is not on the list", CORP["id"], refusal, receive_ids=[SUITE, PROVIDER])
    signed("MsgType twice inside", CORP["id"], unauthorized("Decrypt(Xml"), WORK_TEXT.replace("</xml>", "<MsgType>event</MsgType></xml>"))
    signed("FromUserName twice inside", CORP["id"], unauthorized("Decrypt(Xml"), WORK_TEXT.replace("</xml>", "<FromUserName>LiSi</FromUserName></xml>"))
    signed("JSON inside", CORP["id"], unauthorized("Decrypt("), json.dumps({"MsgType": "text", "Content": "hi"}))

    # The company and the Official Account have the same secrets here.
    official = WeChatCrypto(OFFICIAL["token"], OFFICIAL["key"], OFFICIAL["id"])
    raises(InvalidAppIdException, lambda: official.decrypt_message(body, query["msg_signature"], str(NOW), NONCE))
    put("WeCom's push at an Official Account's endpoint", query, body, refusal, OFFICIAL)
    put("WeCom's push at an Official Account's endpoint in compatible mode", query, body, unauthorized("SignatureMissing"), OFFICIAL | {"mode": "compatible"})
    put("WeCom's push at an Official Account's endpoint in plain mode", query, body, unauthorized("SignatureMissing"), OFFICIAL | {"mode": "plain"})
    official_query, official_encrypted = sealed(fixed(official), WORK_TEXT)
    official_query |= {"signature": foreign_signature(CORP["token"], str(NOW), NONCE), "encrypt_type": "aes", "openid": "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"}
    put("an Official Account's push at WeCom's endpoint", official_query, work_body(official_encrypted, "gh_1ea4fc76af61", ""), refusal)
    plain = {k: v for k, v in official_query.items() if k in ("signature", "timestamp", "nonce", "openid")}
    put("an Official Account's plain push at WeCom's endpoint", plain, WORK_TEXT, unauthorized("Unencrypted"))


def wechatpy_reply(crypto, reply):
    return {"plaintext": reply, "timestamp": NOW, "random": RANDOM, "body": crypto.encrypt_message(reply, NONCE, str(NOW))}


def platform(vectors):
    component = WeChatComponent(PLATFORM["id"], "secret", PLATFORM["token"], PLATFORM["key"])
    crypto = fixed(component.crypto)

    def push(message, account=PLATFORM["id"], outside=None):
        maker = crypto if account == PLATFORM["id"] else fixed(WeChatCrypto(PLATFORM["token"], PLATFORM["key"], account))
        query, encrypted = sealed(maker, message)
        query |= {"signature": foreign_signature(PLATFORM["token"], str(NOW), NONCE), "encrypt_type": "aes"}
        outside = outside or f"<AppId><![CDATA[{PLATFORM['id']}]]></AppId>"
        return query, f"<xml>\n    {outside}\n    <Encrypt><![CDATA[{encrypted}]]></Encrypt>\n</xml>\n"

    def put(name, parts, expect, account=PLATFORM):
        vectors.put(f"platform: {name}", account, "POST", *parts, expect)

    ticket = xml(AppId=cdata(PLATFORM["id"]), CreateTime=NOW, InfoType=cdata("component_verify_ticket"), ComponentVerifyTicket=cdata("ticket@@@x"))
    query, body = push(ticket)
    read = component.parse_message(body, query["msg_signature"], str(NOW), NONCE)
    assert (read.type, component.component_verify_ticket) == ("component_verify_ticket", "ticket@@@x")
    put("the ticket", (query, body), {"plaintext": ticket, "system": "component_verify_ticket"})
    gone = xml(AppId=cdata(PLATFORM["id"]), CreateTime=NOW, InfoType=cdata("unauthorized"), AuthorizerAppid=cdata(OFFICIAL["id"]))
    assert component.parse_message(push(gone)[1], push(gone)[0]["msg_signature"], str(NOW), NONCE).type == "unauthorized"
    put("an account leaves", push(gone), {"plaintext": gone, "system": "unauthorized"})
    text = xml(ToUserName=cdata("gh_1ea4fc76af61"), FromUserName=cdata("o6_bmjrPTlm6_2sgVt7hMZOPfL2M"), CreateTime=NOW, MsgType=cdata("text"), Content=cdata("TESTCOMPONENT_MSG_TYPE_TEXT"), MsgId=24680135791357017)
    outside = "<ToUserName><![CDATA[gh_1ea4fc76af61]]></ToUserName>"
    put("text of an account that it answers for", push(text, outside=outside), {"plaintext": text, "kind": "text", "text": "TESTCOMPONENT_MSG_TYPE_TEXT"})

    refusal = unauthorized("Decrypt(ReceiveId")
    put("a frame for the account, and not for the platform", push(text, OFFICIAL["id"], outside), refusal)
    put("a frame for nobody", push(ticket, ""), refusal)
    put("a frame for the platform, read by the account", push(text, outside=outside), refusal, PLATFORM | {"kind": "official", "id": OFFICIAL["id"]})
    put("a wrong msg_signature beside a right signature", (query | {"msg_signature": "0" * 40}, body), unauthorized("Signature {"))
    put("a right signature alone", ({k: v for k, v in query.items() if k != "msg_signature"}, body), unauthorized("SignatureMissing"))
    put("an altered cipher text", (query, body.replace("CDATA[" + body.split("CDATA[")[2][:9], "CDATA[AAAAAAAAA")), unauthorized("Signature {"))
    put("AppId twice outside", (query, body.replace("<xml>", "<xml><AppId>x</AppId>")), {"plaintext": ticket, "system": "component_verify_ticket"})
    put("Encrypt twice", (query, body.replace("<xml>", "<xml><Encrypt>x</Encrypt>")), refused(400, "Xml"))


# Tencent's algorithm


def mini_message(kind, **fields):
    head = {"ToUserName": "gh_a1b2c3d4e5f6", "FromUserName": "oGZUI0egBJY1zhBYw2KhdUfwVJJE", "CreateTime": NOW}
    return json.dumps(head | {"MsgType": kind} | fields, ensure_ascii=False, separators=(",", ":"))


MINI_TEXT = mini_message("text", Content="你好，小程序", MsgId=9223372036854775807)


def mini_sealed(message, receive_id=MINI["id"], whole=None):
    encrypted = algorithm.encrypt_frame(MINI["key"], whole) if whole else algorithm.encrypt(MINI["key"], message, receive_id, RANDOM)
    return mini_query() | {"encrypt_type": "aes", "msg_signature": algorithm.sign(MINI["token"], str(NOW), NONCE, encrypted)}, encrypted


def mini_query():
    return {"signature": algorithm.sign(MINI["token"], str(NOW), NONCE), "timestamp": str(NOW), "nonce": NONCE, "openid": "oGZUI0egBJY1zhBYw2KhdUfwVJJE"}


def mini_body(encrypted):
    return json.dumps({"ToUserName": "gh_a1b2c3d4e5f6", "Encrypt": encrypted})


def compatible_body(message, encrypted):
    return message.removesuffix("}") + ',"Encrypt":' + json.dumps(encrypted) + "}"


MINI_GOOD = {
    "text, and its MsgId beyond 2^53": (MINI_TEXT, {"kind": "text", "text": "你好，小程序"}),
    "text with escapes": (mini_message("text", Content="@", MsgId=1).replace('"@"', '"a\\/b \\u4f60\\ud83d\\ude00\\n\\"\\\\"'), {"kind": "text", "text": 'a/b 你😀\n"\\'}),
    "text with numbers as strings": (mini_message("text", Content="hi", MsgId="24680135791357017").replace(str(NOW), f'"{NOW}"'), {"kind": "text", "text": "hi"}),
    "text with blanks around keys and values": ('\r\n{ "ToUserName" : "gh_a1b2c3d4e5f6" , " FromUserName" : "o1" ,\t"CreateTime" : 1750000000 , "MsgType" : "text" , " Content" : "hi" , "MsgId" : 1 }\n', {"kind": "text", "text": "hi"}),
    "image": (mini_message("image", PicUrl="https://example.com/1", MediaId="Pic_-1", MsgId=2), {"kind": "image"}),
    "a card": (mini_message("miniprogrampage", Title="标题", AppId="wx2adde47f305f81f6", PagePath="pages/index", ThumbUrl="https://example.com/2", ThumbMediaId="T_1", MsgId=3), {"kind": "miniprogrampage"}),
    "event: a user opens the conversation": (mini_message("event", Event="user_enter_tempsession", SessionFrom="form"), {"kind": "event"}),
    "event: an order of a store, with an object in it": (mini_message("event", Event="channels_ec_order_new", order_info={"order_id": 3705115058471208928}), {"kind": "event"}),
    "event: a list of one as an object": (mini_message("event", Event="subscribe_msg_popup_event", List={"TemplateId": "t", "SubscribeStatusString": "accept", "PopupScene": "0"}), {"kind": "event"}),
    "event: a list as an array": (mini_message("event", Event="subscribe_msg_popup_event", List=[{"TemplateId": "t", "SubscribeStatusString": "accept", "PopupScene": "0"}, {"TemplateId": "u", "SubscribeStatusString": "reject", "PopupScene": "0"}]), {"kind": "event"}),
    "event: AppId beside appid": (mini_message("event", Event="debug_demo", AppId="a", appid="b"), {"kind": "event"}),
    "event: empty strings, null, true, and nothing in a list": (mini_message("event", Event="debug_demo", a="", b=None, c=True, d=[], e={}, f=1.50), {"kind": "event"}),
}


def mini_pushes(vectors):
    def put(name, query, body, expect, mode="safe", **more):
        vectors.put(f"JSON, {mode}: {name}", more.pop("account", MINI | {"mode": mode}), "POST", query, body, expect, **more)

    for name, (message, expect) in MINI_GOOD.items():
        query, encrypted = mini_sealed(message)
        assert algorithm.decrypt(MINI["key"], encrypted) == (RANDOM.encode(), message, MINI["id"])
        expect = {"plaintext": message, **expect}
        put(name, query, mini_body(encrypted), expect, reply=mini_reply() if expect.get("text") else None)
        put(name, mini_query(), message, expect, "plain")
        if message.endswith("}"):
            put(name, query, compatible_body(message, encrypted), expect, "compatible")
    vectors.all = [{k: v for k, v in vector.items() if v is not None} for vector in vectors.all]

    query, encrypted = mini_sealed(MINI_TEXT)
    body, good = mini_body(encrypted), {"plaintext": MINI_TEXT, "kind": "text", "text": "你好，小程序"}
    put("keys in lower case", query, json.dumps({"tousername": "gh_a1b2c3d4e5f6", "encrypt": encrypted}), good)
    put("keys in upper case", query, json.dumps({"TOUSERNAME": "gh_a1b2c3d4e5f6", "ENCRYPT": encrypted}), good)
    put("slashes escaped in the cipher text", query, body.replace("/", "\\/"), good)
    for mode in ("safe", "compatible"):
        whole = body if mode == "safe" else compatible_body(MINI_TEXT, encrypted)
        put("a wrong msg_signature beside a right signature", query | {"msg_signature": "0" * 40}, whole, unauthorized("Signature {"), mode)
        put("no msg_signature", mini_query(), whole, unauthorized("SignatureMissing"), mode)
        put("an altered cipher text", query, whole.replace(encrypted, altered(encrypted)), unauthorized("Signature {"), mode)
        put("nothing encrypted", query, MINI_TEXT, unauthorized("Unencrypted"), mode)
        doubled = json.dumps({"Encrypt": "A"})[1:-1]
        put("Encrypt twice", query, "{" + doubled + "," + whole.lstrip()[1:], refused(400, "Json"), mode)
        put("Encrypt twice, in two cases", query, "{" + doubled.lower() + "," + whole.lstrip()[1:], refused(400, "Json"), mode)
        put("Encrypt is a number", query, whole.replace(json.dumps(encrypted), "1"), unauthorized("Signature {"), mode)
        put("Encrypt is null", query, whole.replace(json.dumps(encrypted), "null"), unauthorized("Signature {"), mode)
        put("XML", query, f"<xml><ToUserName>gh_a1b2c3d4e5f6</ToUserName><Encrypt>{encrypted}</Encrypt></xml>", refused(400, "Json(Xml"), mode)
        put("an array", query, f"[{whole}]", refused(400, "Json"), mode)
        put("something behind the object", query, whole + "x", refused(400, "Json"), mode)
        put("cut", query, whole[:-2], refused(400, "Json"), mode)
    put("an encrypted push", query, body, unauthorized("Encrypted"), "plain")
    put("a wrong signature", mini_query() | {"signature": "0" * 40}, MINI_TEXT, unauthorized("Signature {"), "plain")
    put("no signature", {"timestamp": str(NOW), "nonce": NONCE}, MINI_TEXT, unauthorized("SignatureMissing"), "plain")
    put("XML", mini_query(), WORK_TEXT, refused(400, "Json(Xml"), "plain")
    put("JSON where the console is set to XML", query, body, refused(400, "Xml(Json"), account=MINI | {"format": "xml"})
    mini_frames(put)
    for name, twice in DOUBLED.items():
        put(name, mini_query(), twice, refused(400, "Json"), "plain")
        put(name, *(lambda parts: (parts[0], mini_body(parts[1])))(mini_sealed(twice)), unauthorized("Decrypt(Json"))


DOUBLED = {
    f"{name} twice{how}": MINI_TEXT.removesuffix("}") + f',"{key}":"event"}}'
    for name in ("ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId")
    for how, key in (("", name), (", in two cases", name.lower()), (", with a blank", f" {name}"), (", escaped", name[:-1] + f"\\u{ord(name[-1]):04x}"))
}


def mini_frames(put):
    """Right to the signature, and wrong behind it."""

    def frame(name, refusal, message=MINI_TEXT, receive_id=MINI["id"], whole=None):
        query, encrypted = mini_sealed(message, receive_id, whole)
        for mode, body in (("safe", mini_body(encrypted)), ("compatible", compatible_body(MINI_TEXT, encrypted))):
            put(f"the frame: {name}", query, body, unauthorized(f"Decrypt({refusal}"), mode)

    frame("for another account", "ReceiveId", receive_id="wx2b8d6f0a4c1e3598")
    frame("for nobody", "ReceiveId", receive_id="")
    frame("for the account and more", "ReceiveId", receive_id=MINI["id"] + "\n")
    frame("XML in it", "", message=WORK_TEXT)
    frame("not JSON in it", "", message="success")
    frame("nothing in it", "", message="")
    frame("a number in it", "", message="1")
    frame("bytes that are not UTF-8 in it", "Utf8", message=b'{"MsgType":"\xff"}')
    right = algorithm.frame(MINI_TEXT, MINI["id"], RANDOM)
    frame("a padding of 0", "Padding", whole=right[:-1] + b"\0")
    frame("a padding of 33", "Padding", whole=right[:-1] + b"\x21")
    frame("a padding that is not the same all through", "Padding", whole=right[:-2] + b"\x1f" + right[-1:])
    frame("a length beyond it", "Frame", whole=right[:16] + b"\xff\xff\xff\xff" + right[20:])
    frame("a length beyond it by one", "", whole=right[:16] + (len(right)).to_bytes(4, "big") + right[20:])
    frame("nothing but padding", "Frame", whole=b"\x20" * 32)


def mini_reply():
    reply = json.dumps({"ToUserName": "oGZUI0egBJY1zhBYw2KhdUfwVJJE", "FromUserName": "gh_a1b2c3d4e5f6", "CreateTime": NOW, "MsgType": "transfer_customer_service"})
    encrypted = algorithm.encrypt(MINI["key"], reply, MINI["id"], RANDOM)
    signature = algorithm.sign(MINI["token"], str(NOW), NONCE, encrypted)
    body = json.dumps({"Encrypt": encrypted, "MsgSignature": signature, "TimeStamp": NOW, "Nonce": NONCE})
    return {"plaintext": reply, "timestamp": NOW, "random": RANDOM, "body": body}


def mini_verifications(vectors):
    for mode in ("plain", "compatible", "safe"):
        account = MINI | {"mode": mode}
        query = mini_query() | {"echostr": "4375120948345356249"}
        vectors.put(f"JSON, {mode}: verification", account, "GET", query, "", {"echo": "4375120948345356249"})
        wrong = query | {"signature": "0" * 40}
        vectors.put(f"JSON, {mode}: verification with a wrong signature", account, "GET", wrong, "", unauthorized("Signature {"))
        wecom = echostr()
        vectors.put(f"JSON, {mode}: WeCom's verification", account, "GET", wecom, "", unauthorized("SignatureMissing"))


# AI bots: for nobody, in an envelope of one member in lower case


def bot_push(kind, **members):
    head = {"msgid": "CAIQz7/MjQYY/NGagIOAgAMgl8jK/gI=", "aibotid": "AIBOTID", "chattype": "single", "from": {"userid": "zhangsan"}}
    url = "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=CODE"
    return json.dumps(head | {"response_url": url, "msgtype": kind} | members, ensure_ascii=False)


BOT_TEXT = bot_push("text", text={"content": "你好，机器人"})
BOT_GOOD = {
    "text": (BOT_TEXT, {"kind": "text", "text": "你好，机器人"}),
    "text with escaped slashes": (BOT_TEXT.replace("/", "\\/"), {"kind": "text", "text": "你好，机器人"}),
    "text in a group": (bot_push("text", chattype="group", chatid="CHATID", text={"content": "@RobotA mail a@example.com"}), {"kind": "text", "text": "mail a@example.com"}),
    "text that quotes a file": (bot_push("text", text={"content": "?"}, quote={"msgtype": "file", "file": {"url": "https://example.com/1"}}), {"kind": "text", "text": "?"}),
    "image": (bot_push("image", image={"url": "https://example.com/2"}), {"kind": "image"}),
    "mixed": (bot_push("mixed", mixed={"msg_item": [{"msgtype": "text", "text": {"content": "a"}}, {"msgtype": "image", "image": {"url": "u"}}]}), {"kind": "mixed"}),
    "voice": (bot_push("voice", voice={"content": "明天"}), {"kind": "voice"}),
    "file": (bot_push("file", file={"url": "https://example.com/3"}), {"kind": "file"}),
    "video": (bot_push("video", video={"url": "https://example.com/4"}), {"kind": "video"}),
    "refresh of a stream": (bot_push("stream", stream={"id": "STREAMID"}), {"kind": "stream"}),
    "event: a user enters": (bot_push("event", create_time=NOW, event={"eventtype": "enter_chat"}), {"kind": "event"}),
    "event: a rating": (bot_push("event", create_time=NOW, event={"eventtype": "feedback_event", "feedback_event": {"id": "f", "type": 1}}), {"kind": "event"}),
    "a kind that is not known": (bot_push("some_future_kind", some_future_kind={"a": [1, 2]}), {"kind": "some_future_kind"}),
}


def bot_reply(seal):
    """What answers a message: a stream that is finished."""
    reply = json.dumps({"msgtype": "stream", "stream": {"id": "STREAMID", "finish": True, "content": "**好** <think>"}}, ensure_ascii=False)
    signature, encrypted = seal(reply)
    body = json.dumps({"encrypt": encrypted, "msgsignature": signature, "timestamp": NOW, "nonce": NONCE})
    return {"plaintext": reply, "timestamp": NOW, "random": RANDOM, "body": body}


def bot_sealed(message, receive_id="", whole=None):
    encrypted = algorithm.encrypt_frame(AIBOT["key"], whole) if whole else algorithm.encrypt(AIBOT["key"], message, receive_id, RANDOM)
    signature = algorithm.sign(AIBOT["token"], str(NOW), NONCE, encrypted)
    return {"msg_signature": signature, "timestamp": str(NOW), "nonce": NONCE}, encrypted


def bot_body(encrypted, name="encrypt"):
    return json.dumps({name: encrypted})


def bots_of_wechatpy(vectors):
    """With wechatpy's crypto for companies, whose id is empty."""

    def put(name, method, query, body, expect, **more):
        vectors.put(f"AI bot: {name}", more.pop("account", AIBOT), method, query, body, expect, **more)

    crypto = work(AIBOT)
    query, encrypted = sealed(crypto, "1616140317555161061")
    echo = query | {"echostr": encrypted}
    assert crypto.check_signature(query["msg_signature"], str(NOW), NONCE, encrypted) == "1616140317555161061"
    put("verification", "GET", echo, "", {"echo": "1616140317555161061"})
    put("verification: a wrong signature", "GET", echo | {"msg_signature": "0" * 40}, "", unauthorized("Signature {"))
    company_query, company_encrypted = sealed(work(AIBOT, CORP["id"]), "1616140317555161061")
    company = company_query | {"echostr": company_encrypted}
    raises(InvalidCorpIdException, lambda: crypto.check_signature(company_query["msg_signature"], str(NOW), NONCE, company_encrypted))
    put("verification: for a company", "GET", company, "", unauthorized("Decrypt(ReceiveId"))
    put("verification: of a provider's, for its company", "GET", company, "", {"echo": "1616140317555161061"}, receive_ids=[CORP["id"], "AIBOTID"])

    def seal(reply):
        query, encrypted = sealed(crypto, reply)
        return query["msg_signature"], encrypted

    for name, (message, expect) in BOT_GOOD.items():
        query, encrypted = sealed(crypto, message)
        assert crypto.decrypt_message({"Encrypt": encrypted}, query["msg_signature"], str(NOW), NONCE) == message
        more = {"reply": bot_reply(seal)} if name == "text" else {}
        put(name, "POST", query, bot_body(encrypted), {"plaintext": message, **expect}, **more)
    query, encrypted = sealed(crypto, BOT_TEXT)
    caught = query | {"echostr": encrypted}
    put("verification: the cipher text of a push for an echostr", "GET", caught, "", unauthorized("Decrypt("))
    put("a wrong signature", "POST", query | {"msg_signature": "0" * 40}, bot_body(encrypted), unauthorized("Signature {"))
    query, encrypted = sealed(work(AIBOT, CORP["id"]), BOT_TEXT)
    put("text for a company", "POST", query, bot_body(encrypted), unauthorized("Decrypt(ReceiveId"))


def bots_of_the_algorithm(vectors):
    def put(name, query, body, expect, **more):
        vectors.put(f"AI bot: {name}", AIBOT, "POST", query, body, expect, **more)

    def seal(reply):
        query, encrypted = bot_sealed(reply)
        assert algorithm.decrypt(AIBOT["key"], encrypted) == (RANDOM.encode(), reply, "")
        return query["msg_signature"], encrypted

    query, encrypted = bot_sealed(BOT_TEXT)
    body, good = bot_body(encrypted), {"plaintext": BOT_TEXT, "kind": "text", "text": "你好，机器人"}
    put("text, and its reply", query, body, good, reply=bot_reply(seal))
    put("the member with a capital", query, bot_body(encrypted, "Encrypt"), good)
    put("the member in upper case", query, bot_body(encrypted, "ENCRYPT"), good)
    put("slashes escaped in the cipher text", query, body.replace("/", "\\/"), good)
    put("more beside the cipher text", query, body[:-1] + ', "tousername": "AIBOTID", "agentid": 0}', good)
    put("an altered cipher text", query, bot_body(altered(encrypted)), unauthorized("Signature {"))
    put("no signature", {k: v for k, v in query.items() if k != "msg_signature"}, body, unauthorized("SignatureMissing"))
    renamed = {"signature" if k == "msg_signature" else k: v for k, v in query.items()}
    put("the signature under another name", renamed, body, unauthorized("SignatureMissing"))
    put("nothing encrypted", query, BOT_TEXT, unauthorized("Unencrypted"))
    put("the member twice, in two cases", query, body[:-1] + ', "Encrypt": "A"}', refused(400, "Json"))
    put("XML", query, f"<xml><Encrypt>{encrypted}</Encrypt></xml>", refused(400, "Json(Xml"))
    put("cut", query, body[:-2], refused(400, "Json"))

    def frame(name, refusal, message=BOT_TEXT, receive_id="", whole=None):
        query, encrypted = bot_sealed(message, receive_id, whole)
        put(f"the frame: {name}", query, bot_body(encrypted), unauthorized(f"Decrypt({refusal}"))

    frame("for a company", "ReceiveId", receive_id=CORP["id"])
    frame("for a blank", "ReceiveId", receive_id=" ")
    frame("XML in it", "", message=WORK_TEXT)
    frame("nothing in it", "", message="")
    frame("an id twice, in two cases", "Json", message=BOT_TEXT[:-1] + ', "MsgId": "2"}')
    frame("bytes that are not UTF-8 in it", "Utf8", message=b'{"msgtype":"\xff"}')
    right = algorithm.frame(BOT_TEXT, "", RANDOM)
    frame("a padding of 33", "Padding", whole=right[:-1] + b"\x21")
    frame("a length beyond it", "Frame", whole=right[:16] + b"\xff\xff\xff\xff" + right[20:])


def files():
    """Files as an AI bot downloads them, with every length of padding."""
    made = []
    for length in [*range(33), 1000]:
        file = bytes((at * 31 + length) % 251 for at in range(length))
        encrypted = algorithm.encrypt_file(AIBOT["key"], file)
        made.append({"name": f"{length} bytes", "by": "cryptography, in Python", "account": AIBOT, "file": file.hex(), "encrypted": encrypted})
    return made


def check_good(file):
    """What is published, or made by another library, is read by the algorithm."""
    for vector in json.loads(file.read_text(encoding="utf-8")):
        if "refusal" in vector["expect"]:
            continue
        query = dict(parse_qsl(vector["query"].replace("+", "%2B"), strict_parsing=True))
        account, expect = vector["account"], vector["expect"]
        ids = vector.get("receive_ids", [account["id"]])
        if "echo" in expect and account["kind"] in ("wecom", "aibot"):
            check(account, query["timestamp"], query["nonce"], query["echostr"], query["msg_signature"], expect["echo"], ids)
        elif "plaintext" in expect and account["mode"] == "safe":
            body = json.loads(vector["body"]) if account["format"] == "json" else xmltodict.parse(vector["body"])["xml"]
            (encrypted,) = (value for key, value in body.items() if key.lower() == "encrypt")
            check(account, query["timestamp"], query["nonce"], encrypted, query["msg_signature"], expect["plaintext"], ids)
        else:
            assert algorithm.sign(account["token"], query["timestamp"], query["nonce"]) == query["signature"], vector["name"]


def check(account, timestamp, nonce, encrypted, signature, message, ids):
    assert algorithm.sign(account["token"], timestamp, nonce, encrypted) == signature, message
    _, found, receive_id = algorithm.decrypt(account["key"], encrypted)
    assert found == message and receive_id in ids, message


def main(folder):
    vectors = Vectors("wechatpy 2.0.0a26: work, component")
    wecom_verifications(vectors)
    wecom_pushes(vectors)
    platform(vectors)
    bots_of_wechatpy(vectors)
    vectors.write(folder, "wechatpy.json")
    vectors = Vectors("Tencent's algorithm, in Python")
    mini_verifications(vectors)
    mini_pushes(vectors)
    bots_of_the_algorithm(vectors)
    vectors.write(folder, "algorithm.json")
    made = json.dumps(files(), ensure_ascii=False, indent=1) + "\n"
    (folder / "files-python.json").write_text(made, encoding="utf-8", newline="\n")
    for file in ("tencent.json", "wechatpy.json", "node.json"):
        check_good(folder / file)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
