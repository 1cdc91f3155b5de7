use super::Callback;
use crate::DecryptError;
use crate::account::Rotation;
use crate::media::MediaError;

impl Callback {
    /// Decrypts a file that a user sent to an AI bot of WeCom (企业微信智能机器人): the bytes that are at the `url` of an image, a
    /// file or a video, which are there for five minutes. To download them is the caller's; what they are called stands in
    /// the answer's `Content-Disposition` ([`media::file_name`](crate::media::file_name)).
    ///
    /// They are encrypted with the EncodingAESKey, as messages are, but with no frame around them, so that nothing says for
    /// whom they are. (Tencent's page on receiving messages, path 100719.) With [`previous`](crate::CallbackBuilder::previous)
    /// credentials the key before is tried too. The result is at most as long as `encrypted`; bound the download.
    ///
    /// ```
    /// use wechat_callback::Callback;
    /// use wechat_callback::media::MediaError;
    ///
    /// let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    /// let callback = Callback::aibot("QDG6eKxyrqUnkq3M", key).build()?;
    /// assert_eq!(callback.decrypt_media(b"not whole blocks"), Err(MediaError::Padding));
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MediaError`] if the callback has no key, or the bytes were not encrypted with it.
    pub fn decrypt_media(&self, encrypted: &[u8]) -> Result<Vec<u8>, MediaError> {
        let Some(Rotation { current, previous }) = &self.account.ciphers else {
            return Err(MediaError::NoKey);
        };
        let opened = match (current.open_file(encrypted), previous) {
            (Err(DecryptError::Padding), Some(previous)) => previous.open_file(encrypted),
            (opened, _) => opened,
        };
        opened.map_err(|error| match error {
            DecryptError::Length => MediaError::Length,
            _ => MediaError::Padding,
        })
    }
}
