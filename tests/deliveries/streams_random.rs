//! Whatever is said, whenever it is asked for: every character of a reply that streams arrives once and in order.

use crate::support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use support::deliveries::{Adapter, App, Heard, Retry, Stage, paused, says};
use support::{Wechat, text};
use tokio::time::sleep;
use unicode_segmentation::UnicodeSegmentation;
use wechat_callback::late_reply::{FetchWord, LateReply};
use wechat_callback::{Message, SecurityMode, StreamReply, TextReply};

const NOTICE: &str = "还在想";
const MARK: &str = "\n……【继续】";
const NOTHING_LEFT: &str = "没有了";
/// The longest text that arrives.
const LONGEST: usize = 2047;

/// What is said, and after how long each piece.
type Plan = Vec<(String, Duration)>;

/// After how long the word is written, and whether twice at once.
type Word = (Duration, bool);

fn texts() -> impl Strategy<Value = String> {
    let unit = prop_oneof![
        4 => "[a-z ]{1,30}",
        6 => "[一-龥]{1,60}",
        2 => "[。！？；，]",
        1 => "(\r\n|\n){1,3}",
        2 => "(e[\u{301}\u{308}]{1,3}){1,9}",
        2 => "(👨‍👩‍👧‍👦|👩🏽‍💻|❤️|1️⃣){1,9}",
        2 => "(🇨🇳|🇩🇪|🇯🇵){1,9}",
        1 => "<a href=\"https://example\\.com/[a-z]{1,80}\">[一-龥]{1,9}</a>",
    ];
    proptest::collection::vec(unit, 1..250).prop_map(|units| format!("始{}终", units.concat()))
}

fn pauses() -> impl Strategy<Value = Duration> {
    prop_oneof![8 => Just(0), 4 => 1..400_u64, 1 => 0..9_000_u64].prop_map(Duration::from_millis)
}

/// A text in pieces of any length: they end inside of clusters, links and line breaks, too.
fn plans() -> impl Strategy<Value = Plan> {
    let pieces = proptest::collection::vec((1..40_usize, pauses()), 1..300);
    (texts(), pieces).prop_map(|(text, pieces)| {
        let mut chars = text.chars();
        let mut plan: Plan = pieces
            .into_iter()
            .map(|(length, pause)| (chars.by_ref().take(length).collect(), pause))
            .collect();
        plan.push((chars.collect(), Duration::ZERO));
        plan
    })
}

fn words() -> impl Strategy<Value = Vec<Word>> {
    let wait = prop_oneof![2 => 0..100_u64, 4 => 0..9_000_u64, 1 => 0..90_000_u64];
    proptest::collection::vec((wait.prop_map(Duration::from_millis), any::<bool>()), 0..12)
}

async fn app(stage: &Stage, plan: Plan) -> App {
    let plan = Arc::new(plan);
    let handler = move |message: Message| {
        let (plan, is_asked) = (plan.clone(), message.text() == Some("说"));
        async move {
            StreamReply::from_fn(move |out| async move {
                if !is_asked {
                    return out.push(NOTHING_LEFT).await;
                }
                for (piece, pause) in plan.iter() {
                    sleep(*pause).await;
                    out.push(piece.as_str()).await;
                }
            })
        }
    };
    let word = FetchWord::new("继续", TextReply::new(NOTICE));
    stage.middleware().late_reply(LateReply::Fetch(word)).around(handler).await
}

/// What the user has been told of a text. Where a part would be blank, blanks are left out.
struct Told<'a> {
    whole: &'a str,
    clusters: BTreeSet<usize>,
    at: usize,
}

impl<'a> Told<'a> {
    fn new(whole: &'a str) -> Self {
        let mut clusters: BTreeSet<_> = whole.grapheme_indices(true).map(|(at, _)| at).collect();
        clusters.insert(whole.len());
        Self { whole, clusters, at: 0 }
    }

    fn is_over(&self) -> bool {
        self.whole[self.at..].trim().is_empty()
    }

    /// Where the text goes on behind `part`. `None` where `part` does not come next.
    fn behind(&self, part: &str) -> Option<usize> {
        let rest = &self.whole[self.at..];
        let blanks = rest.len() - rest.trim_start().len();
        let start =
            (0..=blanks).filter(|at| rest.is_char_boundary(*at)).find(|at| rest[*at..].starts_with(part))?;
        Some(self.at + start + part.len())
    }

    /// Of what came at once, each may have come first.
    fn hear(&mut self, heard: Vec<Heard>) {
        let mut parts: Vec<String> = heard.into_iter().filter_map(part).collect();
        while !parts.is_empty() {
            let next = parts.iter().position(|part| self.behind(part).is_some());
            let next = next.unwrap_or_else(|| panic!("next is {:?}, not {parts:?}", &self.whole[self.at..]));
            let part = parts.remove(next);
            self.at = self.behind(&part).expect("it comes next");
            assert!(self.clusters.contains(&self.at), "it ends inside of a character: {part:?}");
            assert_eq!(
                part.matches("<a ").count(),
                part.matches("</a>").count(),
                "links are whole: {part:?}"
            );
        }
    }
}

/// The part of the text that was told, if it was one.
fn part(heard: Heard) -> Option<String> {
    let Heard::Text(told) = heard else { panic!("{heard:?}") };
    assert!(told.len() <= LONGEST, "{}", told.len());
    if [NOTICE, NOTHING_LEFT].contains(&told.as_str()) {
        return None;
    }
    Some(told.strip_suffix(MARK).unwrap_or(&told).to_owned())
}

async fn play(plan: Plan, words: Vec<Word>) {
    let stage = Stage { adapter: Adapter::Engine, wechat: Wechat::new(SecurityMode::Plain) };
    let whole: String = plan.iter().map(|(piece, _)| piece.as_str()).collect();
    // Who reads XML makes one of the two; of a pair that was cut apart it would make two.
    let whole = whole.replace("\r\n", "\n");
    let app = app(&stage, plan).await;
    let mut told = Told::new(&whole);
    let heard = app.deliver(stage.wechat.deliveries(&text("说"), Retry::Same)).await;
    told.hear(vec![heard.last().expect("a delivery").1.clone()]);
    for (wait, is_twice) in words.into_iter().chain([(Duration::from_secs(60), false); 60]) {
        if told.is_over() {
            break;
        }
        sleep(wait).await;
        let one = async || app.tell(&text("继续")).await;
        told.hear(if is_twice {
            <[_; 2]>::from(tokio::join!(one(), one())).into()
        } else {
            vec![one().await]
        });
    }
    assert!(told.is_over(), "never told: {:?}", &whole[told.at..]);
    assert_eq!(app.tell(&text("继续")).await, says(NOTHING_LEFT));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_character_arrives_once_and_in_order_whenever_the_word_is_written(
        plan in plans(),
        words in words(),
    ) {
        paused(play(plan, words));
    }
}
