use super::{
    Cursor, Parsed, invalid,
    lexer::{Kind, unquote},
    literal::literal,
    table::table_name,
};
use crate::{
    SqlError,
    ast::{Comparison, Condition, Direction, Expr, Function, Item, Literal, Order, Select},
    codes,
};

/// Conditions nest at most this deep.
const DEEPEST: u32 = 64;

/// What follows `select`.
pub(super) fn select(cursor: &mut Cursor<'_>) -> Parsed<Select> {
    let distinct = cursor.take("distinct");
    let mut items = vec![item(cursor)?];
    while cursor.take(",") {
        items.push(item(cursor)?);
    }
    let mut select = Select { distinct, items, ..Select::default() };
    if !cursor.take("from") {
        let constant = |item: &Item| matches!(item.expr, Expr::Constant(_) | Expr::Call { .. });
        if cursor.at_end() && !select.items.iter().all(constant) {
            return Err(invalid("invalid expression in select clause"));
        }
        return Ok(select);
    }
    select.from = Some(table_name(cursor)?);
    // An alias of the table is accepted; nothing can be prefixed with it.
    let at_clause = ["where", "group", "order", "limit", "slimit", "interval"].iter().any(|word| cursor.is(word));
    if cursor.peek().kind == Kind::Word && !at_clause {
        cursor.name()?;
    }
    if cursor.take("where") {
        select.condition = Some(any_of(cursor, 0)?);
    }
    if ["interval", "session", "fill", "having", "union"].iter().any(|word| cursor.is(word)) || cursor.is(",") {
        return Err(SqlError::of(codes::COM_OPS_NOT_SUPPORT));
    }
    if cursor.take("group") {
        cursor.expect("by")?;
        select.group_by = vec![cursor.name()?];
        while cursor.take(",") {
            select.group_by.push(cursor.name()?);
        }
    }
    if cursor.take("order") {
        cursor.expect("by")?;
        let column = cursor.name()?;
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
    u64::try_from(number).map_err(|_| invalid("LIMIT/OFFSET value can not be negative"))
}

fn item(cursor: &mut Cursor<'_>) -> Parsed<Item> {
    let start = cursor.peek().start;
    let expr = expr(cursor)?;
    let text = cursor.slice(start, cursor.last_end());
    let text = if matches!(expr, Expr::Constant(_)) { unquote(text) } else { text.to_lowercase() };
    let aliased = cursor.take("as") || matches!(cursor.peek().kind, Kind::Word | Kind::Text) && !cursor.is("from");
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
        _ => return Err(cursor.unexpected()),
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
            return Err(SqlError::of(codes::COM_OPS_NOT_SUPPORT));
        }
        return Ok(Expr::Column(name));
    }
    cursor.next();
    let mut arguments = Vec::new();
    if !cursor.take(")") {
        arguments.push(argument(cursor)?);
        while cursor.take(",") {
            arguments.push(argument(cursor)?);
        }
        cursor.expect(")")?;
    }
    let function = function(&name).ok_or_else(|| SqlError::of(codes::TSC_INVALID_SQL))?;
    Ok(Expr::Call { function, arguments })
}

/// A column's name. The table's name may stand before it; there is only one table.
fn column_name(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let name = cursor.name()?;
    if cursor.peek_after(1) == Kind::Word && cursor.take(".") { cursor.name() } else { Ok(name) }
}

/// Functions take columns, `*` and constants; not other functions.
fn argument(cursor: &mut Cursor<'_>) -> Parsed<Expr> {
    if cursor.take("*") {
        return Ok(Expr::All);
    }
    if cursor.peek().kind == Kind::Word {
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
    let column = column_name(cursor)?;
    if cursor.take("is") {
        let negated = cursor.take("not");
        cursor.expect("null")?;
        return Ok(Condition::IsNull { column, negated });
    }
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
        return Err(if cursor.at_end() { invalid("invalid expression") } else { cursor.unexpected() });
    };
    Ok(Condition::Compare { column, comparison: *comparison, value: literal(cursor)? })
}
