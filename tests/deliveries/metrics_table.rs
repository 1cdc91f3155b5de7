//! The tables of the docs name every metric, every label and every value, and nothing else.

use crate::metrics_support::{Metrics, counted_while};
use crate::support;

use std::collections::{BTreeMap, BTreeSet};

use support::broken::Broken;
use support::deliveries::{Slow, Stage, on_both, seconds};
use support::made::Made;
use support::{failing, text};
use wechat_callback::SecurityMode;
use wechat_redis::RedisStore;

const PAGES: [&str; 2] =
    [include_str!("../../docs/deploying.md"), include_str!("../../docs/deploying.zh-CN.md")];

/// The values of each label of each metric, and its type where it has none.
type Table = BTreeMap<(String, String), BTreeSet<String>>;

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// The rows `metric | type | label | values`. Where the first cell is empty it is the metric of the row above.
fn table(page: &str) -> Table {
    let (_, section) = page.split_once("\n| `wechat_deliveries_total`").expect("a table of metrics");
    let (rows, _) = section.split_once("\n\n").unwrap_or((section, ""));
    let (mut table, mut metric) = (Table::new(), String::new());
    for row in format!("| `wechat_deliveries_total`{rows}").lines() {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert!(cells.len() >= 4, "{row}");
        metric = quoted(cells[0]).next().unwrap_or(metric);
        let label = quoted(cells[2]).next().unwrap_or_default();
        let before = table.insert((metric.clone(), label), quoted(cells[3]).collect());
        assert_eq!(before, None, "{row}");
    }
    table
}

/// The labels of a series, as Prometheus writes them.
fn labels(series: &str) -> Vec<(String, String)> {
    let inside = series.split_once('{').map_or("", |(_, labels)| labels.trim_end_matches('}'));
    let pairs = inside.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}

/// The same of what was counted.
fn emitted(metrics: &Metrics) -> Table {
    let mut table = Table::new();
    for name in metrics.names() {
        let is_of_it = |found: &str| found == name || found == format!("{name}_count");
        for line in metrics.rendered.lines() {
            let series = line.rsplit_once(' ').map_or("", |(series, _)| series);
            if !is_of_it(series.split('{').next().unwrap_or_default()) {
                continue;
            }
            let labels = labels(series);
            if labels.is_empty() {
                table.entry((name.to_owned(), String::new())).or_default();
            }
            for (label, value) in labels {
                table.entry((name.to_owned(), label)).or_default().insert(value);
            }
        }
    }
    table
}

/// Deliveries with every outcome and of every number. What else there is begins with zero.
async fn everything(stage: Stage) {
    let push = |said: &str| stage.wechat.push(&text(said));
    let app = stage.middleware().around(Slow::default().handler()).await;
    let again = push("7 好");
    for _ in 0..5 {
        app.deliver_once(again.clone()).await;
        seconds(3.0).await;
    }
    let app = stage.middleware().run_again().around(failing::handler()).await;
    for said in ["none", "long"] {
        app.deliver_once(push(said)).await;
    }
    let app = stage.middleware().around(|_| async { Made::new(500, "text/plain", "oh") }).await;
    app.deliver_once(push("x")).await;
    let app = stage.middleware().store(Broken::new("claim")).around(Slow::default().handler()).await;
    app.deliver_once(push("x")).await;
    drop(RedisStore::connect("redis://127.0.0.1:1/").expect("a URL"));
}

#[test]
fn the_tables_of_the_docs_name_exactly_the_metrics_the_labels_and_the_values_that_are_counted() {
    on_both(SecurityMode::Safe, async |stage| {
        let metrics = crate::metrics_support::counted(everything(stage)).await;
        let mut emitted = emitted(&metrics);
        let kind = ("wechat_deliveries_total".to_owned(), "kind".to_owned());
        assert!(emitted.remove(&kind).is_some());
        for page in PAGES {
            let mut table = table(page);
            let kinds = table.remove(&kind).expect("a row");
            assert!(["text", "event/CLICK", "other", "event/other"].iter().all(|kind| kinds.contains(*kind)));
            assert_eq!(table, emitted);
        }
    });
}

#[test]
fn every_metric_is_described() {
    let metrics = counted_while(|| {
        let callback = support::Wechat::new(SecurityMode::Safe).callback();
        let _ = wechat_tower::WechatLayer::new(callback);
        drop(RedisStore::connect("redis://127.0.0.1:1/").expect("a URL"));
    });
    for name in metrics.names() {
        assert!(metrics.rendered.contains(&format!("# HELP {name} ")), "{name}");
    }
    assert_eq!(metrics.names().len(), 10);
}
