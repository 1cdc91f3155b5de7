//! Many accounts behind one endpoint.

use crate::support;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::both::Answer;
use support::deliveries::{App, PATIENCE, Slow, Stage, everywhere, on_adapters, seconds};
use support::logs::logged;
use support::{Push, Wechat, assert_text_reply, now, text, text_of};
use tokio::time::timeout;
use wechat_callback::accounts::{AccountRequest, Accounts};
use wechat_callback::delivery::MemoryStore;
use wechat_callback::{Callback, Message, Reply, SecurityMode, TextReply};

/// The `number`th account, with credentials that were changed in the console so many times.
fn account(mode: SecurityMode, number: u32, changes: u32) -> Wechat {
    Wechat {
        app_id: format!("wx{number:016}"),
        token: format!("tokenNumber{number:05}{changes:05}"),
        encoding_aes_key: format!("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3{changes:05}{number:05}"),
        mode,
    }
}

/// A table of so many accounts, and a middleware around it.
fn table(stage: &Stage, accounts: u32) -> (Accounts, Vec<Wechat>) {
    let table = Accounts::by_parameter("account").expect("the owner's own");
    let accounts: Vec<_> = (0..accounts).map(|number| account(stage.wechat.mode, number, 0)).collect();
    for wechat in &accounts {
        assert!(table.insert(&wechat.app_id, wechat.callback()).is_none());
    }
    (table, accounts)
}

/// To the URL of the account `key`.
fn to(key: &str, Push { query, body }: Push) -> Push {
    Push { query: format!("account={key}&{query}"), body }
}

fn push(wechat: &Wechat, xml: &str) -> Push {
    to(&wechat.app_id, wechat.push(xml))
}

/// What the account's user reads.
fn said(wechat: &Wechat, answer: &Answer) -> String {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/xml; charset=utf-8")));
    let reply = wechat.read(&answer.body);
    text_of(&roxmltree::Document::parse(&reply).expect("well-formed"), "Content")
}

/// Says which account it answers.
async fn name(message: Message) -> Reply {
    let account = message.account().expect("it came through a callback");
    TextReply::new(format!("{account}：{}", message.text().unwrap_or_default())).into()
}

async fn status(app: &App, push: Push) -> u16 {
    app.send(push).await.status
}

#[test]
fn each_account_is_answered_by_its_own_and_its_url_is_verified() {
    everywhere(async |stage| {
        let (table, accounts) = table(&stage, 3);
        let app = stage.middleware_of(table).around(name).await;
        for wechat in &accounts {
            let answer = app.send(push(wechat, &text("你好"))).await;
            assert_eq!(said(wechat, &answer), format!("{}：你好", wechat.app_id));
            let query = format!("account={}&{}", wechat.app_id, wechat.verification("4375120948345356249"));
            assert_eq!(app.verify(&query).await, (200, "4375120948345356249".to_owned()));
        }
        let query = format!("account={}&{}", accounts[0].app_id, accounts[1].verification("1"));
        assert_eq!(app.verify(&query).await, (403, String::new()));
    });
}

#[test]
fn two_accounts_with_the_same_message_do_not_meet() {
    everywhere(async |stage| {
        let ((table, accounts), slow) = (table(&stage, 2), Slow::default());
        let app = stage.middleware_of(table).around(slow.handler()).await;
        let xml = text("1 好");
        let [one, other] = [0, 1].map(|at| app.send(push(&accounts[at], &xml)));
        let (one, other) = tokio::join!(one, other);
        assert_eq!([said(&accounts[0], &one), said(&accounts[1], &other)], ["好", "好"]);
        assert_eq!(slow.begun(), ["1 好", "1 好"]);
    });
}

#[test]
fn a_push_to_one_account_at_the_url_of_another_is_refused() {
    everywhere(async |stage| {
        let ((table, accounts), slow) = (table(&stage, 2), Slow::default());
        let app = stage.middleware_of(table).around(slow.handler()).await;
        let [one, other] = [&accounts[0], &accounts[1]];
        assert_eq!(status(&app, to(&other.app_id, one.push(&text("x")))).await, 403);
        // With the same Token and the same key the AppID in the frame tells them apart, and nothing does in plain mode.
        let twin = Wechat { app_id: one.app_id.clone(), ..other.clone() };
        if stage.wechat.mode != SecurityMode::Plain {
            assert_eq!(status(&app, to(&other.app_id, twin.push(&text("x")))).await, 403);
        }
        assert_eq!(slow.begun(), [""; 0]);
    });
}

#[test]
fn an_unknown_account_is_404_and_logged_ten_times_a_minute() {
    everywhere(async |stage| {
        let (table, accounts) = table(&stage, 1);
        let app = stage.middleware_of(table).around(Slow::default().handler()).await;
        let log = logged(async {
            for number in 0..30 {
                let unknown = to(&format!("wx9{number}"), accounts[0].push(&text("x")));
                assert_eq!(status(&app, unknown).await, 404);
            }
            let query = format!("account=wx9&{}", accounts[0].verification("1"));
            assert_eq!(app.verify(&query).await, (404, String::new()));
            let Push { query, body } = accounts[0].push(&text("x"));
            let doubled = format!("account={id}&account={id}&{query}", id = accounts[0].app_id);
            for query in [query, doubled] {
                assert_eq!(status(&app, Push { query, body: body.clone() }).await, 404);
            }
            // What is not WeChat's query is refused as such.
            assert_eq!(status(&app, to("wx9", Push { query: "id=1".to_owned(), body })).await, 400);
        });
        let log = log.await;
        let lines: Vec<_> = log.lines().filter(|line| line.contains("WARN")).collect();
        assert_eq!(lines.len(), 10, "{log}");
        assert!(lines.iter().all(|line| line.contains("no account is known for this URL")), "{log}");
        assert!(lines[0].contains(r#"path="/weixin""#) && lines[0].contains("status=404"), "{log}");
    });
}

#[test]
fn a_removed_account_is_404_at_once_and_its_handler_ends() {
    everywhere(async |stage| {
        let ((table, accounts), slow) = (table(&stage, 2), Slow::default());
        let middleware = stage.middleware_of(table.clone());
        let app = middleware.around(slow.handler()).await;
        let slowly = push(&accounts[0], &text("7 好"));
        assert!(timeout(PATIENCE, app.send(slowly.clone())).await.is_err());
        assert!(table.remove(&accounts[0].app_id).is_some());
        assert!(table.remove(&accounts[0].app_id).is_none());
        assert_eq!(status(&app, slowly).await, 404);
        assert_eq!(said(&accounts[1], &app.send(push(&accounts[1], &text("x"))).await), ">x");
        assert_eq!(middleware.drain().await, 0);
        assert_eq!(slow.ended(), ["x", "7 好"]);
    });
}

#[test]
fn replaced_credentials_go_on_for_ten_minutes_and_no_longer() {
    everywhere(async |stage| {
        let ((table, accounts), mode) = (table(&stage, 1), stage.wechat.mode);
        let app = stage.middleware_of(table.clone()).around(name).await;
        let (old, new) = (&accounts[0], account(mode, 0, 1));
        assert_eq!(status(&app, push(&new, &text("x"))).await, 403);
        assert!(table.replace(&old.app_id, new.callback()).is_some());
        for wechat in [old, &new] {
            let answer = app.send(push(wechat, &text("x"))).await;
            assert_eq!(said(wechat, &answer), format!("{}：x", old.app_id));
        }
        seconds(599.0).await;
        assert_eq!(status(&app, push(old, &text("x"))).await, 200);
        seconds(1.0).await;
        assert_eq!(status(&app, push(old, &text("x"))).await, 403);
        assert_eq!(status(&app, push(&new, &text("x"))).await, 200);
        // Put in its place, the credentials before end at once.
        table.insert(&old.app_id, old.callback());
        assert_eq!(status(&app, push(&new, &text("x"))).await, 403);
        assert_eq!((status(&app, push(old, &text("x"))).await, table.len()), (200, 1));
    });
}

/// Whoever loads all accounts once a minute sets what is there already.
#[test]
fn setting_the_same_credentials_again_neither_cuts_the_overlap_short_nor_prolongs_it() {
    everywhere(async |stage| {
        let ((table, accounts), mode) = (table(&stage, 1), stage.wechat.mode);
        let app = stage.middleware_of(table.clone()).around(name).await;
        let (old, new) = (&accounts[0], account(mode, 0, 1));
        for _ in 0..10 {
            table.replace(&old.app_id, new.callback());
            assert_eq!(status(&app, push(old, &text("x"))).await, 200);
            seconds(59.9).await;
        }
        seconds(1.0).await;
        for _ in 0..2 {
            assert_eq!(status(&app, push(old, &text("x"))).await, 403);
            assert_eq!(status(&app, push(&new, &text("x"))).await, 200);
            table.replace(&old.app_id, new.callback());
        }
    });
}

#[test]
fn the_token_may_be_changed_first_and_the_key_then() {
    everywhere(async |stage| {
        let ((table, accounts), mode) = (table(&stage, 1), stage.wechat.mode);
        let app = stage.middleware_of(table.clone()).around(name).await;
        let (old, new) = (&accounts[0], account(mode, 0, 1));
        let between = Wechat { token: new.token.clone(), ..old.clone() };
        table.replace(&old.app_id, between.callback());
        table.replace(&old.app_id, new.callback());
        for wechat in [old, &between, &new] {
            assert_eq!(status(&app, push(wechat, &text("x"))).await, 200);
        }
        seconds(600.0).await;
        assert_eq!(status(&app, push(old, &text("x"))).await, 403);
        assert_eq!(status(&app, push(&new, &text("x"))).await, 200);
    });
}

#[test]
fn the_credentials_of_another_account_do_not_go_on() {
    everywhere(async |stage| {
        let (table, accounts) = table(&stage, 1);
        let app = stage.middleware_of(table.clone()).around(name).await;
        let other = account(stage.wechat.mode, 7, 0);
        table.replace(&accounts[0].app_id, other.callback());
        assert_eq!(status(&app, push(&accounts[0], &text("x"))).await, 403);
        assert_eq!(status(&app, to(&accounts[0].app_id, other.push(&text("x")))).await, 200);
    });
}

#[test]
fn draining_one_middleware_waits_for_the_handlers_of_all_accounts_of_all_of_them() {
    everywhere(async |stage| {
        let ((table, accounts), slow) = (table(&stage, 3), Slow::default());
        let [one, other] = [(); 2].map(|()| stage.middleware_of(table.clone()));
        let app = other.around(slow.handler()).await;
        for wechat in &accounts {
            assert!(timeout(Duration::from_secs(1), app.send(push(wechat, &text("7 好")))).await.is_err());
        }
        assert_eq!((one.drain().await, slow.ended().len()), (0, 3));
        assert_eq!(status(&app, push(&accounts[0], &text("x"))).await, 503);
    });
}

#[test]
fn middlewares_of_one_table_answer_as_one() {
    everywhere(async |stage| {
        let ((table, accounts), slow) = (table(&stage, 1), Slow::default());
        let push = push(&accounts[0], &text("x"));
        for _ in 0..2 {
            let app = stage.middleware_of(table.clone()).around(slow.handler()).await;
            assert_eq!(said(&accounts[0], &app.send(push.clone()).await), ">x");
        }
        assert_eq!(slow.begun(), ["x"]);
    });
}

/// A ninth of all places stays free.
#[test]
fn an_account_that_is_flooded_leaves_room_for_the_others() {
    everywhere(async |stage| {
        let ((table, accounts), slow) = (table(&stage, 2), Slow::default());
        let middleware = stage.middleware_of(table).store(MemoryStore::new().capacity(18));
        let app = middleware.around(slow.handler()).await;
        let hanging = || push(&accounts[0], &text("60 好"));
        let first = hanging();
        assert!(timeout(Duration::from_secs(1), app.send(first.clone())).await.is_err());
        for _ in 1..16 {
            assert!(timeout(Duration::from_secs(1), app.send(hanging())).await.is_err());
        }
        assert_eq!(status(&app, hanging()).await, 503);
        // Its other deliveries are none of their own.
        assert!(timeout(Duration::from_secs(1), app.send(first)).await.is_err());
        assert_eq!(said(&accounts[1], &app.send(push(&accounts[1], &text("x"))).await), ">x");
        seconds(60.0).await;
        assert_eq!(said(&accounts[0], &app.send(push(&accounts[0], &text("x"))).await), ">x");
    });
}

/// It is the flooded account's own that are forgotten.
#[test]
fn a_flood_of_one_account_does_not_make_a_retry_of_another_run_again() {
    everywhere(async |stage| {
        let ((table, accounts), slow) = (table(&stage, 2), Slow::default());
        let middleware = stage.middleware_of(table).store(MemoryStore::new().capacity(100));
        let app = middleware.around(slow.handler()).await;
        let first = push(&accounts[1], &text("x"));
        assert_eq!(said(&accounts[1], &app.send(first.clone()).await), ">x");
        for _ in 0..300 {
            assert_eq!(status(&app, push(&accounts[0], &text("y"))).await, 200);
        }
        assert_eq!(said(&accounts[1], &app.send(first).await), ">x");
        assert_eq!(slow.begun().iter().filter(|text| *text == "x").count(), 1);
    });
}

#[test]
fn a_single_account_may_take_all_room() {
    everywhere(async |stage| {
        let store = MemoryStore::new().capacity(4);
        let app = stage.middleware().store(store).around(Slow::default().handler()).await;
        for expected in [None, None, None, None, Some(503)] {
            let answer = timeout(Duration::from_secs(1), app.send(stage.wechat.push(&text("60 好")))).await;
            assert_eq!(answer.ok().map(|answer| answer.status), expected);
        }
    });
}

#[test]
fn a_closure_finds_the_account_by_what_the_envelope_says() {
    everywhere(async |stage| {
        let callback = stage.wechat.callback();
        let by_receiver = move |request: &AccountRequest<'_>| {
            let envelope = request.envelope()?;
            (envelope.to_user_name() == Some("gh_1ea4fc76af61")).then(|| callback.clone())
        };
        let app = stage.middleware_of(by_receiver).around(name).await;
        let answer = app.send(stage.wechat.push(&text("x"))).await;
        assert_eq!(said(&stage.wechat, &answer), format!("{}：x", stage.wechat.app_id));
        let other = stage.wechat.push(&text("x").replace("gh_1ea4fc76af61", "gh_other"));
        let body = String::from_utf8(other.body).expect("UTF-8").replace("gh_1ea4fc76af61", "gh_other");
        assert_eq!(status(&app, Push { query: other.query, body: body.into_bytes() }).await, 404);
        // A GET has no envelope.
        assert_eq!(app.verify(&stage.wechat.verification("1")).await.0, 404);
    });
}

#[test]
fn a_look_up_that_panics_is_404_and_logged() {
    everywhere(async |stage| {
        let panics = |_: &AccountRequest<'_>| -> Option<Callback> { panic!("the map is gone") };
        let app = stage.middleware_of(panics).around(name).await;
        let log = logged(async {
            assert_eq!(status(&app, stage.wechat.push(&text("x"))).await, 404);
        });
        let log = log.await;
        assert!(log.contains("ERROR") && log.contains("the map is gone"), "{log}");
    });
}

/// An open platform has one Token and one key for all accounts that authorised it.
#[test]
fn on_behalf_of_two_accounts_the_same_message_is_two() {
    everywhere(async |stage| {
        let (platform, slow) = (stage.wechat.callback(), Arc::new(Mutex::new(Vec::new())));
        let lookup =
            move |request: &AccountRequest<'_>| Some(platform.on_behalf_of(&*request.parameter("account")?));
        let heard = slow.clone();
        let handler = move |message: Message| {
            heard.lock().expect("not poisoned").push(message.account().expect("an account").to_string());
            name(message)
        };
        let app = stage.middleware_of(lookup).around(handler).await;
        let one = text("x");
        let other = one.replace("gh_1ea4fc76af61", "gh_other");
        for (account, xml) in [("wx1", &one), ("wx2", &other)] {
            let pushed = stage.wechat.push(xml);
            for _ in 0..2 {
                let answer = app.send(to(account, pushed.clone())).await;
                assert_eq!(said(&stage.wechat, &answer), format!("{account}：x"));
            }
        }
        assert_eq!(*slow.lock().expect("not poisoned"), ["wx1", "wx2"]);
    });
}

/// The URL is not signed. Otherwise one push that was caught would run the handler any number of times, and take all places
/// of the store, each time as another account.
#[test]
fn on_behalf_of_others_a_push_sent_again_to_another_url_is_the_same_push() {
    everywhere(async |stage| {
        let (platform, slow) = (stage.wechat.callback(), Slow::default());
        let lookup =
            move |request: &AccountRequest<'_>| Some(platform.on_behalf_of(&*request.parameter("account")?));
        let app = stage.middleware_of(lookup).around(slow.handler()).await;
        let pushed = stage.wechat.push(&text("x"));
        for account in ["wx1", "wx2", "wx3"] {
            assert_eq!(said(&stage.wechat, &app.send(to(account, pushed.clone())).await), ">x");
        }
        assert_eq!(slow.begun(), ["x"]);
    });
}

/// What the console says now: how often the credentials of each account were changed.
type Console = Arc<Vec<AtomicU32>>;

/// Changes the credentials of one account after another, first here and then in the console.
fn change(table: &Accounts, console: &Console, mode: SecurityMode, is_over: &AtomicBool) -> u32 {
    let mut swaps = 0;
    while !is_over.load(Ordering::Relaxed) {
        let number = swaps % console.len() as u32;
        let changes = &console[number as usize];
        let next = account(mode, number, changes.load(Ordering::Relaxed) + 1);
        table.replace(&next.app_id, next.callback()).expect("it was there");
        changes.fetch_add(1, Ordering::Release);
        swaps += 1;
        std::thread::sleep(Duration::from_micros(500));
    }
    swaps
}

#[test]
fn a_thousand_accounts_are_each_answered_while_their_credentials_are_swapped() {
    on_adapters(async |stage| {
        const PUSHES: u32 = 3_000;
        let ((table, accounts), mode) = (table(&stage, 1_000), stage.wechat.mode);
        let app = stage.middleware_of(table.clone()).around(name).await;
        let console: Console = Arc::new((0..1_000).map(|_| AtomicU32::new(0)).collect());
        let is_over = Arc::new(AtomicBool::new(false));
        let changing = std::thread::spawn({
            let (table, console, is_over) = (table.clone(), console.clone(), is_over.clone());
            move || change(&table, &console, mode, &is_over)
        });
        let mut random = 1_u32;
        for _ in 0..PUSHES {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let number = (random >> 8) % 1_000;
            let changes = console[number as usize].load(Ordering::Acquire);
            let wechat = account(mode, number, changes);
            let answer = app.send(push(&wechat, &text("你好"))).await;
            assert_text_reply(&wechat.read(&answer.body), &format!("{}：你好", wechat.app_id));
        }
        is_over.store(true, Ordering::Relaxed);
        let swaps = changing.join().expect("no panic");
        assert!(swaps > 100, "{swaps}");
        assert_eq!((table.len(), accounts.len()), (1_000, 1_000));
    });
}

/// The timestamp tolerance, the mode and the rest are each account's own.
#[test]
fn accounts_of_one_table_may_have_different_modes() {
    everywhere(async |stage| {
        let (table, _) = table(&stage, 0);
        let accounts: Vec<_> =
            (0..).zip(support::MODES).map(|(number, mode)| account(mode, number, 0)).collect();
        for wechat in &accounts {
            table.insert(&wechat.app_id, wechat.callback());
        }
        let app = stage.middleware_of(table).around(name).await;
        for wechat in &accounts {
            let answer = app.send(push(wechat, &text("x"))).await;
            assert_eq!(said(wechat, &answer), format!("{}：x", wechat.app_id));
            let stale = wechat.push_at(&text("x"), now() - 1000, "1");
            assert_eq!(status(&app, to(&wechat.app_id, stale)).await, 403);
        }
    });
}

/// An id out of the URL is whatever the sender wants it to be.
#[test]
fn no_account_begins_a_line_of_the_log() {
    everywhere(async |stage| {
        let platform = stage.wechat.callback();
        let lookup = move |request: &AccountRequest<'_>| {
            let id = request.parameter("account")?;
            assert!(!id.contains("panic"), "no {id}");
            (!id.contains("unknown")).then(|| platform.on_behalf_of(&*id))
        };
        let app = stage.middleware_of(lookup).around(|_| async { Reply::none() }).await;
        let log = logged(async {
            for (id, expected) in [("wx1", 200), ("unknown", 404), ("panic", 404)] {
                let id = format!("{id}%0A%0Dforged%1B%5B31m%22");
                assert_eq!(status(&app, to(&id, stage.wechat.push(&text("x")))).await, expected);
            }
        });
        let log = log.await;
        assert!(log.contains(r"wx1\n\rforged"), "{log}");
        assert!(
            !log.lines().any(|line| line.starts_with("forged") || line.starts_with("\rforged")),
            "{log:?}"
        );
        assert!(!log.contains("\u{1b}[31m"), "{log:?}");
    });
}

/// Where two accounts have one Token, the signature of plain mode fits both.
#[test]
fn a_plain_push_is_not_taken_again_at_the_url_of_another_account_with_the_same_token() {
    on_adapters(async |stage| {
        let [one, mut other] = [0, 1].map(|number| account(SecurityMode::Plain, number, 0));
        other.token.clone_from(&one.token);
        let table = Accounts::by_parameter("account").expect("the owner's own");
        for wechat in [&one, &other] {
            table.insert(&wechat.app_id, wechat.callback());
        }
        let app = stage.middleware_of(table).around(name).await;
        let push = one.push(&text("你好"));
        assert_eq!(status(&app, to(&one.app_id, push.clone())).await, 200);
        assert_eq!(status(&app, to(&other.app_id, push.clone())).await, 403);
        assert_eq!(status(&app, to(&one.app_id, push)).await, 200);
    });
}
