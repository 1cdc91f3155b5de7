//! Cards and coupons (卡券).
//!
//! ```
//! use wechat_callback::message::Event;
//!
//! fn got(event: &Event) -> Option<&str> {
//!     match event {
//!         Event::UserGetCard(card) if card.is_give_by_friend == Some(true) => Some(&card.user_card_code),
//!         _ => None,
//!     }
//! }
//! # let message = wechat_callback::Message::from_xml(
//! #     "<xml><MsgType>event</MsgType><Event>user_get_card</Event><IsGiveByFriend>1</IsGiveByFriend><UserCardCode>7</UserCardCode></xml>",
//! # )?;
//! # assert_eq!(message.event().and_then(got), Some("7"));
//! # Ok::<(), wechat_callback::XmlError>(())
//! ```

use crate::SharedStr;
use crate::Timestamp;
use crate::message::values::words;
use crate::message::{Id, elements};

elements! {
    /// A card passed its review (卡券通过审核).
    pub struct CardPassCheck {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
    }

    /// A card did not pass its review (卡券未通过审核).
    pub struct CardNotPassCheck {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `RefuseReason`: why not.
        pub refuse_reason: Option<SharedStr> = "RefuseReason",
    }

    /// Someone took a card (领取卡券).
    pub struct UserGetCard {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `IsGiveByFriend`: whether a friend gave it.
        pub is_give_by_friend: Option<bool> = "IsGiveByFriend",
        /// `UserCardCode`: the number of this one card.
        pub user_card_code: SharedStr = "UserCardCode",
        /// `FriendUserName`: the openid of the friend.
        pub friend_user_name: Option<SharedStr> = "FriendUserName",
        /// `OuterId`: where it was handed out, a number of the owner's choice.
        pub outer_id: Option<i64> = "OuterId",
        /// `OldUserCardCode`: its number before the friend gave it.
        pub old_user_card_code: Option<SharedStr> = "OldUserCardCode",
        /// `OuterStr`: where it was handed out, a text of the owner's choice.
        pub outer_str: Option<SharedStr> = "OuterStr",
        /// `IsRestoreMemberCard`: whether the user had deleted this membership card and takes it back.
        pub is_restore_member_card: Option<bool> = "IsRestoreMemberCard",
        /// `IsRecommendByFriend`: whether a friend recommended it.
        pub is_recommend_by_friend: Option<bool> = "IsRecommendByFriend",
        /// `UnionId`: the user's id across the accounts of one owner.
        pub union_id: Option<SharedStr> = "UnionId",
    }

    /// Someone gives a card to a friend (转赠卡券).
    pub struct UserGiftingCard {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `UserCardCode`: the number of this one card.
        pub user_card_code: SharedStr = "UserCardCode",
        /// `IsReturnBack`: whether the gift came back.
        pub is_return_back: Option<bool> = "IsReturnBack",
        /// `FriendUserName`: the openid of the friend.
        pub friend_user_name: SharedStr = "FriendUserName",
        /// `IsChatRoom`: whether it went to a group chat.
        pub is_chat_room: Option<bool> = "IsChatRoom",
    }

    /// Someone deleted a card (删除卡券).
    pub struct UserDelCard {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `UserCardCode`: the number of this one card.
        pub user_card_code: SharedStr = "UserCardCode",
    }

    /// A card was redeemed (核销卡券).
    pub struct UserConsumeCard {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `UserCardCode`: the number of this one card.
        pub user_card_code: SharedStr = "UserCardCode",
        /// `ConsumeSource`: how it was redeemed.
        pub consume_source: ConsumeSource = "ConsumeSource",
        /// `LocationName`: the store, where the user redeemed or paid themselves.
        pub location_name: Option<SharedStr> = "LocationName",
        /// `StaffOpenId`: the openid of the member of staff who did it with the card assistant.
        pub staff_open_id: Option<SharedStr> = "StaffOpenId",
        /// `VerifyCode`: what the user typed when redeeming it themselves.
        pub verify_code: Option<SharedStr> = "VerifyCode",
        /// `RemarkAmount`: the amount that the user typed when redeeming it themselves, as they typed it.
        pub remark_amount: Option<SharedStr> = "RemarkAmount",
        /// `OuterStr`: a text of the owner's choice that came with the redemption.
        pub outer_str: Option<SharedStr> = "OuterStr",
    }

    /// Someone paid with a card (买单).
    pub struct UserPayFromPayCell {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `UserCardCode`: the number of this one card.
        pub user_card_code: SharedStr = "UserCardCode",
        /// `TransId`: the payment's number at WeChat Pay.
        pub trans_id: SharedStr = "TransId",
        /// `LocationId`: the store.
        pub location_id: Option<Id> = "LocationId",
        /// `Fee`: what was paid, in cents.
        pub fee: Option<i64> = "Fee",
        /// `OriginalFee`: what it cost, in cents.
        pub original_fee: Option<i64> = "OriginalFee",
    }

    /// Someone opened a membership card (进入会员卡).
    pub struct UserViewCard {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `UserCardCode`: the number of this one card.
        pub user_card_code: SharedStr = "UserCardCode",
        /// `OuterStr`: which QR code led there, a text of the owner's choice.
        pub outer_str: Option<SharedStr> = "OuterStr",
    }

    /// Someone opened the chat from a card (从卡券进入公众号会话).
    pub struct UserEnterSessionFromCard {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `UserCardCode`: the number of this one card.
        pub user_card_code: SharedStr = "UserCardCode",
    }

    /// The points or the balance of a membership card changed (会员卡内容更新).
    pub struct UpdateMemberCard {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `UserCardCode`: the number of this one card.
        pub user_card_code: SharedStr = "UserCardCode",
        /// `ModifyBonus`: by how many points; negative if they decreased.
        pub modify_bonus: Option<i64> = "ModifyBonus",
        /// `ModifyBalance`: by how much money; negative if it decreased.
        pub modify_balance: Option<i64> = "ModifyBalance",
    }

    /// A card runs out (库存报警).
    pub struct CardSkuRemind {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `Detail`: the warning in words.
        pub detail: SharedStr = "Detail",
    }

    /// The coupon points of the account changed (券点流水详情).
    pub struct CardPayOrder {
        /// `OrderId`
        pub order_id: SharedStr = "OrderId",
        /// `Status` of the order, such as `ORDER_STATUS_FINANCE_SUCC`.
        pub status: SharedStr = "Status",
        /// `CreateOrderTime`: when the QR code to pay with was made.
        pub create_order_time: Option<Timestamp> = "CreateOrderTime",
        /// `PayFinishTime`: when it was paid; 0 if it was not.
        pub pay_finish_time: Option<Timestamp> = "PayFinishTime",
        /// `Desc`: how it was paid; may be empty.
        pub desc: SharedStr = "Desc",
        /// `FreeCoinCount`: how many free points are left.
        pub free_coin_count: Option<i64> = "FreeCoinCount",
        /// `PayCoinCount`: how many paid points are left.
        pub pay_coin_count: Option<i64> = "PayCoinCount",
        /// `RefundFreeCoinCount`: by how many the free points changed.
        pub refund_free_coin_count: Option<i64> = "RefundFreeCoinCount",
        /// `RefundPayCoinCount`: by how many the paid points changed.
        pub refund_pay_coin_count: Option<i64> = "RefundPayCoinCount",
        /// `OrderType`: what kind of order, such as `ORDER_TYPE_SYS_ADD`.
        pub order_type: SharedStr = "OrderType",
        /// `Memo`: why they changed.
        pub memo: SharedStr = "Memo",
        /// `ReceiptInfo`: the invoice; may be empty.
        pub receipt_info: SharedStr = "ReceiptInfo",
    }

    /// Someone filled in, or changed, the form that activates a membership card (会员卡激活).
    pub struct SubmitMembercardUserInfo {
        /// `CardId`: the kind of card.
        pub card_id: SharedStr = "CardId",
        /// `UserCardCode`: the number of this one card.
        pub user_card_code: SharedStr = "UserCardCode",
    }

    /// A sub-merchant was reviewed (子商户审核).
    pub struct CardMerchantCheckResult {
        /// `MerchantId`: the sub-merchant.
        pub merchant_id: Option<Id> = "MerchantId",
        /// `IsPass`: whether it passed.
        pub is_pass: Option<bool> = "IsPass",
        /// `Reason`: why not; may be empty.
        pub reason: SharedStr = "Reason",
    }

    /// Someone bought a gift card (用户购买礼品卡付款成功).
    pub struct GiftcardPayDone {
        /// `PageId`: the shelf (货架) it was on.
        pub page_id: SharedStr = "PageId",
        /// `OrderId`
        pub order_id: SharedStr = "OrderId",
    }

    /// Someone gives a gift card to a friend (用户购买后赠送).
    pub struct GiftcardSendToFriend {
        /// `PageId`: the shelf (货架) it was on.
        pub page_id: SharedStr = "PageId",
        /// `OrderId`
        pub order_id: SharedStr = "OrderId",
        /// `IsChatRoom`: whether it went to a group chat.
        pub is_chat_room: Option<bool> = "IsChatRoom",
        /// `IsReturnBack`: whether the gift came back.
        pub is_return_back: Option<bool> = "IsReturnBack",
    }

    /// Someone accepted a gift card (用户领取礼品卡成功).
    pub struct GiftcardUserAccept {
        /// `PageId`: the shelf (货架) it was on.
        pub page_id: SharedStr = "PageId",
        /// `OrderId`
        pub order_id: SharedStr = "OrderId",
        /// `IsChatRoom`: whether it went to a group chat.
        pub is_chat_room: Option<bool> = "IsChatRoom",
    }
}

words! {
    /// How a card was redeemed.
    pub enum ConsumeSource {
        /// `FROM_API`: by the owner's own program.
        Api = "FROM_API",
        /// `FROM_MP`: on WeChat's site (公众平台).
        Mp = "FROM_MP",
        /// `FROM_MOBILE_HELPER`: by staff with the card assistant (卡券商户助手).
        MobileHelper = "FROM_MOBILE_HELPER",
    }
}
