package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

var (
	appID, token = os.Getenv("WECHAT_APP_ID"), os.Getenv("WECHAT_TOKEN")
	block, iv    = credentials(os.Getenv("WECHAT_ENCODING_AES_KEY"))
	errForged    = errors.New("not from WeChat")
)

func credentials(encodingAESKey string) (cipher.Block, []byte) {
	key, err := base64.StdEncoding.DecodeString(encodingAESKey + "=")
	if err != nil || len(key) != 32 {
		panic("WECHAT_ENCODING_AES_KEY is not 43 letters and digits")
	}
	block, _ := aes.NewCipher(key)
	return block, key[:16]
}

func sign(parts ...string) string {
	sort.Strings(parts)
	return fmt.Sprintf("%x", sha1.Sum([]byte(strings.Join(parts, ""))))
}

// open verifies and decrypts the body, and reads the message in it.
func open(body []byte, signature, timestamp, nonce string, into any) error {
	var envelope struct{ Encrypt string }
	if err := parse(body, &envelope); err != nil {
		return err
	}
	if !same(signature, sign(token, timestamp, nonce, envelope.Encrypt)) {
		return errForged
	}
	frame, err := base64.StdEncoding.DecodeString(envelope.Encrypt)
	if err != nil || len(frame) == 0 || len(frame)%32 != 0 {
		return errForged
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(frame, frame)
	pad := int(frame[len(frame)-1])
	if pad < 1 || pad > 32 || !bytes.HasSuffix(frame, bytes.Repeat([]byte{byte(pad)}, pad)) {
		return errForged
	}
	// 16 random bytes, the length of the message in 4, the message, the AppID.
	frame = frame[:len(frame)-pad]
	if len(frame) < 20 {
		return errForged
	}
	length, rest := uint64(binary.BigEndian.Uint32(frame[16:])), frame[20:]
	if length > uint64(len(rest)) || string(rest[length:]) != appID {
		return errForged
	}
	return parse(rest[:length], into)
}

// parse refuses what stands before <xml>, as a document type does, and what follows </xml>.
func parse(body []byte, into any) error {
	body = bytes.TrimSpace(body)
	if !bytes.HasPrefix(body, []byte("<xml>")) {
		return errForged
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errForged
	}
	return nil
}

// seal encrypts and signs the reply.
func seal(reply []byte, timestamp, nonce string) string {
	frame := make([]byte, 20)
	if _, err := rand.Read(frame[:16]); err != nil {
		panic(err)
	}
	binary.BigEndian.PutUint32(frame[16:], uint32(len(reply)))
	frame = append(append(frame, reply...), appID...)
	pad := 32 - len(frame)%32
	frame = append(frame, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(frame, frame)
	encrypt := base64.StdEncoding.EncodeToString(frame)
	signature := sign(token, timestamp, nonce, encrypt)
	return "<xml><Encrypt>" + encrypt + "</Encrypt><MsgSignature>" + signature + "</MsgSignature><TimeStamp>" +
		timestamp + "</TimeStamp><Nonce>" + nonce + "</Nonce></xml>"
}
