use super::{Cursor, Parsed, invalid, lexer::Kind, literal::literal, v3::table_option};
use crate::{
    ColumnKind, Dialect, SqlError,
    ast::{ColumnDef, CreateSubTable, Literal, Statement, TableChange, TableName, Using},
    codes::v3,
};

/// The most bytes of a text column.
const WIDEST_TEXT: i64 = 16_374;
/// The same in 3.x.
const WIDEST_V3_TEXT: i64 = 65_517;
/// The most characters of an `nchar` column.
const WIDEST_NCHAR: i64 = 4_093;

pub(super) fn if_not_exists(cursor: &mut Cursor<'_>) -> Parsed<bool> {
    if !cursor.take("if") {
        return Ok(false);
    }
    cursor.expect("not")?;
    cursor.expect("exists")?;
    Ok(true)
}

pub(super) fn if_exists(cursor: &mut Cursor<'_>) -> Parsed<bool> {
    if !cursor.take("if") {
        return Ok(false);
    }
    cursor.expect("exists")?;
    Ok(true)
}

pub(super) fn signed_integer(cursor: &mut Cursor<'_>) -> Parsed<i64> {
    let negative = cursor.take("-");
    let number = cursor.integer()?;
    Ok(if negative { -number } else { number })
}

/// `[database.]table`
pub(super) fn table_name(cursor: &mut Cursor<'_>) -> Parsed<TableName> {
    let first = cursor.name()?;
    if cursor.take(".") {
        return Ok(TableName { database: Some(first), table: cursor.name()? });
    }
    Ok(TableName { database: None, table: first })
}

pub(super) fn create_table(cursor: &mut Cursor<'_>, stable: bool) -> Parsed<Statement> {
    let if_not_exists = if_not_exists(cursor)?;
    let table = table_name(cursor)?;
    if cursor.is("using") && !stable {
        return sub_tables(cursor, table, if_not_exists);
    }
    let columns = column_list(cursor)?;
    let mut tags = Vec::new();
    if stable || cursor.is("tags") {
        cursor.expect("tags")?;
        tags = column_list(cursor)?;
    }
    while cursor.v3() && table_option(cursor)? {}
    check_columns(cursor.dialect(), &columns, &tags)?;
    Ok(Statement::CreateTable { table, if_not_exists, columns, tags })
}

fn check_columns(dialect: Dialect, columns: &[ColumnDef], tags: &[ColumnDef]) -> Parsed<()> {
    let wrong = |v2: &str, code: i32| dialect.either(|| invalid(v2), || v3::error(code));
    if columns.len() < 2 || columns.len() > dialect.either(|| 1_024, || 4_096) {
        return Err(wrong("illegal number of columns", v3::PAR_INVALID_COLUMNS_NUM));
    }
    if !columns.first().is_some_and(|first| first.kind == ColumnKind::Timestamp) {
        return Err(wrong("first column must be timestamp", v3::PAR_INVALID_FIRST_COLUMN));
    }
    let mut names: Vec<_> = columns.iter().chain(tags).map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(wrong("duplicated column names", v3::PAR_DUPLICATED_COLUMN));
    }
    Ok(())
}

fn column_list(cursor: &mut Cursor<'_>) -> Parsed<Vec<ColumnDef>> {
    cursor.expect("(")?;
    let mut columns = vec![column(cursor)?];
    while cursor.take(",") {
        columns.push(column(cursor)?);
    }
    cursor.expect(")")?;
    Ok(columns)
}

fn column(cursor: &mut Cursor<'_>) -> Parsed<ColumnDef> {
    let name = cursor.name()?;
    let start = cursor.peek().start;
    let word = cursor.word()?;
    let width = if cursor.take("(") {
        let width = signed_integer(cursor)?;
        cursor.expect(")")?;
        Some(width)
    } else {
        None
    };
    let unsigned = width.is_none() && cursor.take("unsigned");
    let kind = match (word.as_str(), unsigned) {
        ("timestamp", false) => ColumnKind::Timestamp,
        ("bool", false) => ColumnKind::Bool,
        ("tinyint", false) => ColumnKind::TinyInt,
        ("smallint", false) => ColumnKind::SmallInt,
        ("int" | "integer", false) => ColumnKind::Int,
        ("bigint", false) => ColumnKind::BigInt,
        ("tinyint", true) => ColumnKind::UTinyInt,
        ("smallint", true) => ColumnKind::USmallInt,
        ("int" | "integer", true) => ColumnKind::UInt,
        ("bigint", true) => ColumnKind::UBigInt,
        ("float", false) => ColumnKind::Float,
        ("double", false) => ColumnKind::Double,
        ("binary", false) => ColumnKind::Binary(text_width(cursor, width, WIDEST_TEXT)?),
        ("varchar", false) if cursor.v3() => ColumnKind::Binary(text_width(cursor, width, WIDEST_V3_TEXT)?),
        ("nchar", false) => ColumnKind::NChar(text_width(cursor, width, WIDEST_NCHAR)?),
        _ if cursor.v3() => {
            let rest = cursor.slice(start, usize::MAX);
            return Err(SqlError::new(v3::PAR_SYNTAX_ERROR, format!("syntax error near \"{rest}\"")));
        }
        _ => return Err(invalid("invalid data type")),
    };
    // How 3.3 stores a column changes nothing here.
    while cursor.v3() && ["encode", "compress", "level"].iter().any(|word| cursor.take(word)) {
        cursor.name_as_written()?;
    }
    Ok(ColumnDef { name, kind })
}

fn text_width(cursor: &Cursor<'_>, width: Option<i64>, most: i64) -> Parsed<u16> {
    width.filter(|width| (1..=most).contains(width)).and_then(|width| u16::try_from(width).ok()).ok_or_else(|| {
        let v3 = || v3::error(v3::PAR_INVALID_VAR_COLUMN_LEN);
        cursor.dialect().either(|| invalid("invalid binary/nchar column length"), v3)
    })
}

/// `create table a using s tags(..) [if not exists] b using ...`, after the first name.
fn sub_tables(cursor: &mut Cursor<'_>, table: TableName, if_not_exists_first: bool) -> Parsed<Statement> {
    let mut tables = vec![CreateSubTable { table, if_not_exists: if_not_exists_first, using: using(cursor)? }];
    loop {
        while cursor.v3() && table_option(cursor)? {}
        if cursor.at_end() {
            break;
        }
        let if_not_exists = if_not_exists(cursor)?;
        let table = table_name(cursor)?;
        tables.push(CreateSubTable { table, if_not_exists, using: using(cursor)? });
    }
    Ok(Statement::CreateSubTables(tables))
}

/// `using super [(tag, ...)] tags (value, ...)`
pub(super) fn using(cursor: &mut Cursor<'_>) -> Parsed<Using> {
    cursor.expect("using")?;
    let parent = table_name(cursor)?;
    let names = if cursor.is("(") { Some(name_list(cursor)?) } else { None };
    cursor.expect("tags")?;
    cursor.expect("(")?;
    let mut tags = vec![tag_value(cursor)?];
    while cursor.take(",") {
        tags.push(tag_value(cursor)?);
    }
    cursor.expect(")")?;
    Ok(Using { parent, names, tags, dialect: cursor.dialect() })
}

fn tag_value(cursor: &mut Cursor<'_>) -> Parsed<Literal> {
    // A bare word is a text here.
    if cursor.peek().kind == Kind::Word && super::literal::word(cursor.text_of(cursor.peek())).is_none() {
        return cursor.name_as_written().map(Literal::Text);
    }
    literal(cursor)
}

/// `(name, ...)`
pub(super) fn name_list(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    cursor.expect("(")?;
    let mut names = vec![cursor.name()?];
    while cursor.take(",") {
        names.push(cursor.name()?);
    }
    cursor.expect(")")?;
    Ok(names)
}

pub(super) fn drop_table(cursor: &mut Cursor<'_>, stable: bool) -> Parsed<Statement> {
    let if_exists = if_exists(cursor)?;
    Ok(Statement::DropTable { table: table_name(cursor)?, if_exists, stable })
}

pub(super) fn alter_table(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let table = table_name(cursor)?;
    let change = if cursor.take("add") {
        if cursor.take("column") {
            TableChange::AddColumn(column(cursor)?)
        } else {
            cursor.expect("tag")?;
            TableChange::AddTag(column(cursor)?)
        }
    } else if cursor.take("drop") {
        if cursor.take("column") {
            TableChange::DropColumn(cursor.name()?)
        } else {
            cursor.expect("tag")?;
            TableChange::DropTag(cursor.name()?)
        }
    } else if cursor.v3() && cursor.take("modify") {
        if cursor.take("column") {
            TableChange::ModifyColumn(column(cursor)?)
        } else {
            cursor.expect("tag")?;
            TableChange::ModifyTag(column(cursor)?)
        }
    } else if cursor.v3() && cursor.take("rename") {
        if cursor.take("column") {
            TableChange::RenameColumn { from: cursor.name()?, to: cursor.name()? }
        } else {
            cursor.expect("tag")?;
            TableChange::RenameTag { from: cursor.name()?, to: cursor.name()? }
        }
    } else if cursor.take("change") {
        cursor.expect("tag")?;
        TableChange::RenameTag { from: cursor.name()?, to: cursor.name()? }
    } else if cursor.take("set") {
        cursor.expect("tag")?;
        let name = cursor.name()?;
        cursor.expect("=")?;
        TableChange::SetTag { name, value: tag_value(cursor)? }
    } else {
        return Err(cursor.unexpected());
    };
    Ok(Statement::AlterTable { table, change })
}
