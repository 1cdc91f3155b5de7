use super::{Fields, debug_without_content};

/// A place that the user sent (地理位置消息).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// `Location_X`: the latitude (纬度) in degrees. WeChat's X is the latitude.
    pub latitude: Decimal,
    /// `Location_Y`: the longitude (经度) in degrees.
    pub longitude: Decimal,
    /// `Scale`: the zoom of the map.
    pub scale: Option<i64>,
    /// `Label`: the place in words; may be empty.
    pub label: String,
}

impl Location {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self {
            latitude: Decimal(fields.text("Location_X")),
            longitude: Decimal(fields.text("Location_Y")),
            scale: fields.number("Scale"),
            label: fields.text("Label"),
        }
    }
}

/// A decimal number as WeChat wrote it: the text stays exact, the number is there where it is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Decimal(String);

impl Decimal {
    /// The text as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number, where it is a finite one.
    #[must_use]
    pub fn to_f64(&self) -> Option<f64> {
        self.0.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }
}

debug_without_content!(Location, Decimal);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_its_text_and_fails_softly() {
        let decimal = Decimal("30.100000".to_owned());
        assert_eq!((decimal.as_str(), decimal.to_f64()), ("30.100000", Some(30.1)));
        for text in ["", "north", "NaN", "inf"] {
            assert_eq!(Decimal(text.to_owned()).to_f64(), None, "{text}");
        }
    }
}
