//! The library refuses every attack, with both frameworks and in every mode. A bot that checks nothing refuses none.

use crate::support;
use axum::Router;
use axum::routing::any;
use support::{account, actix, axum};
use wechat_sim::attack::{self, Probe, Verdict};
use wechat_sim::{Mode, ServiceTarget, Target, Wechat};

async fn every_attack_is_refused<T: Target>(wechat: &Wechat, target: &T) {
    let genuine = attack::genuine(wechat, target).await;
    assert!(genuine.passed, "{:?}", genuine.ending);
    let mode = wechat.account().mode();
    for attack in attack::all().iter().filter(|attack| attack.applies_to(wechat.account())) {
        let result = attack.run(wechat, target).await;
        let missed: Vec<_> = result.probes.iter().filter(|probe| !probe.passed).collect();
        assert!(missed.is_empty(), "{} in {mode} mode: {missed:#?}", attack.name);
        assert_eq!(result.verdict, Verdict::Refused, "{} in {mode} mode", attack.name);
        assert!(result.silent(), "{} in {mode} mode: {result:#?}", attack.name);
    }
}

#[tokio::test(start_paused = true)]
async fn every_attack_is_refused_under_axum_in_every_mode() {
    for account in Mode::ALL.map(account) {
        every_attack_is_refused(&Wechat::new(account.clone()), &axum(&account)).await;
    }
}

#[test]
fn every_attack_is_refused_under_actix_web_in_every_mode() {
    support::paused(async {
        for account in Mode::ALL.map(account) {
            every_attack_is_refused(&Wechat::new(account.clone()), &actix(&account).await).await;
        }
    });
}

/// Each attack is accepted by a bot that is vulnerable to it.
#[tokio::test(start_paused = true)]
async fn a_bot_that_checks_nothing_is_found_by_every_attack() {
    let weak = ServiceTarget::new(Router::new().route("/weixin", any(async || "success")), "/weixin");
    for wechat in Mode::ALL.map(account).map(Wechat::new) {
        for result in attack::run_all(&wechat, &weak, |_| {}).await {
            assert_eq!(result.verdict, Verdict::Accepted, "{}", result.name);
        }
    }
}

#[tokio::test]
async fn a_bot_that_refuses_everything_is_not_praised_for_a_replay() {
    let dead = ServiceTarget::new(Router::new(), "/weixin");
    let wechat = Wechat::new(account(Mode::Safe));
    assert!(!attack::genuine(&wechat, &dead).await.passed);
    let replay = attack::named("replay-with-another-body").expect("in the list");
    assert_eq!(replay.run(&wechat, &dead).await.verdict, Verdict::Unclear);
}

#[tokio::test]
async fn an_attack_on_the_encryption_makes_no_sense_in_plain_mode() {
    let wechat = Wechat::new(account(Mode::Plain));
    let dead = ServiceTarget::new(Router::new(), "/weixin");
    let padding = attack::named("bad-padding").expect("in the list");
    assert_eq!(padding.run(&wechat, &dead).await.verdict, Verdict::NotApplicable);
}

/// Both texts of each request say what is forged about it, and no two of an attack's say the same.
#[test]
fn what_is_forged_about_a_request_is_said() {
    for account in Mode::ALL.map(account) {
        let wechat = Wechat::new(account.clone());
        for attack in attack::all().iter().filter(|attack| attack.applies_to(&account)) {
            let probes = attack.probes(&wechat, "http://127.0.0.1/weixin", None);
            for language in
                [|probe: &Probe| probe.forgery.zh.clone(), |probe: &Probe| probe.forgery.en.clone()]
            {
                let mut said: Vec<_> = probes.iter().map(language).collect();
                said.sort_unstable();
                said.dedup();
                assert_eq!(said.len(), probes.len(), "{}: {said:?}", attack.name);
                assert!(said.iter().all(|said| !said.is_empty() && !said.contains(account.token())));
            }
        }
    }
}

#[test]
fn every_name_is_one_attacks() {
    let mut names: Vec<_> = attack::all().iter().map(|attack| attack.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), attack::all().len());
}
