//! What the page tries at the bot beside messages: attacks, and the verification of its URL.

use std::time::Instant;

use super::attack_status::AttackStatus;
use super::events::PageEvent;
use super::job::Job;
use super::refusal::Refusal;
use super::shared::Shared;
use super::state::HandshakeSummary;
use crate::Account;
use crate::attack::{self, Attack, AttackResult};
use crate::handshake::Verification;

impl Shared {
    pub(super) fn attack(&self, name: &str) -> Result<(), Refusal> {
        let attack: &'static Attack = attack::named(name).ok_or(Refusal::NoSuchAttack)?;
        let mut state = self.state();
        if !attack.applies_to(state.wechat.account()) {
            return Err(Refusal::NoSuchAttack);
        }
        self.bot_is_up()?;
        if state.attack_statuses.get(attack.name).is_some_and(AttackStatus::is_running) {
            return Err(Refusal::Busy);
        }
        let status = AttackStatus::default();
        self.notify(&state, &PageEvent::Attack { name: attack.name, status: &status });
        state.attack_statuses.insert(attack.name, status);
        self.start(Job::Attack { attack, wechat: state.wechat.clone() });
        Ok(())
    }

    pub(super) fn attacked(&self, result: AttackResult, attacked: &Account) {
        let mut state = self.state();
        let account = state.wechat.account();
        let settings = |account: &Account| (account.kind(), account.format(), account.mode());
        if settings(account) != settings(attacked) {
            return;
        }
        let name = result.name;
        let status = AttackStatus::of(result, account);
        self.notify(&state, &PageEvent::Attack { name, status: &status });
        state.attack_statuses.insert(name, status);
    }

    /// The requests of the attack and what the bot did with them.
    pub(super) fn attack_detail(&self, name: &str) -> Option<String> {
        let mut state = self.state();
        self.follow_bot(&mut state);
        let (name, status) = state.attack_statuses.get_key_value(name)?;
        serde_json::to_string(&status.detail(name, state.command.attack(name))).ok()
    }

    pub(super) fn verify(&self) -> Result<(), Refusal> {
        self.bot_is_up()?;
        let mut state = self.state();
        state.verified = None;
        self.notify(&state, &PageEvent::Verified { verified: None });
        self.start(Job::Verify { wechat: state.wechat.clone() });
        Ok(())
    }

    pub(super) fn verified(&self, verification: &Verification) {
        let mut state = self.state();
        state.verified = Some(HandshakeSummary::of(verification));
        self.notify(&state, &PageEvent::Verified { verified: state.verified.as_ref() });
    }

    /// Adds what the bot printed during a verification that failed: the cause often stands there.
    pub(super) fn verification_settled(&self, began: Instant, done: Instant) {
        let Some(supervision) = self.supervision() else { return };
        let log = supervision.with_log(|log| log.of_push(began, Some(done), ""));
        let mut state = self.state();
        if let Some(verified) = state.verified.as_ref().and_then(|verified| verified.with_log(log)) {
            state.verified = Some(verified);
            self.notify(&state, &PageEvent::Verified { verified: state.verified.as_ref() });
        }
    }
}
