import os
import time

from flask import Flask, abort, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.utils import check_signature

APP_ID, TOKEN = os.environ["WECHAT_APP_ID"], os.environ["WECHAT_TOKEN"]
KEY = os.environ.get("WECHAT_ENCODING_AES_KEY")
crypto = WeChatCrypto(TOKEN, KEY, APP_ID) if KEY else None
app = Flask(__name__)


@app.route("/weixin", methods=["GET", "POST"])
def weixin():
    query = request.args
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    encrypted = query.get("encrypt_type") == "aes"
    try:
        check_signature(TOKEN, query.get("signature", ""), timestamp, nonce)
        if request.method == "GET":
            return query.get("echostr", "")
        xml = request.data
        if encrypted:
            xml = crypto.decrypt_message(xml, query.get("msg_signature", ""), timestamp, nonce)
    except (InvalidSignatureException, InvalidAppIdException):
        abort(403)
    reply = answer(parse_message(xml))
    if reply is None:
        return "success"
    xml = reply.render()
    return crypto.encrypt_message(xml, nonce, timestamp) if encrypted else xml


def answer(message):
    if message.type == "event" and message.event in ("subscribe", "subscribe_scan"):
        return create_reply("欢迎关注！", message)
    if message.type != "text":
        return None
    app.logger.warning("%s: %s", message.id, message.content)
    if message.content == "慢":
        time.sleep(6)
    return create_reply(f"你说：{message.content}", message)


if __name__ == "__main__":
    app.run(port=5000)
