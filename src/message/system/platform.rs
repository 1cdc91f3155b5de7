use crate::message::elements;
use crate::{SharedStr, Timestamp};

elements! {
    /// The ticket of the platform (验证票据), every ten minutes and valid for twelve hours. Keep the newest, where a restart
    /// does not lose it. Successive ones may be the same.
    pub struct ComponentVerifyTicket {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `ComponentVerifyTicket`: asks for the platform's access token. A secret.
        pub component_verify_ticket: SharedStr = "ComponentVerifyTicket",
    }

    /// An account authorised the platform (授权成功通知).
    pub struct Authorized {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `AuthorizerAppid`: the account's.
        pub authorizer_appid: SharedStr = "AuthorizerAppid",
        /// `AuthorizationCode`: exchanges for the account's tokens. A secret.
        pub authorization_code: SharedStr = "AuthorizationCode",
        /// `AuthorizationCodeExpiredTime`: until when.
        pub authorization_code_expired_time: Option<Timestamp> = "AuthorizationCodeExpiredTime",
        /// `PreAuthCode`: the code with which the authorisation began. A secret.
        pub pre_auth_code: SharedStr = "PreAuthCode",
    }

    /// An account authorised the platform again, or for something else (更新授权通知). Its tokens so far are no longer valid.
    pub struct UpdateAuthorized {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `AuthorizerAppid`: the account's.
        pub authorizer_appid: SharedStr = "AuthorizerAppid",
        /// `AuthorizationCode`: exchanges for the account's tokens. A secret.
        pub authorization_code: SharedStr = "AuthorizationCode",
        /// `AuthorizationCodeExpiredTime`: until when.
        pub authorization_code_expired_time: Option<Timestamp> = "AuthorizationCodeExpiredTime",
        /// `PreAuthCode`: the code with which the authorisation began. A secret.
        pub pre_auth_code: SharedStr = "PreAuthCode",
    }

    /// An account no longer authorises the platform (取消授权通知).
    pub struct Unauthorized {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `AuthorizerAppid`: the account's.
        pub authorizer_appid: SharedStr = "AuthorizerAppid",
    }

    /// A mini-program was registered through the platform, or not (注册审核事件). WeChat spells it so.
    pub struct NotifyThirdFasteRegister {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `appid`: the mini-program's, if it was registered.
        pub appid: Option<SharedStr> = exactly "appid",
        /// `status`: 0 where it was registered.
        pub status: Option<i64> = "status",
        /// `auth_code`: exchanges for the mini-program's tokens. A secret.
        pub auth_code: Option<SharedStr> = "auth_code",
        /// `msg`: `status` in words.
        pub msg: SharedStr = "msg",
        /// `info`: what was asked for.
        pub info: RegistrationInfo = "info",
    }

    /// A mini-program for trial was registered through the platform, or not (创建试用小程序).
    pub struct NotifyThirdFastRegisterBetaApp {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `appid`: the mini-program's, if it was registered.
        pub appid: Option<SharedStr> = exactly "appid",
        /// `status`: 0 where it was registered.
        pub status: Option<i64> = "status",
        /// `msg`: `status` in words.
        pub msg: SharedStr = "msg",
        /// `info`: what was asked for.
        pub info: RegistrationInfo = "info",
    }

    /// A mini-program for trial was verified, or not (试用小程序快速认证).
    pub struct NotifyThirdFastVerifyBetaApp {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `appid`: the mini-program's.
        pub appid: Option<SharedStr> = exactly "appid",
        /// `status`: 0 where it was verified.
        pub status: Option<i64> = "status",
        /// `msg`: `status` in words.
        pub msg: SharedStr = "msg",
        /// `info`: what was asked for.
        pub info: RegistrationInfo = "info",
    }

    /// What was asked for when a mini-program was registered. Which of these there are depends on how: for a company, a
    /// person, or trial (as WxJava reads them).
    pub struct RegistrationInfo {
        /// `name`: the company's, or the mini-program's for trial.
        pub name: Option<SharedStr> = "name",
        /// `code`: the company's.
        pub code: Option<SharedStr> = "code",
        /// `code_type`: 1 unified social credit code (统一社会信用代码), 2 organisation code (组织机构代码), 3 business
        /// licence number (营业执照注册号).
        pub code_type: Option<i64> = "code_type",
        /// `legal_persona_wechat`: the legal representative's WeChat ID.
        pub legal_persona_wechat: Option<SharedStr> = "legal_persona_wechat",
        /// `legal_persona_name`: the legal representative's name.
        pub legal_persona_name: Option<SharedStr> = "legal_persona_name",
        /// `component_phone`: the phone number of the platform.
        pub component_phone: Option<SharedStr> = "component_phone",
        /// `wxuser`: the person's WeChat ID.
        pub wxuser: Option<SharedStr> = "wxuser",
        /// `idname`: the person's name.
        pub idname: Option<SharedStr> = "idname",
        /// `unique_id`: the number of the mini-program for trial.
        pub unique_id: Option<SharedStr> = "unique_id",
    }

    /// The verification of a mini-program moved on (小程序认证).
    ///
    /// Its elements are those of three SDKs: WxJava, Senparc.Weixin and SKIT.FlurlHttpClient.Wechat.
    pub struct Notify3rdWxaAuth {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `appid`: the mini-program's.
        pub appid: Option<SharedStr> = exactly "appid",
        /// `taskid`: the id of the task.
        pub taskid: SharedStr = "taskid",
        /// `task_status`: how far the administrator is, such as 6 face verified, 9 phone verified, 12 handed in.
        pub task_status: Option<i64> = "task_status",
        /// `apply_status`: 0 not there, 1 to be paid, 2 being reviewed, 3 sent back, 4 verified, 5 refused for good.
        pub apply_status: Option<i64> = "apply_status",
        /// `message`: what the reviewers say, or why it failed.
        pub message: Option<SharedStr> = "message",
        /// `dispatch_info`, `provider`: who reviews it.
        pub provider: Option<SharedStr> = "dispatch_info" / "provider",
        /// `dispatch_info`, `contact`: how to reach them.
        pub contact: Option<SharedStr> = "dispatch_info" / "contact",
        /// `dispatch_info`, `dispatch_time`: since when they have it.
        pub dispatch_time: Option<Timestamp> = "dispatch_info" / "dispatch_time",
    }

    /// The verification of a mini-program has run out (小程序认证年审和过期能力限制提醒): on that day, 30 and 60 days after it.
    ///
    /// Its elements are those of three SDKs: WxJava, Senparc.Weixin and SKIT.FlurlHttpClient.Wechat.
    pub struct Notify3rdWxaWxverify {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `appid`: the mini-program's.
        pub appid: Option<SharedStr> = exactly "appid",
        /// `expired`: when it ran out.
        pub expired: Option<Timestamp> = "expired",
        /// `message`: the reminder in words.
        pub message: Option<SharedStr> = "message",
    }

    /// The administrator of a mini-program was verified by face for its filing, or not (备案人脸核身结果).
    ///
    /// Its elements are those of two SDKs: WxJava and Senparc.Weixin.
    pub struct NotifyIcpfilingVerifyResult {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `task_id`: the id of the task.
        pub task_id: SharedStr = "task_id",
        /// `verify_appid`: the mini-program's.
        pub verify_appid: SharedStr = "verify_appid",
        /// `result`: 2 failed, 3 verified.
        pub result: Option<i64> = "result",
    }

    /// The filing of a mini-program was refused or granted (备案审核结果).
    pub struct NotifyApplyIcpfilingResult {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
        /// `authorizer_appid`: the mini-program's.
        pub authorizer_appid: SharedStr = "authorizer_appid",
        /// `beian_status`: how far the filing (备案) is, as the API that asks for it says.
        pub beian_status: Option<i64> = "beian_status",
    }

    /// The pages of orders of mini-programs were handed in for review (小程序订单页设置申请).
    ///
    /// No two sources describe its other elements: they are in [`Message::fields`](crate::Message::fields).
    pub struct OrderPathApplyResultNotify {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
    }

    /// The pages of orders of mini-programs were reviewed (小程序订单页设置审核结果).
    ///
    /// No two sources describe its other elements: they are in [`Message::fields`](crate::Message::fields).
    pub struct OrderPathAuditResultNotify {
        /// `AppId`: the platform's.
        pub app_id: SharedStr = exactly "AppId",
    }
}
