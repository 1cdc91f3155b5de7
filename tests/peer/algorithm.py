"""Tencent's published algorithm for signed and encrypted callbacks (WXBizMsgCrypt, WXBizJsonMsgCrypt), in a few lines.

Written from the description on Tencent's pages and held to the vectors that Tencent publishes: `tencent.json`.
"""

import base64
import hashlib
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def sign(token, *parts):
    """SHA-1 over the token and the parts, sorted and put together."""
    return hashlib.sha1("".join(sorted([token, *parts])).encode()).hexdigest()


def cipher(key):
    key = base64.b64decode(key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def frame(message, receive_id, random):
    """16 random bytes, the length of the message, the message, whom it is for, and padding to a multiple of 32."""
    message = message if isinstance(message, bytes) else message.encode()
    unpadded = random.encode() + struct.pack(">I", len(message)) + message + receive_id.encode()
    return padded(unpadded)


def padded(unpadded):
    missing = 32 - len(unpadded) % 32
    return unpadded + bytes([missing]) * missing


def encrypt_frame(key, whole):
    encryptor = cipher(key).encryptor()
    return base64.b64encode(encryptor.update(whole) + encryptor.finalize()).decode()


def encrypt_file(key, file):
    """A file as an AI bot's message has it: with no frame around it."""
    return encrypt_frame(key, padded(file))


def encrypt(key, message, receive_id, random):
    return encrypt_frame(key, frame(message, receive_id, random))


def decrypt(key, encrypted):
    """The 16 random bytes, the message, and whom it is for."""
    decryptor = cipher(key).decryptor()
    whole = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
    padding = whole[-1]
    assert 1 <= padding <= 32 and whole.endswith(bytes([padding]) * padding), "PKCS#7 over 32"
    (length,) = struct.unpack(">I", whole[16:20])
    return whole[:16], whole[20 : 20 + length].decode(), whole[20 + length : -padding].decode()
