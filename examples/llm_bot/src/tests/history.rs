//! What is remembered, and for how long.

use wechat_callback::Message;
use wechat_callback::message::Text;

use crate::history::{History, MAX_BYTES, MAX_CONVERSATIONS, MAX_TURNS, Owner};
use crate::model::ChatMessage;

fn owner(user: &str) -> Owner {
    Owner::of(&Message::new(Text::default().content("你好")).sent_by(user))
}

fn remembered(history: &History, user: &str) -> Vec<ChatMessage> {
    history.conversation(owner(user)).messages()
}

fn add(history: &History, user: &str, question: &str, answer: &str) {
    history.conversation(owner(user)).add(question.to_owned(), answer.to_owned());
}

#[test]
fn users_have_conversations_of_their_own() {
    let history = History::default();
    add(&history, "小明", "一加一？", "二。");
    assert_eq!(remembered(&history, "小明"), [ChatMessage::user("一加一？"), ChatMessage::assistant("二。")]);
    assert_eq!(remembered(&history, "小红"), []);
}

#[test]
fn chats_are_remembered_apart() {
    let in_chat = |chat: &str| {
        let json = format!(
            r#"{{"msgid":"1","chatid":"{chat}","chattype":"group","from":{{"userid":"a"}},"msgtype":"text","text":{{"content":"x"}}}}"#
        );
        Owner::of(&Message::from_json(&json).expect("a message"))
    };
    assert!(in_chat("1") == in_chat("1"));
    assert!(in_chat("1") != in_chat("2"));
}

#[test]
fn the_oldest_turns_go_first() {
    let history = History::default();
    for turn in 0..=MAX_TURNS {
        add(&history, "小明", &turn.to_string(), "好");
    }
    let messages = remembered(&history, "小明");
    assert_eq!(messages.len(), 2 * MAX_TURNS);
    assert_eq!(messages[0], ChatMessage::user("1"));
}

#[test]
fn long_turns_leave_room_for_fewer() {
    let history = History::default();
    for turn in ["一", "二", "三"] {
        add(&history, "小明", turn, &"x".repeat(MAX_BYTES / 2 - 3));
    }
    let messages = remembered(&history, "小明");
    assert_eq!(messages.len(), 4);
    assert_eq!(messages[0], ChatMessage::user("二"));
    add(&history, "小明", "四", &"x".repeat(MAX_BYTES));
    assert_eq!(remembered(&history, "小明"), []);
}

#[test]
fn whoever_was_silent_for_longest_is_forgotten_first() {
    let history = History::default();
    for user in 0..MAX_CONVERSATIONS {
        add(&history, &user.to_string(), "你好", "你好");
    }
    assert_eq!(remembered(&history, "0").len(), 2);
    add(&history, "小明", "你好", "你好");
    assert_eq!(remembered(&history, "0").len(), 2, "it was used after 1");
    assert_eq!(remembered(&history, "小明").len(), 2);
    assert_eq!(remembered(&history, "1"), []);
}

#[test]
fn an_answer_to_a_forgotten_question_is_forgotten_too() {
    let history = History::default();
    let conversation = history.conversation(owner("小明"));
    history.clear(&owner("小明"));
    conversation.add("你好".to_owned(), "你好".to_owned());
    assert_eq!(remembered(&history, "小明"), []);
}
