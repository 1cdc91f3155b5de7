//! What a process prints: copied as it is, and passed on as lines.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How much of a line is passed on, in bytes.
const MAX_LINE: usize = 4096;

/// Copies `from` unchanged until it ends, and calls `on_line` with each line.
pub(super) async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    on_line: impl Fn(&str),
) {
    let mut bytes = [0; 4096];
    let mut line = Vec::new();
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        let bytes = bytes.get(..read).unwrap_or_default();
        // Continues if the output is closed: otherwise the process would block.
        let _ = to.write_all(bytes).await;
        let _ = to.flush().await;
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
    if !line.is_empty() {
        on_line(&String::from_utf8_lossy(&line));
    }
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
}
