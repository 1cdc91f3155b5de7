use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

/// A duration as people write it: `4.5s`, `500ms`, `2m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct HumanDuration(pub(crate) Duration);

#[derive(Clone, Copy, Debug)]
pub(crate) struct InvalidDuration;

impl fmt::Display for InvalidDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration is a number with the unit ms, s or m, like 4.5s")
    }
}

impl std::error::Error for InvalidDuration {}

impl FromStr for HumanDuration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        let text = text.trim();
        let unit = text.find(|char: char| char.is_ascii_alphabetic()).ok_or(InvalidDuration)?;
        let (number, unit) = text.split_at(unit);
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            _ => return Err(InvalidDuration),
        };
        let number: f64 = number.trim().parse().map_err(|_| InvalidDuration)?;
        Duration::try_from_secs_f64(number * seconds).map(Self).map_err(|_| InvalidDuration)
    }
}

impl TryFrom<String> for HumanDuration {
    type Error = InvalidDuration;

    fn try_from(text: String) -> Result<Self, InvalidDuration> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_and_is_never_negative() {
        let millis = |text: &str| {
            text.parse::<HumanDuration>().ok().map(|HumanDuration(duration)| duration.as_millis())
        };
        assert_eq!(millis("4.5s"), Some(4500));
        assert_eq!(millis("500ms"), Some(500));
        assert_eq!(millis(" 2 m "), Some(120_000));
        for wrong in ["", "5", "s", "-1s", "1h", "1e400s", "inf", "nans"] {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
    }
}
