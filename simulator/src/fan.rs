use crate::handshake::{Handshake, HandshakeResult};
use crate::{Account, Exchange, Message, Policy, SendError, Target, Wechat};

/// The name of the fan who sends a message if no other is named, on the command line, in a scenario and on the page.
pub const DEFAULT_FAN: &str = "小明";

/// WeChat and one bot: the entry point for a test of a bot.
///
/// ```
/// # use axum::{Router, routing::post};
/// # use wechat_sim::ServiceTarget;
/// use wechat_sim::{Account, FakeWechat};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), wechat_sim::SendError> {
/// # let app: Router = Router::new().route("/weixin", post(async || "success"));
/// # let target = ServiceTarget::new(app, "/weixin");
/// let wechat = FakeWechat::new(Account::generate(), target);
/// let mut fan = wechat.fan("小明");
/// fan.follow().await?.expect_nothing();
/// fan.click("MENU_HELP").await?.expect_nothing();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FakeWechat<T> {
    wechat: Wechat,
    target: T,
}

impl<T: Target> FakeWechat<T> {
    /// WeChat for `account`, with its bot at `target`.
    #[must_use]
    pub fn new(account: Account, target: T) -> Self {
        Self { wechat: Wechat::new(account), target }
    }

    /// The same with another policy for timeouts and retries.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { wechat: self.wechat.with_policy(policy), ..self }
    }

    /// Whether texts that contain `]]>` are split into two CDATA sections ([`Wechat::with_split_cdata`]).
    ///
    /// ```
    /// # use axum::{Router, routing::post};
    /// # use wechat_sim::{Account, FakeWechat, ServiceTarget};
    /// # let app: Router = Router::new().route("/weixin", post(async || "success"));
    /// # let target = ServiceTarget::new(app, "/weixin");
    /// let wechat = FakeWechat::new(Account::generate(), target).with_split_cdata(true);
    /// ```
    #[must_use]
    pub fn with_split_cdata(self, split: bool) -> Self {
        Self { wechat: self.wechat.with_split_cdata(split), ..self }
    }

    /// The fan with this name. The same name has the same openid.
    #[must_use]
    pub fn fan(&self, name: &str) -> Fan<'_, T> {
        Fan { openid: self.wechat.openid(name), name: name.to_owned(), wechat: self }
    }

    /// Verifies the URL, as the console does when the bot's URL is saved. [`handshake::verify`](crate::handshake::verify)
    /// also pushes one event.
    pub async fn verify(&self) -> HandshakeResult {
        Handshake::of(self.wechat.account(), &self.target).run(&self.target).await
    }

    /// WeChat's side of the account.
    #[must_use]
    pub const fn wechat(&self) -> &Wechat {
        &self.wechat
    }

    /// Where the bot is.
    #[must_use]
    pub const fn target(&self) -> &T {
        &self.target
    }
}

/// A user who chats with the account. Their actions happen one after another, as in a chat.
///
/// Each method pushes a message or an event and waits until the user would see the result: at most fifteen seconds, in
/// three deliveries. It fails only if the bot was not reached.
#[derive(Debug)]
pub struct Fan<'w, T> {
    wechat: &'w FakeWechat<T>,
    name: String,
    openid: String,
}

impl<T: Target> Fan<'_, T> {
    pub(crate) const fn wechat(&self) -> &FakeWechat<T> {
        self.wechat
    }

    /// Their name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Their openid.
    #[must_use]
    pub fn openid(&self) -> &str {
        &self.openid
    }

    /// Sends any message or event.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the bot was not reached. A missing answer is not an error: it is recorded in the [`Exchange`].
    pub async fn send(&mut self, message: &Message) -> Result<Exchange, SendError> {
        let FakeWechat { wechat, target } = self.wechat;
        let exchange = wechat.send(message, &self.openid, target).await;
        match exchange.unreachable() {
            Some(error) => Err(error.clone()),
            None => Ok(exchange),
        }
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])+ $name:ident($($argument:ident: $type:ty),*) => $message:expr;)+) => {
        impl<T: Target> Fan<'_, T> {
            $(
                $(#[$doc])+
                ///
                /// # Errors
                ///
                /// As [`send`](Self::send).
                pub async fn $name(&mut self, $($argument: $type),*) -> Result<Exchange, SendError> {
                    self.send(&$message).await
                }
            )+
        }
    };
}

actions! {
    /// Sends a text (文本).
    text(content: &str) => Message::text(content);
    /// Sends a picture (图片).
    image(pic_url: &str, media_id: &str) => Message::image(pic_url, media_id);
    /// Sends a voice message (语音).
    voice(media_id: &str) => Message::voice(media_id);
    /// Sends a video (视频).
    video(media_id: &str, thumb_media_id: &str) => Message::video(media_id, thumb_media_id);
    /// Sends a location (位置).
    location(latitude: f64, longitude: f64, label: &str) => Message::location(latitude, longitude, label);
    /// Sends a link (链接).
    link(title: &str, description: &str, url: &str) => Message::link(title, description, url);
    /// Follows the account (关注).
    follow() => Message::follow();
    /// Follows the account by a QR code with a scene.
    follow_by(scene: &str) => Message::follow_by(scene);
    /// Unfollows the account (取消关注). Its replies no longer reach them.
    unfollow() => Message::unfollow();
    /// Scans a QR code with a scene while following the account.
    scan(scene: &str) => Message::scan(scene);
    /// Clicks a menu button with a key (点击菜单).
    click(key: &str) => Message::click(key);
    /// Clicks a menu button with a link (点击菜单链接).
    view(url: &str) => Message::view(url);
    /// Their client reports their location (上报地理位置).
    location_report(latitude: f64, longitude: f64) => Message::location_report(latitude, longitude);
    /// Pushes XML unchanged. The sender is the one in the XML.
    raw(xml: &str) => Message::raw(xml);
}

impl<T: Target> Fan<'_, T> {
    /// Sends an event with these fields, and with the catalogue's sample values for the others.
    ///
    /// ```no_run
    /// # async fn test<T: wechat_sim::Target>(fan: &mut wechat_sim::Fan<'_, T>) -> Result<(), wechat_sim::SendError> {
    /// fan.event("user_get_card", &[("CardId", "p1"), ("OuterStr", "shop")]).await?.expect_nothing();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn event(&mut self, name: &str, fields: &[(&str, &str)]) -> Result<Exchange, SendError> {
        let event = Message::event(name);
        let event = fields.iter().fold(event, |event, (path, value)| event.field(path, *value));
        self.send(&event).await
    }
}
