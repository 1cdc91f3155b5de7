import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from flask import Flask, abort, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature
from werkzeug.exceptions import HTTPException

APP_ID, TOKEN = os.environ["WECHAT_APP_ID"], os.environ["WECHAT_TOKEN"]
KEY = os.environ.get("WECHAT_ENCODING_AES_KEY")
crypto = WeChatCrypto(TOKEN, KEY, APP_ID) if KEY else None
app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
executor = ThreadPoolExecutor(32)


@app.route("/weixin", methods=["GET", "POST"])
def weixin():
    query = request.args
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    try:
        if any(len(values) > 1 for values in query.listvalues()):
            abort(400)
        if abs(time.time() - int(timestamp)) > 300:
            abort(403)
        check_signature(TOKEN, query.get("signature", ""), timestamp, nonce)
        if request.method == "GET":
            return query.get("echostr", "")
        xml = without_doctype(request.get_data(as_text=True))
        if crypto:
            xml = crypto.decrypt_message(xml, query.get("msg_signature", ""), timestamp, nonce)
            xml = without_doctype(xml)
    except Exception:
        app.logger.warning("refused", exc_info=True)
        abort(403)
    reply = started(xml).result()
    if reply is None:
        return "success"
    xml = reply.render()
    return crypto.encrypt_message(xml, nonce, timestamp) if crypto else xml


def without_doctype(xml):
    if not xml.startswith("<xml>"):
        raise ValueError("a document type, or no XML")
    return xml


@lru_cache(maxsize=10_000)
def started(xml):
    """A retry has the same XML, and waits for the answer that the first delivery started."""
    return executor.submit(answer, parse_message(xml))


@app.errorhandler(HTTPException)
def without_body(error):
    return "", error.code


def answer(message):
    if message.type == "event" and message.event == "subscribe":
        return create_reply("欢迎关注！", message)
    if message.type != "text":
        return None
    app.logger.warning("%s: %s", message.id, message.content)
    if message.content == "慢":
        time.sleep(6)
    return create_reply(f"你说：{message.content}", message)


if __name__ == "__main__":
    app.run(port=5000)
