use crate::Dialect;

/// Columns that a character takes on a terminal; 0 for what does not show.
pub(super) fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0..=0x1f | 0x7f..=0x9f | 0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f | 0xfeff => 0,
        // East Asian wide and full-width characters, and emoji.
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0x33ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xa000..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// A text in a column of `width`: cut with dots if it is longer, filled with blanks if it is shorter. With width 0
/// it is printed whole.
pub(super) fn fit(dialect: Dialect, text: &str, width: usize) -> String {
    // 3.x prints what ends a line as it is.
    let columns_of = |c: char| if dialect.is_v3() && matches!(c, '\t' | '\n' | '\r') { 1 } else { columns_of(c) };
    let shown = text.chars().filter(|c| columns_of(*c) > 0);
    if width == 0 {
        return shown.collect();
    }
    let mut fitted = String::new();
    // What still fits if nothing follows, but gives way to the dots if something does.
    let mut tail = String::new();
    let (mut total, mut columns) = (0, 0);
    for c in shown {
        total += columns_of(c);
        if total > width {
            break;
        }
        if total + 3 <= width {
            fitted.push(c);
            columns += columns_of(c);
        } else {
            tail.push(c);
        }
    }
    if total > width {
        let dots = (width - columns).min(3);
        fitted.push_str(&"..."[..dots]);
        columns += dots;
    } else {
        fitted.push_str(&tail);
        columns = total;
    }
    fitted.push_str(&" ".repeat(width - columns));
    fitted
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tdengine-0.taosd.default.svc.cluster.loc", 30, "tdengine-0.taosd.default.sv...")]
    #[case("ready", 10, "ready     ")]
    #[case("涛思数据库", 5, "涛...")]
    #[case("涛思", 3, "...")]
    #[case("涛思", 1, ".")]
    #[case("abc", 3, "abc")]
    #[case("abcd", 3, "...")]
    #[case("a\nb", 0, "ab")]
    fn texts_fit(#[case] text: &str, #[case] width: usize, #[case] fitted: &str) {
        assert_eq!(fit(Dialect::V2, text, width), fitted);
    }
}
