//! The results of sending jobs (模板消息、群发、发布).
//!
//! ```
//! use wechat_callback::message::Event;
//! use wechat_callback::message::event::MassSendStatus;
//!
//! fn refused(event: &Event) -> Option<i64> {
//!     match event {
//!         Event::MassSendJobFinish(job) => match job.status {
//!             MassSendStatus::Err(code) => Some(code),
//!             _ => None,
//!         },
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>MASSSENDJOBFINISH</Event><Status>err(30003)</Status></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(refused), Some(30003));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use std::fmt;

use crate::SharedStr;
use crate::format::Draft;
use crate::message::read::Read;
use crate::message::values::words;
use crate::message::write::Write;
use crate::message::{Fields, Id, elements};

elements! {
    /// A template message was delivered, or not (模板消息发送结果). The sender of the event is the user whom it was for.
    pub struct TemplateSendJobFinish {
        /// `MsgID`: the id that sending it returned.
        pub msg_id: Option<Id> = "MsgID",
        /// `Status`
        pub status: TemplateSendStatus = "Status",
    }

    /// A mass message was sent, or not (群发结果).
    pub struct MassSendJobFinish {
        /// `MsgID`: the id that sending it returned.
        pub msg_id: Option<Id> = "MsgID",
        /// `Status`
        pub status: MassSendStatus = "Status",
        /// `TotalCount`: how many followers it was for.
        pub total_count: Option<i64> = "TotalCount",
        /// `FilterCount`: how many were left after filtering; in principle those sent and those in error.
        pub filter_count: Option<i64> = "FilterCount",
        /// `SentCount`: how many got it.
        pub sent_count: Option<i64> = "SentCount",
        /// `ErrorCount`: how many did not.
        pub error_count: Option<i64> = "ErrorCount",
        /// `CopyrightCheckResult`: what the originality check found.
        pub copyright_check_result: Option<CopyrightCheckResult> = "CopyrightCheckResult",
        /// `ArticleUrlResult`: where the articles are.
        pub article_url_result: Option<ArticleUrlResult> = "ArticleUrlResult",
    }

    /// What the originality check (原创校验) found.
    pub struct CopyrightCheckResult {
        /// `Count`: how many articles were checked.
        pub count: Option<i64> = "Count",
        /// `ResultList`: one for each article; often empty.
        pub result_list: Vec<CopyrightCheck> = "ResultList" / "item",
        /// `CheckState`: 1 no reprint, 2 a reprint that may be sent, 3 one that may not; 0 occurs.
        pub check_state: Option<i64> = "CheckState",
    }

    /// What the originality check found about one article.
    pub struct CopyrightCheck {
        /// `ArticleIdx`: which article, from 1.
        pub article_idx: Option<i64> = "ArticleIdx",
        /// `UserDeclareState`: what the account declared. WeChat publishes no list of values.
        pub user_declare_state: Option<i64> = "UserDeclareState",
        /// `AuditState`: what the system found. WeChat publishes no list of values.
        pub audit_state: Option<i64> = "AuditState",
        /// `OriginalArticleUrl`: the similar original.
        pub original_article_url: SharedStr = "OriginalArticleUrl",
        /// `OriginalArticleType`
        pub original_article_type: Option<i64> = "OriginalArticleType",
        /// `CanReprint`
        pub can_reprint: Option<bool> = "CanReprint",
        /// `NeedReplaceContent`: whether the original takes the article's place.
        pub need_replace_content: Option<bool> = "NeedReplaceContent",
        /// `NeedShowReprintSource`: whether the source must be named.
        pub need_show_reprint_source: Option<bool> = "NeedShowReprintSource",
    }

    /// Where the articles of a mass message are.
    pub struct ArticleUrlResult {
        /// `Count`: how many.
        pub count: Option<i64> = "Count",
        /// `ResultList`
        pub result_list: Vec<ArticleUrl> = "ResultList" / "item",
    }

    /// Where one article of a mass message is.
    pub struct ArticleUrl {
        /// `ArticleIdx`: which article, from 1.
        pub article_idx: Option<i64> = "ArticleIdx",
        /// `ArticleUrl`
        pub article_url: SharedStr = "ArticleUrl",
    }

    /// Articles were published, or not (发布结果).
    pub struct PublishJobFinish {
        /// `publish_id`: the id that publishing returned.
        pub publish_id: Option<Id> = "PublishEventInfo" / "publish_id",
        /// `publish_status`
        pub publish_status: PublishStatus = "PublishEventInfo" / "publish_status",
        /// `article_id`: on success.
        pub article_id: Option<SharedStr> = "PublishEventInfo" / "article_id",
        /// `article_detail`: on success.
        pub article_detail: Option<ArticleDetail> = "PublishEventInfo" / "article_detail",
        /// `fail_idx`: which articles were not published, from 1.
        pub fail_idx: Vec<i64> = "PublishEventInfo" / "fail_idx",
    }

    /// What was published.
    pub struct ArticleDetail {
        /// `count`: how many articles.
        pub count: Option<i64> = "count",
        /// `item`
        pub item: Vec<PublishedArticle> = "item",
    }

    /// One article that was published.
    pub struct PublishedArticle {
        /// `idx`: which article, from 1.
        pub idx: Option<i64> = "idx",
        /// `article_url`
        pub article_url: SharedStr = "article_url",
    }
}

words! {
    /// The result of a template message.
    pub enum TemplateSendStatus {
        /// `success`
        Success = "success",
        /// `failed:user block`: the user refuses messages.
        UserBlock = "failed:user block",
        /// `failed: system failed`
        SystemFailed = "failed: system failed",
    }

    /// The result of a publication.
    pub enum PublishStatus {
        /// `0`
        Success = "0",
        /// `1`: not yet done.
        Publishing = "1",
        /// `2`: the originality check refused it.
        OriginalityFailed = "2",
        /// `3`: an ordinary failure.
        Failed = "3",
        /// `4`: the review refused it.
        ReviewRefused = "4",
        /// `5`: the account deleted all its articles afterwards.
        UserDeleted = "5",
        /// `6`: the system banned all its articles afterwards.
        SystemBanned = "6",
    }
}

/// The result of a mass message.
///
/// `#[non_exhaustive]`: WeChat adds words.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(from = "SharedStr")]
#[non_exhaustive]
pub enum MassSendStatus {
    /// `send success`, also written `sendsuccess`.
    Success,
    /// `send fail`
    Fail,
    /// `err(code)`: 10001 advertising, 20001 politics, 20002 pornography, 20004 society, 20006 crime, 20008 fraud,
    /// 20013 copyright, 21000 other, 22000 mutual promotion, 30001 to 30003 the originality check, 40001 and 40002
    /// the administrator. Others occur.
    Err(i64),
    /// Any other word, as received; empty if there was none.
    Unknown(SharedStr),
}

impl serde::Serialize for MassSendStatus {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Success => serializer.serialize_str("send success"),
            Self::Fail => serializer.serialize_str("send fail"),
            Self::Err(code) => serializer.collect_str(&format_args!("err({code})")),
            Self::Unknown(word) => serializer.serialize_str(word),
        }
    }
}

impl From<SharedStr> for MassSendStatus {
    fn from(word: SharedStr) -> Self {
        use crate::message::values::is_word;

        let code = word.trim().strip_prefix("err(").and_then(|rest| rest.strip_suffix(')'));
        match code.and_then(|code| code.trim().parse().ok()) {
            Some(code) => Self::Err(code),
            None if is_word(&word, "send success") => Self::Success,
            None if is_word(&word, "send fail") => Self::Fail,
            None => Self::Unknown(word),
        }
    }
}

impl From<MassSendStatus> for SharedStr {
    fn from(status: MassSendStatus) -> Self {
        match status {
            MassSendStatus::Success => "send success".into(),
            MassSendStatus::Fail => "send fail".into(),
            MassSendStatus::Err(code) => format!("err({code})").into(),
            MassSendStatus::Unknown(word) => word,
        }
    }
}

impl Write for MassSendStatus {
    fn write(&self, elements: &mut Vec<Draft>, name: &str) {
        SharedStr::from(self.clone()).write(elements, name);
    }
}

/// No word.
impl Default for MassSendStatus {
    fn default() -> Self {
        Self::Unknown(SharedStr::default())
    }
}

impl Read for MassSendStatus {
    fn read(fields: Fields<'_>, name: &str) -> Self {
        fields.shared(name).unwrap_or_default().into()
    }
}

/// Shows the variant, and the code of an error.
impl fmt::Debug for MassSendStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("Success"),
            Self::Fail => f.write_str("Fail"),
            Self::Err(code) => write!(f, "Err({code})"),
            Self::Unknown(_) => f.write_str("Unknown(..)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_mass_message_reads_back_from_its_word() {
        for (word, status) in [
            ("send success", MassSendStatus::Success),
            ("send fail", MassSendStatus::Fail),
            ("err(30003)", MassSendStatus::Err(30003)),
            ("err(x)", MassSendStatus::Unknown("err(x)".into())),
        ] {
            assert_eq!(MassSendStatus::from(SharedStr::from(word)), status);
            assert_eq!(SharedStr::from(status), word);
        }
        assert_eq!(MassSendStatus::from(SharedStr::from("sendsuccess")), MassSendStatus::Success);
    }
}
