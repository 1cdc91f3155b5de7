//! Real servers, real connections and real seconds: WeChat hangs up after five, and a slow handler still answers.

use crate::support;

use std::io;
use std::net::SocketAddr;

use support::deliveries::{ADAPTERS, PATIENCE, Retry, Slow};
use support::servers::serve;
use support::{Push, Wechat, text, text_of};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wechat_callback::SecurityMode;

/// What WeChat reads within its patience: the body. Then the connection is gone.
async fn deliver(server: SocketAddr, Push { query, body }: Push) -> io::Result<Option<String>> {
    let mut connection = TcpStream::connect(server).await?;
    let head = format!(
        "POST /weixin?{query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(&[head.as_bytes(), &body].concat()).await?;
    let mut answer = String::new();
    let Ok(read) = timeout(PATIENCE, connection.read_to_string(&mut answer)).await else {
        return Ok(None);
    };
    read?;
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    Ok(Some(body.to_owned()))
}

/// How many deliveries there are, and what the last of them says.
async fn deliver_all(wechat: &Wechat, server: SocketAddr, xml: &str) -> io::Result<(usize, String)> {
    for (count, push) in (1..).zip(wechat.deliveries(xml, Retry::Fresh)) {
        if let Some(body) = deliver(server, push).await? {
            let reply = wechat.read(&body);
            let reply = roxmltree::Document::parse(&reply).expect("well-formed");
            return Ok((count, text_of(&reply, "Content")));
        }
    }
    Ok((3, "nothing".to_owned()))
}

/// All at once, so that it takes no longer than the slowest.
#[tokio::test]
async fn over_real_sockets_7_s_are_answered_on_delivery_2_and_12_s_on_delivery_3() {
    let mut cases = tokio::task::JoinSet::new();
    for adapter in ADAPTERS {
        for mode in [SecurityMode::Plain, SecurityMode::Safe] {
            let (wechat, slow) = (Wechat::new(mode), Slow::default());
            let server = serve(adapter, &wechat, slow.handler());
            for (said, delivery) in [("1 一", 1), ("7 七", 2), ("12 十二", 3)] {
                let (wechat, slow) = (wechat.clone(), slow.clone());
                cases.spawn(async move {
                    let (count, answer) =
                        deliver_all(&wechat, server, &text(said)).await.expect("a connection");
                    assert!(said.ends_with(&format!(" {answer}")), "{adapter:?} in {mode} mode: {answer}");
                    assert_eq!(count, delivery, "{adapter:?} in {mode} mode: {said}");
                    let runs = slow.begun().iter().filter(|begun| *begun == said).count();
                    assert_eq!(runs, 1, "{adapter:?} in {mode} mode: {said}");
                });
            }
        }
    }
    while let Some(case) = cases.join_next().await {
        case.expect("as it should be");
    }
}
