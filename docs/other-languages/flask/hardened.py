import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from flask import Blueprint, Flask, abort, current_app, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature
from werkzeug.exceptions import HTTPException

APP_ID, TOKEN = os.environ["WECHAT_APP_ID"], os.environ["WECHAT_TOKEN"]
KEY = os.environ.get("WECHAT_ENCODING_AES_KEY")
crypto = WeChatCrypto(TOKEN, KEY, APP_ID) if KEY else None
app = Flask(__name__)
wx = Blueprint("wx", __name__)
executor = ThreadPoolExecutor(32)


@wx.route("/weixin", methods=["GET", "POST"])
def weixin():
    request.max_content_length = 64 * 1024
    query = request.args
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    try:
        if any(len(values) > 1 for values in query.listvalues()):
            abort(400, "a parameter is there twice")
        if abs(time.time() - int(timestamp)) > 300:
            abort(403, "the timestamp is not within 300 seconds of the clock")
        check_signature(TOKEN, query.get("signature", ""), timestamp, nonce)
        if request.method == "GET":
            return query.get("echostr", "")
        xml = without_doctype(request.get_data(as_text=True))
        if crypto:
            xml = crypto.decrypt_message(xml, query.get("msg_signature", ""), timestamp, nonce)
            xml = without_doctype(xml)
        running = started(xml)
    except HTTPException:
        raise
    except Exception as error:
        abort(403, type(error).__name__)
    reply = running.result()
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
    return executor.submit(answer_or_apology, current_app._get_current_object(), parse_message(xml))


def answer_or_apology(flask_app, message):
    with flask_app.app_context():
        try:
            return answer(message)
        except Exception:
            flask_app.logger.exception("the handler failed")
            return create_reply("出错了，请稍后再试。", message)


@wx.errorhandler(HTTPException)
def without_body(error):
    current_app.logger.warning("refused: %s %s", error.code, error.description)
    return "", error.code


def answer(message):
    if message.type == "event" and message.event in ("subscribe", "subscribe_scan"):
        return create_reply("欢迎关注！", message)
    if message.type != "text":
        return None
    app.logger.warning("%s: %s", message.id, message.content)
    if message.content == "慢":
        time.sleep(6)
    return create_reply(f"你说：{message.content}", message)


app.register_blueprint(wx)

if __name__ == "__main__":
    app.run(port=5000)
