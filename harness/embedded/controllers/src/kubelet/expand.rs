/// Expands `$(NAME)` as Kubernetes does in `env`, `command` and `args`: an unknown name stays as it is, `$$` is a
/// dollar sign that starts no reference.
pub(crate) fn expand<'a>(text: &str, lookup: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.as_bytes().first() {
            Some(b'$') => {
                out.push('$');
                rest = &rest[1..];
            }
            Some(b'(') => {
                if let Some(end) = rest.find(')') {
                    let name = &rest[1..end];
                    if let Some(value) = lookup(name) {
                        out.push_str(value);
                    } else {
                        out.push('$');
                        out.push_str(&rest[..=end]);
                    }
                    rest = &rest[end + 1..];
                } else {
                    out.push_str("$(");
                    rest = &rest[1..];
                }
            }
            _ => out.push('$'),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("$(A)-0.$(B):6030", "a-0.b:6030")]
    #[case("$(UNKNOWN).$(A)", "$(UNKNOWN).a")]
    #[case("$$(A)", "$(A)")]
    #[case("$$$(A)", "$a")]
    #[case("$(A", "$(A")]
    #[case("$A $", "$A $")]
    #[case("$()", "$()")]
    fn references_expand_as_in_kubernetes(#[case] text: &str, #[case] expected: &str) {
        let lookup = |name: &str| match name {
            "A" => Some("a"),
            "B" => Some("b"),
            _ => None,
        };
        assert_eq!(expand(text, lookup), expected);
    }

    proptest! {
        #[test]
        fn text_without_dollar_stays(text in "[^$]*") {
            prop_assert_eq!(expand(&text, |_| Some("x")), text);
        }

        #[test]
        fn any_text_is_accepted(text in ".*") {
            let once = expand(&text, |_| None);
            prop_assert!(once.len() <= text.len());
        }
    }
}
