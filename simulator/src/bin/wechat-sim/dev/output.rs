//! What a process prints: copied as it is, and passed on as lines.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// How much of a line is passed on, in bytes.
const MAX_LINE: usize = 4096;
/// How much of a line that has not ended is held back, in bytes.
const MAX_HELD: usize = 64 * 1024;
/// How long it is held back: it can be a prompt.
const PAUSE: Duration = Duration::from_millis(50);

/// Copies `from` unchanged until it ends, and calls `on_line` with each line. Lines are copied in one piece, because this
/// program and the bot's other output write between them.
pub(super) async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    on_line: impl Fn(&str),
) {
    let mut bytes = [0; 4096];
    let (mut line, mut held) = (Vec::new(), Vec::new());
    loop {
        let read = if held.is_empty() {
            from.read(&mut bytes).await
        } else if let Ok(read) = timeout(PAUSE, from.read(&mut bytes)).await {
            read
        } else {
            write(&mut to, &held).await;
            held.clear();
            continue;
        };
        let Ok(read @ 1..) = read else { break };
        let bytes = bytes.get(..read).unwrap_or_default();
        held.extend_from_slice(bytes);
        let whole = match held.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if held.len() > MAX_HELD => held.len(),
            None => 0,
        };
        write(&mut to, held.get(..whole).unwrap_or_default()).await;
        held.drain(..whole);
        for byte in bytes {
            match byte {
                b'\n' => {
                    on_line(&String::from_utf8_lossy(&line));
                    line.clear();
                }
                _ if line.len() < MAX_LINE => line.push(*byte),
                _ => {}
            }
        }
    }
    write(&mut to, &held).await;
    if !line.is_empty() {
        on_line(&String::from_utf8_lossy(&line));
    }
}

/// Fails in silence if the output is closed: if the copying ended then, the process would block.
async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    let written: io::Result<()> = async {
        to.write_all(bytes).await?;
        to.flush().await
    }
    .await;
    drop(written);
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test]
    async fn lines_are_passed_on_and_bytes_are_copied() {
        let long = "字".repeat(MAX_LINE);
        let text = format!("你好\n\n{long}\nno end");
        let (mut copied, lines) = (Vec::new(), RefCell::new(Vec::new()));
        copy(text.as_bytes(), &mut copied, |line| lines.borrow_mut().push(line.to_owned())).await;
        assert_eq!(copied, text.as_bytes());
        let lines = lines.into_inner();
        assert_eq!([&lines[0], &lines[1], &lines[3]], ["你好", "", "no end"]);
        assert!(lines[2].starts_with("字字") && lines[2].len() <= MAX_LINE + 3, "{}", lines[2].len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_is_copied_in_one_piece_unless_it_waits() {
        let (mut bot, from) = tokio::io::duplex(100);
        let (to, mut terminal) = tokio::io::duplex(100);
        let copying = tokio::spawn(copy(from, to, |_| {}));
        let mut bytes = [0; 100];
        bot.write_all(b"one\nhalf of").await.expect("written");
        assert_eq!(terminal.read(&mut bytes).await.ok(), Some(4));
        assert!(timeout(PAUSE / 2, terminal.read(&mut bytes)).await.is_err());
        bot.write_all(b" two\nname? ").await.expect("written");
        assert_eq!(terminal.read(&mut bytes).await.ok(), Some("half of two\n".len()));
        assert_eq!(terminal.read(&mut bytes).await.ok(), Some("name? ".len()));
        drop(bot);
        copying.await.expect("it ends");
    }
}
