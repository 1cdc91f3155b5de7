//! An AI bot of WeCom (企业微信智能机器人): one bubble that grows.

use crate::support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use support::aibot::{Bot, Shown, WINDOW, with_each};
use support::broken::Broken;
use support::deliveries::{Adapter, App, Middleware, Stage, hush, seconds};
use support::logs::logged;
use tokio::time::timeout;
use wechat_callback::accounts::Accounts;
use wechat_callback::late_reply::{FetchWord, LateReply, Recipient, ReplySender, SendError};
use wechat_callback::reply::card::{Heading, TemplateCard};
use wechat_callback::reply::{StreamContent, StreamImage};
use wechat_callback::{HandlerError, ImageReply, Message, Reply, StreamReply, TextReply};

fn sentence(number: u32) -> String {
    format!("这是第{number}句话；")
}

fn whole(count: u32) -> String {
    (0..count).map(sentence).collect()
}

/// Says a sentence at the end of each of so many seconds.
fn speak(count: u32) -> StreamReply {
    StreamReply::from_fn(move |out| async move {
        for number in 0..count {
            seconds(1.0).await;
            out.push(sentence(number)).await;
        }
    })
}

/// How often the handler was called.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<u32>>);

impl Calls {
    fn count(&self) -> u32 {
        *self.0.lock().expect("not poisoned")
    }
}

async fn speaker(middleware: Middleware) -> (App, Calls) {
    let calls = Calls::default();
    let counted = calls.clone();
    let handler = move |message: Message| {
        *counted.0.lock().expect("not poisoned") += 1;
        let count = message.text().and_then(|text| text.parse().ok()).unwrap_or_default();
        async move { speak(count) }
    };
    (middleware.around(handler).await, calls)
}

async fn app(stage: &Stage, bot: &Bot) -> (App, Calls) {
    speaker(stage.middleware_of(bot.callback())).await
}

fn last(shown: &[(f64, Shown)]) -> &Shown {
    &shown.last().expect("something is shown").1
}

#[test]
fn the_bubble_grows_until_it_is_finished() {
    with_each(async |stage, bot| {
        for (time, is_other_store) in
            [3, 8, 13, 40, 300].into_iter().flat_map(|time| [(time, false), (time, true)])
        {
            let middleware = stage.middleware_of(bot.callback());
            let middleware =
                if is_other_store { middleware.store(Broken::new("nothing")) } else { middleware };
            let (app, calls) = speaker(middleware).await;
            let shown = bot.watch(&app, &bot.message(&time.to_string())).await;
            assert!(shown[0].0 <= 1.3, "{:?}", shown[0]);
            assert!(shown.windows(2).all(|two| two[1].1.content.starts_with(&two[0].1.content)));
            let (at, Shown { content, is_finished, .. }) = shown.last().expect("the end");
            assert_eq!((content.as_str(), is_finished), (whole(time).as_str(), &true));
            assert!(*at <= f64::from(time) + 1.5, "{at}");
            assert!(shown.len() as u32 >= time, "something new is shown each second");
            assert_eq!(calls.count(), 1);
        }
    });
}

/// A bot has no passive image.
#[test]
fn a_reply_that_bots_do_not_have_is_logged_and_the_bubble_ends() {
    with_each(async |stage, bot| {
        for time in [0.0, 20.0] {
            let handler = move |_: Message| async move {
                seconds(time).await;
                ImageReply::new("MEDIA_ID")
            };
            let app = stage.middleware_of(bot.callback()).around(handler).await;
            let log = logged(async {
                match time {
                    0.0 => assert_eq!(bot.ask(&app, &bot.message("画")).await, None),
                    _ => assert!(last(&bot.watch(&app, &bot.message("画")).await).is_finished),
                }
            });
            assert!(log.await.contains("the reply cannot be sent"));
        }
    });
}

/// To run again means nothing to a bubble that grows.
#[test]
fn a_bubble_grows_where_deliveries_are_not_joined() {
    with_each(async |stage, bot| {
        let (app, calls) = speaker(stage.middleware_of(bot.callback()).run_again()).await;
        let shown = bot.watch(&app, &bot.message("8")).await;
        assert_eq!((last(&shown).content.as_str(), last(&shown).is_finished), (whole(8).as_str(), true));
        assert_eq!(calls.count(), 1);
    });
}

/// The key of another account's push is no id of this one's.
#[test]
fn no_account_reads_the_answer_of_another() {
    with_each(async |stage, bot| {
        let accounts = Accounts::by_parameter("bot").expect("a parameter");
        for name in ["one", "two"] {
            accounts.insert(name, bot.callback().on_behalf_of(name));
        }
        let (app, _) = speaker(stage.middleware_of(accounts)).await;
        let of = |name: &'static str| bot.behind(name);
        let first = of("one").show(&app, &bot.message("20")).await.expect("an answer");
        seconds(2.0).await;
        assert!(of("one").show(&app, &bot.refresh(&first.id)).await.is_some_and(|shown| !shown.is_finished));
        let shown = of("two").show(&app, &bot.refresh(&first.id)).await.expect("an answer");
        assert!(shown.is_finished && !shown.content.contains(&sentence(0)), "{shown:?}");
    });
}

/// What WeCom asks for no more is sent where that can be done.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<(Recipient, String)>>>);

#[async_trait]
impl ReplySender for Sent {
    async fn send(&self, to: &Recipient, reply: &Reply) -> Result<(), SendError> {
        let Reply::Stream(stream) = reply else { panic!("what is shown in a bubble") };
        self.0.lock().expect("not poisoned").push((to.clone(), stream.content.clone()));
        Ok(())
    }
}

#[test]
fn after_six_minutes_the_text_is_sent_once_or_the_log_says_that_it_is_lost() {
    with_each(async |stage, bot| {
        let sent = Sent::default();
        let middleware = stage.middleware_of(bot.callback()).late_reply(LateReply::push(sent.clone()));
        let (app, _) = speaker(middleware).await;
        let shown = bot.watch(&app, &bot.message("420")).await;
        assert!(!last(&shown).is_finished && shown.last().expect("the end").0 >= WINDOW);
        assert_eq!(sent.0.lock().expect("not poisoned").len(), 0);
        seconds(61.0).await;
        let sent = sent.0.lock().expect("not poisoned").clone();
        let [(to, text)] = &sent[..] else { panic!("it is sent once") };
        assert_eq!((to.user.as_str(), text.as_str()), ("zhangsan", whole(420).as_str()));
        assert!(to.response_url.as_deref().is_some_and(|url| url.ends_with("response_code=SECRET")));
        assert!(!format!("{to:?}").contains("SECRET"));

        let (app, _) = self::app(&stage, &bot).await;
        let log = logged(async {
            bot.watch(&app, &bot.message("420")).await;
            seconds(61.0).await;
        });
        let log = log.await;
        assert!(
            log.contains("the reply is lost") && log.contains(&format!("length={}", whole(420).len())),
            "{log}"
        );
        assert!(!log.contains("SECRET"), "{log}");
    });
}

/// WeCom never learned the id where the first answer was lost.
#[test]
fn a_repeat_of_the_message_gets_the_same_id_and_the_text_so_far() {
    with_each(async |stage, bot| {
        let (app, calls) = app(&stage, &bot).await;
        let message = bot.message("20");
        assert!(timeout(Duration::from_millis(500), bot.show(&app, &message)).await.is_err());
        seconds(4.6).await;
        let first = bot.show(&app, &message).await.expect("an answer");
        assert_eq!((first.content.as_str(), first.is_finished), (whole(5).as_str(), false));
        let again = bot.show(&app, &message).await.expect("an answer");
        assert_eq!(again, first);
        let shown = bot.watch(&app, &message).await;
        assert_eq!((last(&shown).content.as_str(), &last(&shown).id), (whole(20).as_str(), &first.id));
        assert_eq!(bot.show(&app, &message).await.as_ref(), Some(last(&shown)));
        assert_eq!(calls.count(), 1);
    });
}

#[test]
fn an_id_that_nobody_knows_is_given_up_after_a_lease_and_one_that_is_none_at_once() {
    with_each(async |stage, bot| {
        let (before, _) = app(&stage, &bot).await;
        let id = bot.show(&before, &bot.message("3")).await.expect("an answer").id;
        // The process was started again.
        let (app, calls) = app(&stage, &bot).await;
        for _ in 0..4 {
            assert_eq!(bot.show(&app, &bot.refresh(&id)).await, None);
            seconds(1.0).await;
        }
        for id in [id, "0".repeat(40), "x".to_owned()] {
            let shown = bot.show(&app, &bot.refresh(&id)).await.expect("the end");
            assert!(shown.is_finished && shown.id == id && !shown.content.is_empty(), "{shown:?}");
        }
        assert_eq!(calls.count(), 0);
    });
}

#[test]
fn while_the_store_cannot_be_asked_a_refresh_is_answered_with_nothing_and_a_message_with_an_id() {
    with_each(async |stage, bot| {
        let (app, _) = speaker(stage.middleware_of(bot.callback()).store(Broken::new("progress"))).await;
        let first = bot.show(&app, &bot.message("20")).await.expect("an answer");
        assert_eq!((first.content.as_str(), first.is_finished), ("", false));
        for _ in 0..6 {
            assert_eq!(bot.show(&app, &bot.refresh(&first.id)).await, None);
            seconds(1.0).await;
        }
    });
}

#[test]
fn a_reply_that_does_not_stream_is_finished_at_once_or_when_it_is_there() {
    with_each(async |stage, bot| {
        for (time, answers) in [(0.0, 1), (3.0, 1), (20.0, 2), (100.0, 2)] {
            let handler = move |_: Message| async move {
                seconds(time).await;
                TextReply::new("好")
            };
            let app = stage.middleware_of(bot.callback()).around(handler).await;
            let shown = bot.watch(&app, &bot.message("想")).await;
            assert_eq!(shown.len(), answers, "{shown:?}");
            assert_eq!((last(&shown).content.as_str(), last(&shown).is_finished), ("好", true));
            assert!(shown.last().expect("the end").0 <= time + 1.5);
        }
    });
}

#[test]
fn nothing_is_an_empty_body_and_ends_what_was_begun() {
    with_each(async |stage, bot| {
        for time in [0.0, 20.0] {
            let handler = move |_: Message| async move {
                seconds(time).await;
                Reply::none()
            };
            let app = stage.middleware_of(bot.callback()).around(handler).await;
            if time == 0.0 {
                assert_eq!(bot.ask(&app, &bot.message("想")).await, None);
            } else {
                let shown = bot.watch(&app, &bot.message("想")).await;
                assert!(last(&shown).is_finished, "{shown:?}");
            }
        }
    });
}

#[test]
fn what_failed_says_what_failures_say_and_what_broke_off_what_it_said() {
    hush();
    with_each(async |stage, bot| {
        let handler = |message: Message| async move {
            let starts_well = message.text() != Some("坏");
            StreamReply::from_fn(move |out| async move {
                if starts_well {
                    out.push("开头。").await;
                }
                seconds(5.0).await;
                Err::<(), _>(HandlerError::from("out of ink"))
            })
        };
        let middleware = stage.middleware_of(bot.callback()).on_error(TextReply::new("出错了"));
        let app = middleware.around(handler).await;
        for (text, end) in [("好", "开头。"), ("坏", "出错了")] {
            let log = logged(async {
                let shown = bot.watch(&app, &bot.message(text)).await;
                assert_eq!((last(&shown).content.as_str(), last(&shown).is_finished), (end, true));
            });
            assert!(log.await.contains("out of ink"));
        }
    });
}

#[test]
fn a_bubble_holds_20_480_bytes_and_says_that_there_was_more() {
    with_each(async |stage, bot| {
        let text = "好".repeat(8_000);
        let said = text.clone();
        let handler = move |_: Message| {
            let said = said.clone();
            async move {
                StreamReply::from_fn(|out| async move {
                    seconds(2.0).await;
                    out.push(said).await;
                    seconds(5.0).await;
                })
            }
        };
        let app = stage.middleware_of(bot.callback()).around(handler).await;
        let log = logged(async {
            let shown = bot.watch(&app, &bot.message("说")).await;
            for (_, shown) in shown.iter().filter(|(_, shown)| !shown.content.is_empty()) {
                let part = shown.content.strip_suffix("……").expect("there was more");
                assert!(
                    shown.content.len() > 20_400 && shown.content.len() <= 20_480 && text.starts_with(part)
                );
            }
            assert!(last(&shown).is_finished);
        });
        assert!(log.await.contains("too long for one answer"));
    });
}

#[test]
fn what_cannot_stand_beside_a_text_does_not_take_it_along() {
    with_each(async |stage, bot| {
        let handler = |_: Message| async { speak(3).image(StreamImage::new(b"no image".to_vec())) };
        let app =
            stage.middleware_of(bot.callback()).on_error(TextReply::new("出错了")).around(handler).await;
        let log = logged(async {
            let shown = bot.watch(&app, &bot.message("画")).await;
            assert_eq!((last(&shown).content.as_str(), last(&shown).is_finished), (whole(3).as_str(), true));
        });
        assert!(log.await.contains("what stands beside the reply is left out"));
    });
}

#[test]
fn a_card_needs_no_text() {
    with_each(async |stage, bot| {
        let handler = |_: Message| async {
            let card = TemplateCard::text_notice().main_title(Heading::new("静夜思"));
            speak(0).card(card)
        };
        let app = stage.middleware_of(bot.callback()).around(handler).await;
        let answer = bot.ask(&app, &bot.message("画")).await.expect("an answer");
        assert_eq!(answer["template_card"]["main_title"]["title"], "静夜思");
    });
}

/// Nothing follows what a handler returned.
#[test]
fn a_content_that_is_not_finished_is_finished_at_the_first_refresh() {
    with_each(async |stage, bot| {
        let handler = |_: Message| async { Reply::from(StreamContent::growing("床前")) };
        let app = stage.middleware_of(bot.callback()).around(handler).await;
        let shown = bot.watch(&app, &bot.message("画")).await;
        let finished: Vec<_> =
            shown.iter().map(|(_, shown)| (shown.content.as_str(), shown.is_finished)).collect();
        assert_eq!(finished, [("床前", false), ("床前", true)]);
    });
}

#[test]
fn a_feedback_id_that_is_too_long_does_not_take_the_text_along() {
    with_each(async |stage, bot| {
        let handler = |_: Message| async { speak(3).feedback_id("x".repeat(257)) };
        let app = stage.middleware_of(bot.callback()).around(handler).await;
        let log = logged(async {
            let shown = bot.watch(&app, &bot.message("说")).await;
            assert_eq!((last(&shown).content.as_str(), last(&shown).is_finished), (whole(3).as_str(), true));
            assert!(shown.iter().all(|(_, shown)| shown.feedback_id.is_none()));
        });
        assert!(log.await.contains("the reply cannot be rated"));
    });
}

#[test]
fn a_card_and_an_image_stand_below_the_text_when_it_is_finished() {
    with_each(async |stage, bot| {
        let handler = |_: Message| async {
            let card = TemplateCard::text_notice().main_title(Heading::new("静夜思"));
            speak(3).card(card).image(StreamImage::new(b"\xff\xd8\xff\xe0".to_vec()))
        };
        let app = stage.middleware_of(bot.callback()).around(handler).await;
        let first = bot.ask(&app, &bot.message("画")).await.expect("an answer");
        assert_eq!((&first["msgtype"], first["template_card"].is_null()), (&json!("stream"), true));
        seconds(3.0).await;
        let id = first["stream"]["id"].as_str().expect("an id");
        let end = bot.ask(&app, &bot.refresh(id)).await.expect("the end");
        assert_eq!(end["msgtype"], "stream_with_template_card");
        assert_eq!(end["template_card"]["main_title"]["title"], "静夜思");
        assert_eq!(end["stream"]["msg_item"][0]["msgtype"], "image");
        assert_eq!((&end["stream"]["content"], &end["stream"]["finish"]), (&json!(whole(3)), &json!(true)));
    });
}

#[test]
fn markdown_is_shown_as_it_is() {
    with_each(async |stage, bot| {
        let handler = |_: Message| async {
            StreamReply::from_fn(|out| async move {
                out.push("# 春晓\n\n春眠**不觉**晓，1 < 2 &lt;").await;
            })
            .markdown()
        };
        let app = stage.middleware_of(bot.callback()).around(handler).await;
        let shown = bot.watch(&app, &bot.message("说")).await;
        assert_eq!(last(&shown).content, "# 春晓\n\n春眠**不觉**晓，1 < 2 &lt;");
    });
}

#[test]
fn a_feedback_id_is_in_every_answer() {
    with_each(async |stage, bot| {
        let handler = |_: Message| async { speak(3).feedback_id("answer-42") };
        let app = stage.middleware_of(bot.callback()).around(handler).await;
        let shown = bot.watch(&app, &bot.message("说")).await;
        assert!(shown.len() > 2);
        assert!(
            shown.iter().all(|(_, shown)| shown.feedback_id.as_deref() == Some("answer-42")),
            "{shown:?}"
        );
    });
}

/// The word is a text like any other, and texts have no parts.
#[test]
fn the_policy_for_late_replies_of_an_official_account_changes_nothing() {
    with_each(async |stage, bot| {
        let word = FetchWord::new("继续", TextReply::new("还在想"));
        let (app, calls) =
            speaker(stage.middleware_of(bot.callback()).late_reply(LateReply::Fetch(word))).await;
        let shown = bot.watch(&app, &bot.message("300")).await;
        assert_eq!((last(&shown).content.as_str(), last(&shown).is_finished), (whole(300).as_str(), true));
        assert!(whole(300).len() > 2048);
        bot.ask(&app, &bot.message("继续")).await;
        assert_eq!(calls.count(), 2);
    });
}

#[test]
fn who_enters_the_chat_is_told_in_time_what_there_is_by_then() {
    with_each(async |stage, bot| {
        for (time, text) in [(2, whole(2)), (20, whole(3) + "……")] {
            let app = stage
                .middleware_of(bot.callback())
                .around(move |_: Message| async move { speak(time) })
                .await;
            let answer = bot.ask(&app, &bot.event("enter_chat", json!({}))).await.expect("an answer");
            assert_eq!(answer, json!({"msgtype": "text", "text": {"content": text}}));
        }
    });
}

#[test]
fn a_shutdown_ends_no_bubble_that_is_finished_in_time() {
    with_each(async |stage, bot| {
        let middleware = stage.middleware_of(bot.callback());
        let (app, _) = speaker(middleware.clone()).await;
        let first = bot.show(&app, &bot.message("7")).await.expect("an answer");
        let (left, shown) = tokio::join!(middleware.drain(), async {
            seconds(2.0).await;
            bot.show(&app, &bot.refresh(&first.id)).await
        });
        assert_eq!((left, shown.map(|shown| shown.is_finished)), (0, Some(false)));
        let end = bot.show(&app, &bot.refresh(&first.id)).await.expect("the end");
        assert_eq!((end.content.as_str(), end.is_finished), (whole(7).as_str(), true));
    });
}

#[test]
fn a_thousand_bubbles_grow_at_once_and_no_task_is_left() {
    with_each(async |stage, bot| {
        let (app, calls) = app(&stage, &bot).await;
        let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        let before = alive();
        // One of them is enough to know what a thousand leave behind.
        let count = if stage.adapter == Adapter::Engine { 1_000 } else { 100 };
        let messages: Vec<_> = (0..count).map(|_| bot.message("10")).collect();
        let watched = messages.iter().map(|message| bot.watch(&app, message));
        for shown in futures_util::future::join_all(watched).await {
            assert_eq!((last(&shown).content.as_str(), last(&shown).is_finished), (whole(10).as_str(), true));
        }
        seconds(1.0).await;
        assert_eq!((calls.count(), alive()), (count, before));
    });
}

/// A language model that says a hundred thousand characters, one by one, and never waits.
#[test]
fn who_never_waits_lets_others_answer() {
    with_each(async |stage, bot| {
        let handler = |_: Message| async {
            StreamReply::from_fn(|out| async move {
                for _ in 0..100_000 {
                    out.push("x").await;
                }
            })
        };
        let app = stage.middleware_of(bot.callback()).around(handler).await;
        let shown = bot.watch(&app, &bot.message("说")).await;
        assert!(last(&shown).is_finished && last(&shown).content.len() <= 20_480);
    });
}
