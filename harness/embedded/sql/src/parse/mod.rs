//! The grammars of 2.1.1.0 and 3.x, with the texts of their errors. What they share is here; [`v3`] has what only 3.x has.

mod admin;
mod cursor;
mod insert;
mod lexer;
mod literal;
mod reserved;
mod select;
mod show;
mod table;
mod v3;

use cursor::{Cursor, Parsed};
pub(crate) use cursor::{invalid, invalid_near};

use crate::{
    Dialect, SqlError,
    ast::{DropMode, Statement},
};

/// Understands one statement of 2.1.1.0, up to its first `;` outside quotes or its end.
///
/// The error has the code and text that the client library of 2.1.1.0 gives without asking a server. Other versions:
/// [`Dialect::parse`].
pub fn parse(sql: &str) -> Result<Statement, SqlError> {
    parse_in(Dialect::V2, sql)
}

pub(crate) fn parse_in(dialect: Dialect, sql: &str) -> Result<Statement, SqlError> {
    let mut cursor = Cursor::new(dialect, sql);
    let statement = if dialect.is_v3() { v3::statement(&mut cursor)? } else { statement(&mut cursor)? };
    // The client's own parser of `insert` has looked at the end itself.
    if !matches!(statement, Statement::Insert(_)) {
        cursor.end()?;
    }
    Ok(statement)
}

fn statement(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    if cursor.take("insert") || cursor.take("import") {
        insert::insert(cursor).map(Statement::Insert)
    } else if cursor.take("select") {
        select::select(cursor).map(Statement::Select)
    } else if cursor.take("show") {
        show::show(cursor)
    } else if cursor.take("create") {
        create(cursor)
    } else if cursor.take("drop") {
        drop(cursor)
    } else if cursor.take("alter") {
        alter(cursor)
    } else if cursor.take("use") {
        let name = if cursor.peek().kind == lexer::Kind::Integer {
            return Err(invalid("invalid db name"));
        } else {
            cursor.name()?
        };
        Ok(Statement::Use { name })
    } else if cursor.take("describe") {
        Ok(Statement::Describe { table: table::table_name(cursor)? })
    } else if cursor.take("reset") {
        cursor.expect("query")?;
        cursor.expect("cache")?;
        Ok(Statement::ResetQueryCache)
    } else if cursor.take("kill") {
        admin::kill(cursor)
    } else {
        Err(cursor.unexpected())
    }
}

fn create(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    if cursor.take("database") {
        admin::create_database(cursor)
    } else if cursor.take("table") {
        table::create_table(cursor, false)
    } else if cursor.take("stable") {
        table::create_table(cursor, true)
    } else if cursor.take("dnode") {
        Ok(Statement::CreateDnode { end_point: cursor.name_as_written()? })
    } else if cursor.take("user") {
        admin::create_user(cursor)
    } else if cursor.take("account") {
        admin::account(cursor, crate::ast::AccountChange::Create)
    } else {
        Err(cursor.unexpected())
    }
}

fn drop(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    if cursor.take("database") {
        let if_exists = table::if_exists(cursor)?;
        Ok(Statement::DropDatabase { name: cursor.name()?, if_exists })
    } else if cursor.take("table") {
        table::drop_table(cursor, false)
    } else if cursor.take("stable") {
        table::drop_table(cursor, true)
    } else if cursor.take("dnode") {
        Ok(Statement::DropDnode { dnode: admin::dnode(cursor)?, mode: DropMode::Safe })
    } else if cursor.take("user") {
        Ok(Statement::DropUser { name: cursor.name_as_written()? })
    } else if cursor.take("account") {
        admin::account(cursor, crate::ast::AccountChange::Drop)
    } else {
        Err(cursor.unexpected())
    }
}

fn alter(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    if cursor.take("database") {
        admin::alter_database(cursor)
    } else if cursor.take("table") || cursor.take("stable") {
        table::alter_table(cursor)
    } else if cursor.take("dnode") {
        admin::alter_dnode(cursor)
    } else if cursor.take("local") {
        admin::alter_local(cursor)
    } else if cursor.take("user") {
        admin::alter_user(cursor)
    } else if cursor.take("account") {
        admin::account(cursor, crate::ast::AccountChange::Alter)
    } else {
        Err(cursor.unexpected())
    }
}

#[cfg(test)]
mod tests;
