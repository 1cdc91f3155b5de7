//! A signature of plain mode covers no body, so it is bound to the first that it came with.

use crate::support;

use support::deliveries::{Heard, Nothing, Refused, Retry, Slow, everywhere, on_both, says, seconds};
use support::{Push, now, text};
use wechat_callback::SecurityMode::{Compatible, Plain, Safe};
use wechat_callback::delivery::MemoryStore;

#[test]
fn a_signature_with_another_body_is_refused_and_with_the_same_body_a_retry() {
    on_both(Plain, async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().around(slow.handler()).await;
        let first = stage.wechat.push(&text("7 好"));
        let other = Push { body: text("7 坏").into_bytes(), ..first.clone() };
        assert_eq!(app.deliver_once(first.clone()).await, Nothing);
        assert_eq!(app.deliver_once(other.clone()).await, Refused(403));
        assert_eq!(app.deliver_once(first).await, says("好"));
        assert_eq!(app.deliver_once(other).await, Refused(403));
        assert_eq!(slow.begun(), ["7 好"]);
    });
}

/// Whoever sees the console's verification would otherwise have a signature for one message of their own.
#[test]
fn the_signature_of_a_verification_opens_no_push() {
    on_both(Plain, async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().around(slow.handler()).await;
        let query = stage.wechat.verification("4375120948345356249");
        assert_eq!(app.verify(&query).await, (200, "4375120948345356249".to_owned()));
        // The console may ask again.
        assert_eq!(app.verify(&query).await, (200, "4375120948345356249".to_owned()));
        let forged = Push { query: query.clone(), body: text("坏").into_bytes() };
        assert_eq!(app.deliver_once(forged.clone()).await, Refused(403));
        seconds(299.0).await;
        assert_eq!(app.deliver_once(forged).await, Refused(403));
        assert!(slow.begun().is_empty());
        assert_eq!(app.deliver_once(stage.wechat.push(&text("好"))).await, says(">好"));
    });
}

/// Inside the window none is forgotten: a signature that could be used again is worth more than an answer.
#[test]
fn at_capacity_a_new_signature_is_503_and_an_old_one_stays_bound() {
    on_both(Plain, async |stage| {
        let slow = Slow::default();
        let store = MemoryStore::new().signatures(2);
        let app = stage.middleware().store(store).around(slow.handler()).await;
        let first = stage.wechat.push(&text("一"));
        assert_eq!(app.deliver_once(first.clone()).await, says(">一"));
        assert_eq!(app.deliver_once(stage.wechat.push(&text("二"))).await, says(">二"));
        assert_eq!(app.deliver_once(stage.wechat.push(&text("三"))).await, Refused(503));
        let other = Push { body: text("坏").into_bytes(), ..first };
        assert_eq!(app.deliver_once(other).await, Refused(403));
        seconds(303.0).await;
        assert_eq!(app.deliver_once(stage.wechat.push(&text("四"))).await, says(">四"));
        assert_eq!(slow.begun(), ["一", "二", "四"]);
    });
}

/// Not even of one byte that changes nothing of the message.
#[test]
fn another_body_is_another_body_though_it_says_the_same() {
    on_both(Plain, async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().around(slow.handler()).await;
        let first = stage.wechat.push(&text("好"));
        let mut other = first.clone();
        other.body.push(b'\n');
        assert_eq!(app.deliver_once(first).await, says(">好"));
        assert_eq!(app.deliver_once(other).await, Refused(403));
    });
}

#[test]
fn a_thousand_bodies_at_once_on_one_url_are_one_handler_call() {
    on_both(Plain, async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().around(slow.handler()).await;
        let query = stage.wechat.signed_query(now(), "1514711492");
        let pushes = (0..1000)
            .map(|number| Push { query: query.clone(), body: text(&format!("1 {number}")).into_bytes() });
        let heard = futures_util::future::join_all(pushes.map(|push| app.deliver_once(push))).await;
        assert_eq!(heard.iter().filter(|heard| **heard == Refused(403)).count(), 999);
        assert_eq!(heard.iter().filter(|heard| matches!(heard, Heard::Text(_))).count(), 1);
        assert_eq!(slow.begun().len(), 1);
    });
}

/// Whoever has a URL may post their own body there before WeChat's own retry.
#[test]
fn a_signature_belongs_to_the_first_body_however_old_its_push_is() {
    on_both(Plain, async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().around(slow.handler()).await;
        let first = stage.wechat.push(&text("好"));
        assert_eq!(app.deliver_once(first.clone()).await, says(">好"));
        // The outcome is forgotten by now, the signature fresh.
        seconds(120.0).await;
        let other = Push { body: text("坏").into_bytes(), ..first };
        assert_eq!(app.deliver_once(other).await, Refused(403));
        assert_eq!(slow.begun(), ["好"]);
    });
}

#[test]
fn a_retry_with_another_time_nonce_and_ciphertext_joins() {
    everywhere(async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().around(slow.handler()).await;
        let pushes = stage.wechat.deliveries(&text("12 好"), Retry::Fresh);
        assert_ne!(pushes[0].query, pushes[1].query);
        if stage.wechat.mode == Safe {
            assert_ne!(pushes[0].body, pushes[1].body);
        }
        let deliveries = app.deliver(pushes).await;
        assert_eq!(deliveries, [(5.0, Nothing), (10.0, Nothing), (12.0, says("好"))]);
        assert_eq!(slow.begun().len(), 1);
    });
}

/// There `msg_signature` covers the body.
#[test]
fn in_the_encrypted_modes_a_signature_is_not_bound() {
    for mode in [Compatible, Safe] {
        on_both(mode, async |stage| {
            let slow = Slow::default();
            let app = stage.middleware().around(slow.handler()).await;
            let at = now();
            for said in ["一", "二"] {
                let push = stage.wechat.push_at(&text(said), at, "1514711492");
                assert_eq!(app.deliver_once(push).await, says(format!(">{said}")));
            }
            assert_eq!(slow.begun(), ["一", "二"]);
        });
    }
}

#[test]
fn run_again_a_signature_is_bound_too() {
    on_both(Plain, async |stage| {
        let slow = Slow::default();
        let app = stage.middleware().run_again().around(slow.handler()).await;
        let first = stage.wechat.push(&text("一"));
        let other = Push { body: text("二").into_bytes(), ..first.clone() };
        for _ in 0..2 {
            assert_eq!(app.deliver_once(first.clone()).await, says(">一"));
        }
        assert_eq!(app.deliver_once(other).await, Refused(403));
    });
}
