//! Sizes, ages and intervals as people write them.

use std::time::Duration;

/// Units of size in bytes; the longer names come first, as `B` ends them all.
const SIZES: [(&str, f64); 9] = [
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("tib", 1_099_511_627_776.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("tb", 1e12),
    ("b", 1.0),
];
/// Units of age in seconds.
const AGES: [(&str, f64); 5] = [("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0), ("w", 604_800.0)];

/// A size such as `500MB`, `20GiB` or `0`, in bytes.
pub fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected a size such as `500MB` or `20GiB`, found `{text}`");
    let number = scaled(text, &SIZES, Some(1.0)).ok_or_else(wrong)?;
    // Beyond this, bytes cannot be told apart in a float; no disk is so large.
    if number < 9e15 { Ok(number as u64) } else { Err(wrong()) }
}

/// An age such as `36h` or `30d`.
pub fn age(text: &str) -> Result<Duration, String> {
    let seconds = scaled(text, &AGES, None).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| format!("expected an age such as `36h`, `30d` or `8w`, found `{text}`"))
}

/// A time such as `2s`, `500ms` or `1.5`, in seconds where no unit is given.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, scale) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1e-3),
        (None, Some(number)) => (number, 1.0),
        (None, None) => (text, 1.0),
    };
    let seconds = number.trim().parse::<f64>().map(|number| number * scale).unwrap_or(f64::NAN);
    match seconds > 0.0 && seconds < 1e6 {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err(format!("expected a time such as `2s` or `500ms`, found `{text}`")),
    }
}

fn scaled(text: &str, units: &[(&str, f64)], without: Option<f64>) -> Option<f64> {
    let lower = text.trim().to_lowercase();
    let (number, scale) = match units.iter().find_map(|(unit, scale)| Some((lower.strip_suffix(unit)?, *scale))) {
        Some(found) => found,
        None => (lower.as_str(), without?),
    };
    let number: f64 = number.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number * scale)
}

/// A number of things: `1 entry`, `2 entries`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A number of bytes for people: `1.5 GB`.
pub fn shown(bytes: u64) -> String {
    const STEP: f64 = 1000.0;
    let mut number = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if number < STEP {
            return if unit == "B" { format!("{bytes} B") } else { format!("{number:.1} {unit}") };
        }
        number /= STEP;
    }
    format!("{number:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_decimal_and_binary_units_or_none() {
        for (text, expected) in
            [("0", 0), ("17", 17), ("17 B", 17), ("1.5kB", 1500), ("2GiB", 2 << 30), ("20gb", 20e9 as u64)]
        {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for bad in ["", "GB", "-1MB", "1e99GB", "10 apples", "nan", "infMB"] {
            assert!(bytes(bad).is_err_and(|error| error.contains("expected a size")), "{bad}");
        }
    }

    #[test]
    fn ages_need_a_unit() {
        assert_eq!(age("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(age("1.5h"), Ok(Duration::from_secs(5400)));
        for bad in ["", "30", "-1d", "d", "1e400w", "soon"] {
            assert!(age(bad).is_err_and(|error| error.contains("expected an age")), "{bad}");
        }
    }

    #[test]
    fn one_thing_is_not_several() {
        let told = [0, 1, 2].map(|count| counted(count, "entry", "entries"));
        assert_eq!(told, ["0 entries", "1 entry", "2 entries"]);
    }

    #[test]
    fn sizes_are_shown_with_three_or_four_digits() {
        for (bytes, expected) in
            [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (29_431_880, "29.4 MB"), (5 << 40, "5.5 TB")]
        {
            assert_eq!(shown(bytes), expected);
        }
    }
}
