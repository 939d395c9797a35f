use jiff::Timestamp;

use super::{
    Schema,
    bind::{time_of, units_of},
    filter::{Filter, Place, Scope},
};
use crate::{
    Column, ColumnKind, Precision, SqlError, Value,
    ast::{Direction, Expr, Function, Item, Literal, Order, Select},
    codes::{self, v3},
    parse::invalid,
};

/// What a query reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One table.
    Table(String),
    /// All tables of a super table.
    Super(String),
}

/// A `select` bound to a table's schema: what each vnode scans, and how the results are put together.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a clause of its own")]
pub struct Query {
    pub(super) target: Target,
    pub(super) outputs: Vec<Output>,
    pub(super) columns: Vec<Column>,
    pub(super) filter: Option<Filter>,
    pub(super) shape: Shape,
    pub(super) descending: bool,
    pub(super) by_time: bool,
    /// Which output the result is in the order of (3.x), and whether it is there for that alone.
    pub(super) by_output: Option<(usize, bool)>,
    pub(super) distinct: bool,
    /// True if there is a row even if nothing was found: 3.x counts to 0.
    pub(super) always: bool,
    pub(super) limit: Option<u64>,
    pub(super) offset: u64,
    pub(super) precision: Precision,
}

/// What kind of result a query has.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// A row for each row.
    Rows,
    /// A row for each table.
    Tables,
    /// A row for each group; one group without `group by`.
    Groups(Vec<Place>),
}

/// How a column of the result comes about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Output {
    Value(Place),
    Constant(Value),
    Aggregate { function: Function, of: Option<Place>, float: bool },
}

impl Query {
    /// Binds a `select` (with a `from`) to the table that it reads. `now` is the client's clock.
    pub fn bind(
        select: &Select,
        target: Target,
        schema: &Schema,
        precision: Precision,
        now: Timestamp,
    ) -> Result<Self, SqlError> {
        let dialect = select.dialect;
        let scope = Scope { schema, precision, now: units_of(now, precision), dialect };
        let whole = matches!(target, Target::Super(_));
        let mut outputs = Vec::new();
        for item in &select.items {
            bind_item(item, scope, whole, &mut outputs)?;
        }
        let counts = select.items.iter().any(|item| matches!(item.expr, Expr::Call { function: Function::Count, .. }));
        let filter = select.condition.as_ref().map(|condition| Filter::bind(condition, scope)).transpose()?;
        let groups = bind_groups(select, schema)?;
        let shape = shape_of(select, &outputs, groups)?;
        if let Shape::Groups(places) = &shape
            && !dialect.is_v3()
        {
            for (place, name) in places.iter().zip(&select.group_by).filter(|(place, _)| place.is_tag()) {
                let kind = Place::of(name, schema).map_or(ColumnKind::Int, |(_, kind)| kind);
                outputs.push((Output::Value(*place), Column::new(name.clone(), kind)));
            }
        }
        let mut by_time = false;
        let mut by_output = None;
        if let Some(order) = &select.order
            && dialect.is_v3()
        {
            by_output = Some(order_of(order, schema, &mut outputs, &shape)?);
        } else if let Some(order) = &select.order {
            let (place, _) = Place::of(&order.column, schema).ok_or_else(|| invalid("invalid column name"))?;
            let first_group = matches!(&shape, Shape::Groups(places) if places.first() == Some(&place));
            by_time = place == Place::Time;
            if !by_time && !first_group {
                return Err(invalid("order by primary timestamp or first tag in groupby clause allowed"));
            }
        }
        let (outputs, columns) = outputs.into_iter().unzip();
        Ok(Self {
            target,
            outputs,
            columns,
            filter,
            shape,
            descending: select.order.as_ref().is_some_and(|order| order.direction == Direction::Descending),
            by_time,
            by_output,
            distinct: select.distinct,
            always: dialect.is_v3() && counts && select.group_by.is_empty(),
            limit: select.limit.or(select.slimit),
            offset: select.offset.max(select.soffset),
            precision,
        })
    }

    /// What the query reads.
    pub fn target(&self) -> &Target {
        &self.target
    }
}

/// The shape of groups of which only what they are made by is selected, or aggregates (3.x).
fn of_groups(outputs: &[(Output, Column)], places: Vec<Place>) -> Result<Shape, SqlError> {
    let stray = outputs.iter().any(|(output, _)| matches!(output, Output::Value(place) if !places.contains(place)));
    let code = if places.is_empty() { v3::PAR_NOT_SINGLE_GROUP } else { v3::PAR_GROUPBY_LACK_EXPRESSION };
    if stray { Err(v3::error(code)) } else { Ok(Shape::Groups(places)) }
}

/// Which output a result of 3.x is in the order of: one of that name, or else one that is added for it (true).
fn order_of(
    order: &Order,
    schema: &Schema,
    outputs: &mut Vec<(Output, Column)>,
    shape: &Shape,
) -> Result<(usize, bool), SqlError> {
    if let Some(at) = outputs.iter().position(|(_, column)| column.name == order.column) {
        return Ok((at, false));
    }
    let missing = || v3::named(v3::PAR_INVALID_COLUMN, &order.column);
    let (place, kind) = Place::of(&order.column, schema).ok_or_else(missing)?;
    let hidden = match shape {
        Shape::Rows => true,
        Shape::Groups(places) => places.contains(&place),
        Shape::Tables => false,
    };
    if !hidden {
        return Err(v3::error(v3::PAR_GROUPBY_LACK_EXPRESSION));
    }
    outputs.push((Output::Value(place), Column::new(order.column.clone(), kind)));
    Ok((outputs.len() - 1, true))
}

fn shape_of(select: &Select, outputs: &[(Output, Column)], groups: Option<Vec<Place>>) -> Result<Shape, SqlError> {
    let dialect = select.dialect;
    let aggregates = outputs.iter().filter(|(output, _)| matches!(output, Output::Aggregate { .. })).count();
    let only_tags = outputs.iter().all(|(output, _)| matches!(output, Output::Value(place) if place.is_tag()));
    if select.distinct && !dialect.is_v3() {
        return if only_tags && outputs.len() == 1 {
            Ok(Shape::Tables)
        } else {
            Err(invalid("only support distinct one tag"))
        };
    }
    if aggregates == 0 {
        return match groups {
            _ if select.partition => Ok(Shape::Rows),
            Some(places) if dialect.is_v3() => of_groups(outputs, places),
            None if dialect.is_v3() => Ok(if select.distinct && only_tags { Shape::Tables } else { Shape::Rows }),
            Some(_) => Err(invalid("group by without aggregation function is not supported")),
            None if only_tags => Ok(Shape::Tables),
            None => Ok(Shape::Rows),
        };
    }
    if dialect.is_v3() {
        return of_groups(outputs, groups.unwrap_or_default());
    }
    let last_rows = outputs
        .iter()
        .filter(|(output, _)| matches!(output, Output::Aggregate { function: Function::LastRow, .. }))
        .count();
    if last_rows > 0 && last_rows < aggregates {
        return Err(invalid("functions or others can not be mixed up"));
    }
    let groups = groups.unwrap_or_default();
    let stray = outputs.iter().any(|(output, _)| matches!(output, Output::Value(place) if !groups.contains(place)));
    if stray {
        return Err(invalid("aggregation function should not be mixed up with projection"));
    }
    Ok(Shape::Groups(groups))
}

fn bind_groups(select: &Select, schema: &Schema) -> Result<Option<Vec<Place>>, SqlError> {
    if select.group_by.is_empty() {
        return Ok(None);
    }
    let place = |name: &String| {
        let v3 = || v3::named(v3::PAR_INVALID_COLUMN, name);
        let missing = || select.dialect.either(|| invalid("invalid column name in group by clause"), v3);
        Place::of(name, schema).map(|(place, _)| place).ok_or_else(missing)
    };
    select.group_by.iter().map(place).collect::<Result<_, _>>().map(Some)
}

fn bind_item(item: &Item, scope: Scope<'_>, whole: bool, outputs: &mut Vec<(Output, Column)>) -> Result<(), SqlError> {
    let Scope { schema, dialect, .. } = scope;
    let missing = || {
        let v3 = || v3::named(v3::PAR_INVALID_COLUMN, &item.text);
        dialect.either(|| invalid("invalid column name"), v3)
    };
    let name = |fallback: &str| item.alias.clone().unwrap_or_else(|| fallback.to_owned());
    match &item.expr {
        Expr::All => {
            let tags = if whole { schema.tags.as_slice() } else { &[] };
            for column in schema.columns.iter().chain(tags) {
                let (place, kind) = Place::of(&column.name, schema).ok_or_else(missing)?;
                outputs.push((Output::Value(place), Column::new(column.name.clone(), kind)));
            }
        }
        Expr::Column(column) => {
            let (place, kind) = Place::of(column, schema).ok_or_else(missing)?;
            outputs.push((Output::Value(place), Column::new(name(column), kind)));
        }
        Expr::Constant(literal) => {
            let (value, kind) = constant(literal, scope)?;
            outputs.push((Output::Constant(value), Column::new(name(&item.text), kind)));
        }
        Expr::Call { function, arguments } => {
            let v3 = || v3::named(v3::FUNC_FUNTION_PARA_NUM, &item.text);
            let bad = || dialect.either(|| invalid("invalid parameters"), v3);
            let many = matches!(function, Function::First | Function::Last | Function::LastRow);
            if arguments.is_empty() || (arguments.len() > 1 && !many) {
                return Err(bad());
            }
            for argument in arguments {
                match argument {
                    Expr::All if *function == Function::Count => {
                        let output = Output::Aggregate { function: *function, of: None, float: false };
                        outputs.push((output, Column::new(name(&item.text), ColumnKind::BigInt)));
                    }
                    Expr::All if many => {
                        for column in &schema.columns {
                            outputs.push(call(*function, &column.name, scope, None)?);
                        }
                    }
                    Expr::Column(column) => outputs.push(call(*function, column, scope, item.alias.clone())?),
                    _ => return Err(bad()),
                }
            }
        }
    }
    Ok(())
}

fn call(
    function: Function,
    column: &str,
    scope: Scope<'_>,
    alias: Option<String>,
) -> Result<(Output, Column), SqlError> {
    let dialect = scope.dialect;
    let missing = || dialect.either(|| invalid("invalid column name"), || v3::named(v3::PAR_INVALID_COLUMN, column));
    let (place, kind) = Place::of(column, scope.schema).ok_or_else(missing)?;
    let float = matches!(kind, ColumnKind::Float | ColumnKind::Double);
    let unsigned =
        matches!(kind, ColumnKind::UTinyInt | ColumnKind::USmallInt | ColumnKind::UInt | ColumnKind::UBigInt);
    let (name, result) = match function {
        Function::Count => ("count", ColumnKind::BigInt),
        Function::Sum if float => ("sum", ColumnKind::Double),
        Function::Sum if unsigned => ("sum", ColumnKind::UBigInt),
        Function::Sum => ("sum", ColumnKind::BigInt),
        Function::Avg => ("avg", ColumnKind::Double),
        Function::Spread => ("spread", ColumnKind::Double),
        Function::Min => ("min", kind),
        Function::Max => ("max", kind),
        Function::First => ("first", kind),
        Function::Last => ("last", kind),
        Function::LastRow => ("last_row", kind),
        _ => return Err(SqlError::of(codes::TSC_INVALID_SQL)),
    };
    // 3.x finds the least and the greatest of times and texts, too.
    let numbers_only = matches!(function, Function::Sum | Function::Avg)
        || (matches!(function, Function::Min | Function::Max) && !dialect.is_v3());
    let spreads = function != Function::Spread || kind.is_number() || kind == ColumnKind::Timestamp;
    if (numbers_only && !kind.is_number()) || !spreads {
        let v3 = || v3::error(v3::FUNC_FUNTION_PARA_TYPE);
        return Err(dialect.either(|| invalid("not support column types"), v3));
    }
    let name = alias.unwrap_or_else(|| format!("{name}({column})"));
    Ok((Output::Aggregate { function, of: Some(place), float }, Column::new(name, result)))
}

fn constant(literal: &Literal, scope: Scope<'_>) -> Result<(Value, ColumnKind), SqlError> {
    match literal {
        Literal::Time { .. } if scope.dialect.is_v3() => {
            let time =
                time_of(literal, scope.precision, scope.now).ok_or_else(|| v3::error(v3::PAR_WRONG_VALUE_TYPE))?;
            Ok((Value::Timestamp(time), ColumnKind::Timestamp))
        }
        Literal::Bool(value) if scope.dialect.is_v3() => Ok((Value::Bool(*value), ColumnKind::Bool)),
        Literal::Int(number) => {
            let number = i64::try_from(*number).map_err(|_| invalid("invalid expression in select clause"))?;
            Ok((Value::Int(number), ColumnKind::BigInt))
        }
        Literal::Float(number) => Ok((Value::Float(*number), ColumnKind::Double)),
        Literal::Text(text) => {
            let width = u16::try_from(text.len()).unwrap_or(u16::MAX);
            Ok((Value::Text(text.clone()), ColumnKind::Binary(width)))
        }
        _ => Err(invalid("invalid expression in select clause")),
    }
}
