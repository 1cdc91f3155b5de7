use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Any error of a handler, so that `?` works in handlers.
///
/// The middleware logs the error with its causes. It answers WeChat `success`, or the reply that its `on_error`
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
pub struct HandlerError(Arc<dyn Error + Send + Sync>);

impl HandlerError {
    /// The error that the handler returned. Use it to downcast.
    #[must_use]
    pub fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self(error.into().into())
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
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
}
