use super::filter::{number, order};
use crate::{Value, ast::Function};

/// What one aggregate has seen so far; two of the same aggregate merge.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Accumulator {
    Count(u64),
    SumInt(Option<i128>),
    SumFloat(Option<f64>),
    Avg {
        sum: f64,
        count: u64,
    },
    Min(Value),
    Max(Value),
    First(Option<(i64, Value)>),
    Last(Option<(i64, Value)>),
    LastRow(Option<(i64, Value)>),
    Spread(Option<(f64, f64)>),
    /// Something that is the same for all rows of a group.
    Same(Value),
}

impl Accumulator {
    /// An empty one; `float` if the argument's numbers are no whole numbers.
    pub(super) fn new(function: Function, float: bool) -> Self {
        match function {
            Function::Sum if float => Self::SumFloat(None),
            Function::Sum => Self::SumInt(None),
            Function::Avg => Self::Avg { sum: 0.0, count: 0 },
            Function::Min => Self::Min(Value::Null),
            Function::Max => Self::Max(Value::Null),
            Function::First => Self::First(None),
            Function::Last => Self::Last(None),
            Function::LastRow => Self::LastRow(None),
            Function::Spread => Self::Spread(None),
            _ => Self::Count(0),
        }
    }

    /// Takes the value of a row at `time` in.
    pub(super) fn add(&mut self, time: i64, value: &Value) {
        if let Self::LastRow(last) = self {
            if last.as_ref().is_none_or(|(newest, _)| time >= *newest) {
                *last = Some((time, value.clone()));
            }
            return;
        }
        if value.is_null() {
            return;
        }
        let one = match self {
            Self::Count(_) => Self::Count(1),
            Self::SumInt(_) => Self::SumInt(Some(match value {
                Value::Int(number) => i128::from(*number),
                Value::UInt(number) => i128::from(*number),
                _ => 0,
            })),
            Self::SumFloat(_) => Self::SumFloat(Some(number(value))),
            Self::Avg { .. } => Self::Avg { sum: number(value), count: 1 },
            Self::Min(_) => Self::Min(value.clone()),
            Self::Max(_) => Self::Max(value.clone()),
            Self::First(_) => Self::First(Some((time, value.clone()))),
            Self::Last(_) => Self::Last(Some((time, value.clone()))),
            Self::Spread(_) => Self::Spread(Some((number(value), number(value)))),
            Self::LastRow(_) | Self::Same(_) => return,
        };
        self.merge(one);
    }

    /// Takes what another has seen in.
    pub(super) fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Count(count), Self::Count(more)) => *count += more,
            (Self::SumInt(sum), Self::SumInt(Some(more))) => *sum = Some(sum.unwrap_or(0).saturating_add(more)),
            (Self::SumFloat(sum), Self::SumFloat(Some(more))) => *sum = Some(sum.unwrap_or(0.0) + more),
            (Self::Avg { sum, count }, Self::Avg { sum: more, count: others }) => {
                *sum += more;
                *count += others;
            }
            (Self::Min(least), Self::Min(value))
                if !value.is_null() && (least.is_null() || order(&value, least).is_lt()) =>
            {
                *least = value;
            }
            (Self::Max(most), Self::Max(value))
                if !value.is_null() && (most.is_null() || order(&value, most).is_gt()) =>
            {
                *most = value;
            }
            (Self::First(first), Self::First(Some((time, value))))
                if first.as_ref().is_none_or(|(before, _)| time < *before) =>
            {
                *first = Some((time, value));
            }
            (Self::Last(last), Self::Last(Some((time, value))))
            | (Self::LastRow(last), Self::LastRow(Some((time, value))))
                if last.as_ref().is_none_or(|(before, _)| time > *before) =>
            {
                *last = Some((time, value));
            }
            (Self::Spread(range), Self::Spread(Some((low, high)))) => {
                *range = Some(range.map_or((low, high), |(least, most)| (least.min(low), most.max(high))));
            }
            _ => {}
        }
    }

    /// The value of the aggregate.
    #[expect(clippy::cast_precision_loss, reason = "averages are doubles")]
    pub(super) fn finish(self) -> Value {
        match self {
            Self::Count(count) => Value::Int(i64::try_from(count).unwrap_or(i64::MAX)),
            Self::SumInt(None) | Self::SumFloat(None) | Self::Spread(None) | Self::Avg { count: 0, .. } => Value::Null,
            Self::SumInt(Some(sum)) => match (i64::try_from(sum), u64::try_from(sum)) {
                (Ok(sum), _) => Value::Int(sum),
                (_, Ok(sum)) => Value::UInt(sum),
                _ if sum < 0 => Value::Int(i64::MIN + 1),
                _ => Value::UInt(u64::MAX - 1),
            },
            Self::SumFloat(Some(sum)) => Value::Float(sum),
            Self::Avg { sum, count } => Value::Float(sum / count as f64),
            Self::Min(value) | Self::Max(value) | Self::Same(value) => value,
            Self::First(found) | Self::Last(found) | Self::LastRow(found) => {
                found.map_or(Value::Null, |(_, value)| value)
            }
            Self::Spread(Some((low, high))) => Value::Float(high - low),
        }
    }
}
