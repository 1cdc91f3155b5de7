//! A second request, where one answer can mean several things.

use tokio::time::timeout;

use super::{Diagnosis, Handshake, TIMEOUT};
use crate::{Answer, Request, Target};

/// The diagnosis after a second request, if one tells more.
pub(super) async fn at<T: Target>(
    handshake: &Handshake,
    target: &T,
    answer: &Answer,
    diagnosis: Diagnosis,
) -> Diagnosis {
    match diagnosis {
        Diagnosis::WrongToken { status, .. } | Diagnosis::Status { status: status @ (400 | 422) } => {
            match is_same_without_query(handshake, target, answer).await {
                true if matches!(status, 400 | 422) => Diagnosis::NoQuery { status },
                query_may_be_lost => Diagnosis::WrongToken { status, query_may_be_lost },
            }
        }
        Diagnosis::NotFound => {
            let other = other_slash(handshake, target).await;
            other.map_or(diagnosis, |url| Diagnosis::OtherSlash { url })
        }
        diagnosis => diagnosis,
    }
}

/// Whether a request without WeChat's query is answered in the same way. If not, the query arrives.
async fn is_same_without_query<T: Target>(handshake: &Handshake, target: &T, answer: &Answer) -> bool {
    let request = Request { url: handshake.url.clone(), ..handshake.request.clone() };
    let second = send(target, request).await;
    second.is_some_and(|second| (second.status, second.body) == (answer.status, answer.body.clone()))
}

/// The URL with or without a `/` at its end, if the bot is there.
async fn other_slash<T: Target>(handshake: &Handshake, target: &T) -> Option<String> {
    let url = toggled(&handshake.url)?;
    let request = Request { url: toggled(&handshake.request.url)?, ..handshake.request.clone() };
    let second = send(target, request).await?;
    (second.status == 200 && second.body == handshake.echostr.as_bytes()).then_some(url)
}

/// The URL with a `/` at the end of its path, or without it. `None` if its path is `/`.
fn toggled(url: &str) -> Option<String> {
    let (path, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let (_, behind_scheme) = path.split_once("://")?;
    let (_, path_of_host) = behind_scheme.split_once('/')?;
    match path.strip_suffix('/') {
        _ if path_of_host.is_empty() => None,
        Some(without) => Some(format!("{without}{query}")),
        None => Some(format!("{path}/{query}")),
    }
}

async fn send<T: Target>(target: &T, request: Request) -> Option<Answer> {
    timeout(TIMEOUT, target.send(request)).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::toggled;

    #[test]
    fn a_slash_is_added_to_the_path_or_taken_away() {
        let toggled = |url| toggled(url).unwrap_or_default();
        assert_eq!(toggled("http://a/weixin"), "http://a/weixin/");
        assert_eq!(toggled("http://a/weixin/?c_id=21"), "http://a/weixin?c_id=21");
        assert_eq!(toggled("http://a/"), "");
        assert_eq!(toggled("http://a?b=/"), "");
    }
}
