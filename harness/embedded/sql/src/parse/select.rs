use super::{
    Cursor, Parsed, invalid,
    lexer::{Kind, unquote},
    literal::literal,
    table::table_name,
};
use crate::{
    SqlError,
    ast::{Comparison, Condition, Direction, Expr, Function, Item, Literal, Order, Select},
    codes::{self, v3},
};

/// Conditions nest at most this deep.
const DEEPEST: u32 = 64;

/// What follows `where`.
pub(super) fn condition(cursor: &mut Cursor<'_>) -> Parsed<Condition> {
    any_of(cursor, 0)
}

/// What follows `select`.
pub(super) fn select(cursor: &mut Cursor<'_>) -> Parsed<Select> {
    let distinct = cursor.take("distinct");
    let mut items = vec![item(cursor)?];
    while cursor.take(",") {
        items.push(item(cursor)?);
    }
    let mut select = Select { dialect: cursor.dialect(), distinct, items, ..Select::default() };
    if !cursor.take("from") {
        let constant = |item: &Item| matches!(item.expr, Expr::Constant(_) | Expr::Call { .. });
        if cursor.at_end() && !select.items.iter().all(constant) {
            let column = |item: &Item| matches!(item.expr, Expr::Column(_)).then(|| item.text.clone());
            let name = select.items.iter().find_map(column).unwrap_or_default();
            let v3 = || v3::named(v3::PAR_INVALID_COLUMN, &name);
            return Err(cursor.dialect().either(|| invalid("invalid expression in select clause"), v3));
        }
        return Ok(select);
    }
    select.from = Some(table_name(cursor)?);
    // An alias of the table is accepted; nothing can be prefixed with it.
    let clauses = ["where", "group", "order", "limit", "slimit", "interval", "partition"];
    let at_clause = clauses.iter().any(|word| cursor.is(word));
    cursor.take("as");
    if cursor.peek().kind == Kind::Word && !at_clause {
        cursor.name()?;
    }
    if cursor.take("where") {
        select.condition = Some(any_of(cursor, 0)?);
    }
    if ["interval", "session", "fill", "having", "union"].iter().any(|word| cursor.is(word)) || cursor.is(",") {
        return Err(unsupported(cursor));
    }
    select.partition = cursor.v3() && cursor.is("partition");
    if cursor.take("group") || select.partition && cursor.take("partition") {
        cursor.expect("by")?;
        select.group_by = vec![group_name(cursor)?];
        while cursor.take(",") {
            select.group_by.push(group_name(cursor)?);
        }
        if cursor.v3() && ["interval", "session", "having", "state_window"].iter().any(|word| cursor.is(word)) {
            return Err(unsupported(cursor));
        }
    }
    if cursor.take("order") {
        cursor.expect("by")?;
        let column = group_name(cursor)?;
        let direction = if cursor.take("desc") {
            Direction::Descending
        } else {
            cursor.take("asc");
            Direction::Ascending
        };
        select.order = Some(Order { column, direction });
    }
    if let Some((limit, offset)) = limit(cursor, "slimit", "soffset")? {
        (select.slimit, select.soffset) = (Some(limit), offset);
    }
    if let Some((limit, offset)) = limit(cursor, "limit", "offset")? {
        (select.limit, select.offset) = (Some(limit), offset);
    }
    Ok(select)
}

/// `limit n [offset m]` or `limit m, n`
fn limit(cursor: &mut Cursor<'_>, limit: &str, offset: &str) -> Parsed<Option<(u64, u64)>> {
    if !cursor.take(limit) {
        return Ok(None);
    }
    let first = count(cursor)?;
    if cursor.take(offset) {
        return Ok(Some((first, count(cursor)?)));
    }
    if cursor.take(",") {
        return Ok(Some((count(cursor)?, first)));
    }
    Ok(Some((first, 0)))
}

fn count(cursor: &mut Cursor<'_>) -> Parsed<u64> {
    let number = super::table::signed_integer(cursor)?;
    let v3 = || v3::error(v3::PAR_OFFSET_LESS_ZERO);
    u64::try_from(number).map_err(|_| cursor.dialect().either(|| invalid("LIMIT/OFFSET value can not be negative"), v3))
}

fn item(cursor: &mut Cursor<'_>) -> Parsed<Item> {
    let start = cursor.peek().start;
    let expr = expr(cursor)?;
    let text = cursor.slice(start, cursor.last_end());
    let text = match expr {
        Expr::Constant(_) => unquote(text),
        // 3.x names a column as it was written.
        _ if cursor.v3() => text.to_owned(),
        _ => text.to_lowercase(),
    };
    let named = matches!(cursor.peek().kind, Kind::Word | Kind::Text | Kind::Name);
    let aliased = cursor.take("as") || named && !cursor.is("from");
    let alias = if aliased { Some(cursor.name()?) } else { None };
    Ok(Item { expr, alias, text })
}

fn expr(cursor: &mut Cursor<'_>) -> Parsed<Expr> {
    let token = cursor.peek();
    match token.kind {
        Kind::Integer | Kind::Float | Kind::Text => return literal(cursor).map(Expr::Constant),
        Kind::Sign if cursor.is("-") => return literal(cursor).map(Expr::Constant),
        Kind::Sign if cursor.take("*") => return Ok(Expr::All),
        Kind::Sign if cursor.is("(") && cursor.peek_after(1) == Kind::Word => {
            cursor.next();
            let name = cursor.name()?;
            cursor.expect(")")?;
            return Ok(Expr::Column(name));
        }
        Kind::Word => {}
        Kind::Name => return column_name(cursor).map(Expr::Column),
        _ => return Err(cursor.unexpected()),
    }
    if cursor.v3() {
        return v3_expr(cursor);
    }
    if cursor.peek_after(1) == Kind::Sign && cursor.text_of(token).eq_ignore_ascii_case("now") {
        // No function: the grammar knows it as a constant only.
        cursor.next();
        return Err(cursor.unexpected());
    }
    if cursor.text_of(token).eq_ignore_ascii_case("now") {
        return Err(invalid("invalid expression in select clause"));
    }
    let name = column_name(cursor)?;
    if !cursor.is("(") {
        if ["+", "-", "*", "/", "%"].iter().any(|sign| cursor.is(sign)) {
            return Err(unsupported(cursor));
        }
        return Ok(Expr::Column(name));
    }
    let arguments = arguments(cursor)?;
    let function = function(&name).ok_or_else(|| SqlError::of(codes::TSC_INVALID_SQL))?;
    Ok(Expr::Call { function, arguments })
}

/// A word of 3.x: `now`, a function, whose name may be a reserved word, or a column.
fn v3_expr(cursor: &mut Cursor<'_>) -> Parsed<Expr> {
    let text = cursor.text_of(cursor.peek());
    let call = cursor.is_call();
    if text.eq_ignore_ascii_case("now") {
        if !call {
            return literal(cursor).map(Expr::Constant);
        }
        let now = cursor.clone();
        cursor.next();
        if arguments(cursor)?.is_empty() && !cursor.is("+") && !cursor.is("-") {
            return Ok(Expr::Call { function: Function::Now, arguments: Vec::new() });
        }
        *cursor = now;
        return literal(cursor).map(Expr::Constant);
    }
    if !call {
        let name = column_name(cursor)?;
        if ["+", "-", "*", "/", "%"].iter().any(|sign| cursor.is(sign)) {
            return Err(unsupported(cursor));
        }
        return Ok(Expr::Column(name));
    }
    let name = cursor.word()?;
    let arguments = arguments(cursor)?;
    let function = function(&name)
        .or_else(|| (name == "timezone").then_some(Function::Timezone))
        .ok_or_else(|| v3::named(v3::PAR_INVALID_FUNCTION_NAME, &name))?;
    Ok(Expr::Call { function, arguments })
}

/// `(argument, ...)`
fn arguments(cursor: &mut Cursor<'_>) -> Parsed<Vec<Expr>> {
    cursor.expect("(")?;
    let mut arguments = Vec::new();
    if !cursor.take(")") {
        arguments.push(argument(cursor)?);
        while cursor.take(",") {
            arguments.push(argument(cursor)?);
        }
        cursor.expect(")")?;
    }
    Ok(arguments)
}

/// What the model does not do.
fn unsupported(cursor: &Cursor<'_>) -> SqlError {
    cursor.dialect().either(|| SqlError::of(codes::COM_OPS_NOT_SUPPORT), || v3::error(v3::OPS_NOT_SUPPORT))
}

/// A column's name. The table's name may stand before it; there is only one table.
fn column_name(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let name = group_name(cursor)?;
    let more = matches!(cursor.peek_after(1), Kind::Word | Kind::Name);
    if more && cursor.take(".") { group_name(cursor) } else { Ok(name) }
}

/// A column's name or `tbname`, a reserved word of 3.x.
fn group_name(cursor: &mut Cursor<'_>) -> Parsed<String> {
    if cursor.v3() && cursor.is("tbname") { cursor.word() } else { cursor.name() }
}

/// Functions take columns, `*` and constants; not other functions.
fn argument(cursor: &mut Cursor<'_>) -> Parsed<Expr> {
    if cursor.take("*") {
        return Ok(Expr::All);
    }
    if matches!(cursor.peek().kind, Kind::Word | Kind::Name) {
        return column_name(cursor).map(Expr::Column);
    }
    literal(cursor).map(Expr::Constant)
}

fn function(name: &str) -> Option<Function> {
    Some(match name {
        "count" => Function::Count,
        "sum" => Function::Sum,
        "avg" => Function::Avg,
        "min" => Function::Min,
        "max" => Function::Max,
        "first" => Function::First,
        "last" => Function::Last,
        "last_row" => Function::LastRow,
        "spread" => Function::Spread,
        "server_version" => Function::ServerVersion,
        "client_version" => Function::ClientVersion,
        "server_status" => Function::ServerStatus,
        "database" => Function::Database,
        "current_user" => Function::CurrentUser,
        _ => return None,
    })
}

/// The signs of comparisons.
const SIGNS: &[(&str, Comparison)] = &[
    ("=", Comparison::Equal),
    ("==", Comparison::Equal),
    ("<>", Comparison::NotEqual),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    ("<", Comparison::Less),
    (">=", Comparison::GreaterOrEqual),
    (">", Comparison::Greater),
    ("like", Comparison::Like),
];

fn any_of(cursor: &mut Cursor<'_>, depth: u32) -> Parsed<Condition> {
    let mut left = all_of(cursor, depth)?;
    while cursor.take("or") {
        left = Condition::Or(Box::new(left), Box::new(all_of(cursor, depth)?));
    }
    Ok(left)
}

fn all_of(cursor: &mut Cursor<'_>, depth: u32) -> Parsed<Condition> {
    let mut left = single(cursor, depth)?;
    while cursor.take("and") {
        left = Condition::And(Box::new(left), Box::new(single(cursor, depth)?));
    }
    Ok(left)
}

fn single(cursor: &mut Cursor<'_>, depth: u32) -> Parsed<Condition> {
    if cursor.take("(") {
        if depth == DEEPEST {
            return Err(cursor.unexpected());
        }
        let inner = any_of(cursor, depth + 1)?;
        cursor.expect(")")?;
        return Ok(inner);
    }
    if cursor.v3() && cursor.take("not") {
        if depth == DEEPEST {
            return Err(cursor.unexpected());
        }
        return Ok(Condition::Not(Box::new(single(cursor, depth + 1)?)));
    }
    let column = column_name(cursor)?;
    if cursor.take("is") {
        let negated = cursor.take("not");
        cursor.expect("null")?;
        return Ok(Condition::IsNull { column, negated });
    }
    // `not in`, `not like`, `not between`
    if cursor.v3() && cursor.take("not") {
        return Ok(Condition::Not(Box::new(compared(cursor, column)?)));
    }
    compared(cursor, column)
}

/// A comparison, after its column.
fn compared(cursor: &mut Cursor<'_>, column: String) -> Parsed<Condition> {
    if cursor.take("between") {
        let low = literal(cursor)?;
        cursor.expect("and")?;
        let high = literal(cursor)?;
        let compare = |comparison, value| Condition::Compare { column: column.clone(), comparison, value };
        return Ok(Condition::And(
            Box::new(compare(Comparison::GreaterOrEqual, low)),
            Box::new(compare(Comparison::LessOrEqual, high)),
        ));
    }
    if cursor.take("in") {
        cursor.expect("(")?;
        let mut values: Vec<Literal> = vec![literal(cursor)?];
        while cursor.take(",") {
            values.push(literal(cursor)?);
        }
        cursor.expect(")")?;
        return Ok(Condition::In { column, values });
    }
    let Some((_, comparison)) = SIGNS.iter().find(|(sign, _)| cursor.take(sign)) else {
        let v2 = cursor.at_end() && !cursor.v3();
        return Err(if v2 { invalid("invalid expression") } else { cursor.unexpected() });
    };
    Ok(Condition::Compare { column, comparison: *comparison, value: literal(cursor)? })
}
