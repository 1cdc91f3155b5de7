//! What is counted, as Prometheus would read it.

use std::collections::BTreeMap;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

/// What was counted.
pub struct Metrics {
    pub rendered: String,
}

fn recorder() -> PrometheusRecorder {
    // With buckets a histogram is one, and no summary.
    PrometheusBuilder::new().set_buckets(&[1.0]).expect("a bucket").build_recorder()
}

/// Everything that is counted on this thread until `future` is done.
pub async fn counted(future: impl Future<Output = ()>) -> Metrics {
    let recorder = recorder();
    let guard = metrics::set_default_local_recorder(&recorder);
    future.await;
    drop(guard);
    Metrics { rendered: recorder.handle().render() }
}

/// Everything that is counted on this thread while `run` runs.
pub fn counted_while(run: impl FnOnce()) -> Metrics {
    let recorder = recorder();
    metrics::with_local_recorder(&recorder, run);
    Metrics { rendered: recorder.handle().render() }
}

impl Metrics {
    /// What `name` is for each set of labels, of which the values are written one behind the other, where it is not zero.
    pub fn of(&self, name: &str) -> BTreeMap<String, f64> {
        let mut all = self.all(name);
        all.retain(|_, value| *value != 0.0);
        all
    }

    /// The same, with what is zero.
    pub fn all(&self, name: &str) -> BTreeMap<String, f64> {
        let samples = self.rendered.lines().filter(|line| !line.starts_with('#'));
        let samples = samples.filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let (found, labels) = series.split_once('{').unwrap_or((series, "}"));
            // Each stands in quotes, and none has quotes inside.
            let values: Vec<_> = labels.split('"').skip(1).step_by(2).collect();
            (found == name).then(|| (values.join(" "), value.parse().expect("a number")))
        });
        samples.collect()
    }

    /// The names of what is counted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self
            .rendered
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        names
    }
}

/// What [`Metrics::of`] is expected to say.
pub fn are<const N: usize>(expected: [(&str, f64); N]) -> BTreeMap<String, f64> {
    expected.map(|(labels, value)| (labels.to_owned(), value)).into()
}
