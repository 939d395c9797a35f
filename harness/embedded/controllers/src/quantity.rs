use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// The value of a quantity in thousandths, rounded up. None if it is not a number.
pub(crate) fn milli(quantity: &Quantity) -> Option<i128> {
    const SUFFIXES: [(&str, i128); 13] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("Pi", 1 << 50),
        ("Ei", 1 << 60),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
        ("P", 1_000_000_000_000_000),
        ("E", 1_000_000_000_000_000_000),
        ("", 1),
    ];
    let text = quantity.0.trim();
    if let Some(number) = text.strip_suffix('m') {
        return thousandths(number).map(|value| (value + 999).div_euclid(1_000));
    }
    let (suffix, factor) = SUFFIXES.into_iter().find(|(suffix, _)| text.ends_with(suffix))?;
    thousandths(text.strip_suffix(suffix)?)?.checked_mul(factor)
}

/// The value of a quantity of bytes. None if it is not a number.
pub(crate) fn bytes(quantity: &Quantity) -> Option<u64> {
    u64::try_from(milli(quantity)? / 1_000).ok()
}

fn thousandths(number: &str) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let value: i128 = format!("{whole}{digits}").parse().ok()?;
    Some(value)
}

/// `quantity / divisor`, rounded up, as `resourceFieldRef` gives it.
pub(crate) fn divided(quantity: &Quantity, divisor: Option<&Quantity>) -> Option<i128> {
    let unit = divisor.and_then(milli).filter(|unit| *unit > 0).unwrap_or(1_000);
    Some((milli(quantity)? + unit - 1).div_euclid(unit))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2", 2_000)]
    #[case("500m", 500)]
    #[case("1.5", 1_500)]
    #[case("10Gi", 10_737_418_240_000)]
    #[case("1k", 1_000_000)]
    fn quantities_have_a_value(#[case] text: &str, #[case] expected: i128) {
        assert_eq!(milli(&Quantity(text.into())), Some(expected));
    }

    #[test]
    fn nonsense_has_none() {
        assert_eq!(milli(&Quantity("ten".into())), None);
    }

    #[test]
    fn a_divisor_rounds_up() {
        assert_eq!(divided(&Quantity("1500m".into()), None), Some(2));
        assert_eq!(divided(&Quantity("64Mi".into()), Some(&Quantity("1Mi".into()))), Some(64));
    }
}
