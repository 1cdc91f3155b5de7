//! One message and its deliveries: a summary for the chat, and the details for the inspector.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::Serialize;

use super::bot_log::{BotLog, Printed};
use super::bubble::Bubble;
use super::draft::Draft;
use crate::deliver::millis;
use crate::xml::Element;
use crate::{
    AccountKind, Conversation, Delivery, Ending, Mode, Progress, Push, Reply, Request, Shown, Signature, Step,
};

/// How much of an answer is kept, in bytes. No reply is nearly as long.
const MAX_BODY: usize = 64 * 1024;

pub(super) struct Record {
    pub(super) id: u64,
    draft: Draft,
    /// The record of the message that this push repeats.
    repeats: Option<u64>,
    at_ms: u64,
    done_at_ms: Option<u64>,
    began: Instant,
    done: Option<Instant>,
    kind: String,
    is_event: bool,
    /// Whether the user sees WeChat's notice if the answer is not accepted.
    has_notice: bool,
    mode: Mode,
    xml: String,
    fields: Vec<(String, String)>,
    command: String,
    signatures: Vec<Signature>,
    deliveries: Vec<Delivery>,
    running: Option<RunningDelivery>,
    shown: Option<Shown>,
    bubble: Option<Bubble>,
    /// How many refreshes there were. Of them only the last delivery is kept.
    refreshes: u32,
    /// What the bot printed meanwhile.
    log: Vec<Printed>,
}

struct RunningDelivery {
    number: u32,
    since: Instant,
    request: Request,
}

impl Record {
    pub(super) fn new(id: u64, draft: Draft, mode: Mode, push: &Push, command: String) -> Self {
        let is_official = matches!(draft.account, AccountKind::Official | AccountKind::Platform);
        Self {
            id,
            draft,
            repeats: None,
            at_ms: now_ms(),
            done_at_ms: None,
            began: Instant::now(),
            done: None,
            kind: push.kind().to_owned(),
            is_event: push.head.event.is_some(),
            has_notice: is_official && !push.head.system,
            mode,
            fields: flat(&push.message),
            xml: push.xml.clone(),
            command,
            signatures: push.signatures.clone(),
            deliveries: Vec::new(),
            running: None,
            shown: None,
            bubble: None,
            refreshes: 0,
            log: Vec::new(),
        }
    }

    pub(super) fn repeating(self, id: u64) -> Self {
        Self { repeats: Some(id), ..self }
    }

    /// What was sent, to send it again.
    pub(super) const fn draft(&self) -> &Draft {
        &self.draft
    }

    /// The message's XML.
    pub(super) fn xml(&self) -> &str {
        &self.xml
    }

    pub(super) fn progress(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Started { number, request } => {
                let request = (*request).clone();
                self.running = Some(RunningDelivery { number: *number, since: Instant::now(), request });
            }
            Progress::Ended(delivery) => {
                let mut delivery = (*delivery).clone();
                if let Ending::Answered { answer } = &mut delivery.ending
                    && answer.body.len() > MAX_BODY
                {
                    answer.body = Bytes::copy_from_slice(answer.body.get(..MAX_BODY).unwrap_or_default());
                    answer.truncated = true;
                    delivery.reading.xml = None;
                }
                self.running = None;
                self.deliveries.push(delivery);
            }
        }
    }

    /// A step of the answer of an AI bot.
    pub(super) fn step(&mut self, step: &Step<'_>) {
        match step {
            Step::Delivery { is_refresh: false, progress } => self.progress(progress),
            Step::Delivery { progress: Progress::Ended(delivery), .. } => self.refreshed(delivery),
            _ => self.bubble = Bubble::after(self.bubble.take(), step),
        }
    }

    /// Keeps the delivery of a refresh in the place of the one before.
    fn refreshed(&mut self, delivery: &Delivery) {
        if self.refreshes > 0 {
            self.deliveries.pop();
        }
        self.refreshes = self.refreshes.saturating_add(1);
        let number = self.deliveries.last().map_or(1, |last| last.number.saturating_add(1));
        let started_ms = millis(self.began.elapsed()).saturating_sub(delivery.took_ms);
        let delivery = Delivery { number, started_ms, ..delivery.clone() };
        self.progress(&Progress::Ended(&delivery));
    }

    /// The answer of an AI bot has grown to its end.
    pub(super) fn conversed(&mut self, conversation: Conversation) {
        if let Some(bubble) = &mut self.bubble {
            bubble.end(conversation.ended);
        }
        let last = conversation.states.last().map(|last| last.state.clone());
        self.done(match last {
            Some(stream) => Shown::Reply { reply: Reply::Stream { stream, card: conversation.card } },
            None => conversation.exchange.shown,
        });
    }

    pub(super) fn done(&mut self, shown: Shown) {
        self.shown = Some(shown);
        self.done_at_ms = Some(now_ms());
        self.done = Some(Instant::now());
    }

    /// Takes its lines out of the log. Those that it has stay, even if the log has forgotten them.
    pub(super) fn collect(&mut self, log: &BotLog) {
        let found = log.of_push(self.began, self.done, &self.kind);
        if found.len() >= self.log.len() {
            self.log = found;
        }
    }

    /// What the fan saw, and after how many deliveries; `None` if it is not done or only repeats the push of another.
    pub(super) fn result(&self) -> Option<(&Shown, usize)> {
        if self.repeats.is_some() {
            return None;
        }
        Some((self.shown.as_ref()?, self.deliveries.len()))
    }

    /// Whether it is a message of this fan whose answer still grows.
    pub(super) fn is_in_progress(&self, fan: &str) -> bool {
        !self.is_done() && !self.is_event && self.draft.fan == fan
    }

    pub(super) const fn is_done(&self) -> bool {
        self.shown.is_some()
    }

    /// About how much memory it uses, in bytes.
    pub(super) fn weight(&self) -> usize {
        let delivery = |delivery: &Delivery| {
            let answer = delivery.ending.answer().map_or(0, |answer| answer.body.len());
            delivery.request.body.len() + 2 * answer + 4096
        };
        self.bubble.as_ref().map_or(0, Bubble::weight)
            + 4 * self.xml.len()
            + 1024 * self.log.len()
            + self.deliveries.iter().map(delivery).sum::<usize>()
    }

    pub(super) fn summary(&self) -> Summary<'_> {
        Summary {
            id: self.id,
            fan: &self.draft.fan,
            at_ms: self.at_ms,
            done_at_ms: self.done_at_ms,
            kind: &self.kind,
            is_event: self.is_event,
            has_notice: self.has_notice,
            is_raw: self.draft.raw.is_some(),
            repeats: self.repeats,
            mode: self.mode,
            fields: &self.fields,
            lanes: self.deliveries.iter().map(Lane::of).collect(),
            running: self.running.as_ref().map(|running| RunningLane {
                number: running.number,
                started_ms: millis(running.since - self.began),
                elapsed_ms: millis(running.since.elapsed()),
            }),
            shown: self.shown.as_ref(),
            bubble: self.bubble.as_ref(),
            refreshes: self.refreshes,
        }
    }

    pub(super) fn detail(&self) -> Detail<'_> {
        let running = self.running.as_ref().map(|running| RunningDetail {
            number: running.number,
            curl: running.request.curl(),
            request: &running.request,
            signatures: &self.signatures,
        });
        let detail = |delivery| DeliveryDetail { delivery, curl: delivery.request.curl() };
        Detail {
            id: self.id,
            xml: &self.xml,
            command: &self.command,
            deliveries: self.deliveries.iter().map(detail).collect(),
            running,
            log: &self.log,
        }
    }
}

/// What the chat and the timeline show.
#[derive(Serialize)]
pub(super) struct Summary<'r> {
    id: u64,
    fan: &'r str,
    at_ms: u64,
    done_at_ms: Option<u64>,
    kind: &'r str,
    is_event: bool,
    has_notice: bool,
    is_raw: bool,
    /// The id of the exchange whose message was pushed once more.
    repeats: Option<u64>,
    mode: Mode,
    fields: &'r [(String, String)],
    lanes: Vec<Lane>,
    running: Option<RunningLane>,
    shown: Option<&'r Shown>,
    /// The answer of an AI bot as it is seen now.
    bubble: Option<&'r Bubble>,
    /// How many refreshes the last lane stands for; 0 if it is one of the message.
    refreshes: u32,
}

/// A delivery that has ended.
#[derive(Serialize)]
struct Lane {
    number: u32,
    started_ms: u64,
    took_ms: u64,
    ending: &'static str,
    status: Option<u16>,
    encrypted: bool,
    passed: bool,
}

impl Lane {
    fn of(delivery: &Delivery) -> Self {
        Self {
            number: delivery.number,
            started_ms: delivery.started_ms,
            took_ms: delivery.took_ms,
            ending: match delivery.ending {
                Ending::Answered { .. } => "answered",
                Ending::TimedOut => "timed_out",
                Ending::Broken { .. } => "broken",
                Ending::Unreachable { .. } => "unreachable",
            },
            status: delivery.ending.answer().map(|answer| answer.status),
            encrypted: delivery.reading.signature.is_some(),
            passed: delivery.reading.passed(),
        }
    }
}

#[derive(Serialize)]
struct RunningLane {
    number: u32,
    started_ms: u64,
    elapsed_ms: u64,
}

/// What the inspector shows.
#[derive(Serialize)]
pub(super) struct Detail<'r> {
    id: u64,
    xml: &'r str,
    command: &'r str,
    deliveries: Vec<DeliveryDetail<'r>>,
    running: Option<RunningDetail<'r>>,
    log: &'r [Printed],
}

#[derive(Serialize)]
struct DeliveryDetail<'r> {
    #[serde(flatten)]
    delivery: &'r Delivery,
    curl: String,
}

#[derive(Serialize)]
struct RunningDetail<'r> {
    number: u32,
    request: &'r Request,
    signatures: &'r [Signature],
    curl: String,
}

/// The fields of a message by their paths.
fn flat(message: &Element) -> Vec<(String, String)> {
    fn list(elements: &[Element], around: &str, fields: &mut Vec<(String, String)>) {
        for element in elements {
            let path = format!("{around}{}", element.name);
            match &element.children[..] {
                [] => fields.push((path, element.text.clone())),
                children => list(children, &format!("{path}."), fields),
            }
        }
    }
    let mut fields = Vec::new();
    list(&message.children, "", &mut fields);
    fields
}

pub(super) fn now_ms() -> u64 {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}
