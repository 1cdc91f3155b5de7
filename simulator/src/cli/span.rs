use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

/// A length of time as people write it: `4.5s`, `500ms`, `2m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span(pub(crate) Duration);

#[derive(Clone, Copy, Debug)]
pub(crate) struct NoSpan;

impl fmt::Display for NoSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time is a number with ms, s or m behind it, like 4.5s")
    }
}

impl std::error::Error for NoSpan {}

impl FromStr for Span {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Self, NoSpan> {
        let text = text.trim();
        let unit = text.find(|char: char| char.is_ascii_alphabetic()).ok_or(NoSpan)?;
        let (number, unit) = text.split_at(unit);
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            _ => return Err(NoSpan),
        };
        let number: f64 = number.trim().parse().map_err(|_| NoSpan)?;
        Duration::try_from_secs_f64(number * seconds).map(Self).map_err(|_| NoSpan)
    }
}

impl TryFrom<String> for Span {
    type Error = NoSpan;

    fn try_from(text: String) -> Result<Self, NoSpan> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_is_never_negative() {
        let span = |text: &str| text.parse::<Span>().ok().map(|Span(duration)| duration.as_millis());
        assert_eq!(span("4.5s"), Some(4500));
        assert_eq!(span("500ms"), Some(500));
        assert_eq!(span(" 2 m "), Some(120_000));
        for wrong in ["", "5", "s", "-1s", "1h", "1e400s", "inf", "nans"] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }
}
