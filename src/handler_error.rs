use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// Any error of a handler, so that `?` works in handlers.
///
/// The middleware logs the error with its causes and with the line of the `?`. It answers WeChat `success`, or the reply that its `on_error`
/// returns, so that one bug does not make WeChat block the whole account.
///
/// ```
/// use wechat_callback::{HandlerError, TextReply, WechatMessage};
///
/// async fn chat(WechatMessage(message): WechatMessage) -> Result<TextReply, HandlerError> {
///     let number: i64 = message.text().unwrap_or_default().parse()?;
///     Ok(TextReply::new(format!("{}", number.wrapping_add(1))))
/// }
/// ```
#[derive(Clone)]
pub struct HandlerError {
    error: Arc<dyn Error + Send + Sync>,
    location: Option<&'static Location<'static>>,
}

impl HandlerError {
    /// The error that the handler returned. Use it to downcast.
    #[must_use]
    pub fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.error
    }

    /// Where the error became a `HandlerError`: the `?`, `.into()` or `HandlerError::from` of the handler. `None` after a
    /// panic or a time-out, and after `map_err(HandlerError::from)`, which is called by the standard library.
    #[must_use]
    pub fn location(&self) -> Option<&'static Location<'static>> {
        self.location.filter(|location| !location.file().starts_with("/rustc/"))
    }

    /// An error that no code of the handler's has made.
    #[cfg(feature = "tokio-1")]
    pub(crate) fn of_the_run(error: impl Error + Send + Sync + 'static) -> Self {
        Self { error: Arc::new(error), location: None }
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for HandlerError {
    #[track_caller]
    fn from(error: E) -> Self {
        Self { error: error.into().into(), location: Some(Location::caller()) }
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_error_keeps_its_cause() {
        let error = HandlerError::from("x".parse::<i32>().expect_err("not a number"));
        assert!(error.as_error().is::<std::num::ParseIntError>());
        assert_eq!(error.to_string(), "invalid digit found in string");
    }

    #[tokio::test]
    async fn a_handler_error_knows_the_line_of_the_question_mark() {
        async fn fails() -> Result<i32, HandlerError> {
            std::future::ready(()).await;
            Ok("x".parse::<i32>()?)
        }
        let (here, error) = (line!(), fails().await.expect_err("not a number"));
        let location = error.location().expect("of the handler");
        assert!(location.file().ends_with("handler_error.rs"), "{location}");
        assert_eq!(location.line() + 2, here);

        let elsewhere = "x".parse::<i32>().map_err(HandlerError::from).expect_err("not a number");
        assert_eq!(elsewhere.location(), None);
    }
}
