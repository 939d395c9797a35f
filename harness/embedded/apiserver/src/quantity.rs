use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// The amount that a quantity such as `10Gi` or `500m` stands for; nothing if it is none.
pub(crate) fn amount(quantity: &Quantity) -> Option<f64> {
    const SUFFIXES: [(&str, f64); 16] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
        ("", 1.0),
    ];
    let text = quantity.0.as_str();
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | '+' | '-'));
    let (number, suffix) = text.split_at(digits.unwrap_or(text.len()));
    let exponent = suffix.strip_prefix(['e', 'E']).filter(|rest| !rest.is_empty());
    if let Some(exponent) = exponent.and_then(|exponent| exponent.parse::<i32>().ok()) {
        return number.parse::<f64>().ok().map(|number| number * 10_f64.powi(exponent));
    }
    let (_, factor) = SUFFIXES.iter().find(|(known, _)| *known == suffix)?;
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("10Gi", Some(10_737_418_240.0))]
    #[case("500m", Some(0.5))]
    #[case("2", Some(2.0))]
    #[case("1e3", Some(1000.0))]
    #[case("1E", Some(1e18))]
    #[case("-1", Some(-1.0))]
    #[case("10GB", None)]
    #[case("", None)]
    #[case("ten", None)]
    fn quantities_are_read(#[case] text: &str, #[case] expected: Option<f64>) {
        assert_eq!(amount(&Quantity(text.into())), expected);
    }
}
