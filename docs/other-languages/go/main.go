// A bot in safe mode with Go's standard library alone.
package main

import (
	"crypto/subtle"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

type message struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string
	FromUserName string
	MsgType      string
	Event        string
	Content      string
}

type cdata struct {
	Text string `xml:",cdata"`
}

type textReply struct {
	XMLName                  xml.Name `xml:"xml"`
	ToUserName, FromUserName cdata
	CreateTime               int64
	MsgType, Content         cdata
}

func answer(m message) string {
	switch {
	case m.MsgType == "text":
		return "你说：" + m.Content
	case m.Event == "subscribe":
		return "欢迎关注！"
	}
	return ""
}

func weixin(w http.ResponseWriter, r *http.Request) {
	status, body := handle(w, r)
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

func handle(w http.ResponseWriter, r *http.Request) (int, string) {
	query := map[string]string{}
	for name, values := range r.URL.Query() {
		if len(values) != 1 {
			return http.StatusBadRequest, ""
		}
		query[name] = values[0]
	}
	timestamp, nonce := query["timestamp"], query["nonce"]
	sent, err := strconv.ParseInt(timestamp, 10, 64)
	if age := time.Now().Unix() - sent; err != nil || age < -300 || age > 300 {
		return http.StatusForbidden, ""
	}
	if r.Method == http.MethodGet {
		if !same(query["signature"], sign(token, timestamp, nonce)) {
			return http.StatusForbidden, ""
		}
		return http.StatusOK, query["echostr"]
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil {
		return http.StatusRequestEntityTooLarge, ""
	}
	var m message
	if open(body, query["msg_signature"], timestamp, nonce, &m) != nil {
		return http.StatusForbidden, ""
	}
	text := answer(m)
	if text == "" {
		return http.StatusOK, "success"
	}
	to, from := cdata{m.FromUserName}, cdata{m.ToUserName}
	reply, err := xml.Marshal(textReply{
		ToUserName: to, FromUserName: from, CreateTime: time.Now().Unix(), MsgType: cdata{"text"}, Content: cdata{text},
	})
	if err != nil {
		return http.StatusInternalServerError, ""
	}
	return http.StatusOK, seal(reply, timestamp, nonce)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func main() {
	server := http.Server{Addr: os.Getenv("LISTEN"), ReadTimeout: 5 * time.Second}
	http.HandleFunc("/weixin", weixin)
	log.Fatal(server.ListenAndServe())
}
