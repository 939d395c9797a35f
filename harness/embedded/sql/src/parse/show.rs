use super::{Cursor, Parsed, invalid, lexer::Kind, table::table_name};
use crate::ast::{Show, Statement};

pub(super) fn show(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    const PLAIN: &[(&str, Show)] = &[
        ("dnodes", Show::Dnodes),
        ("mnodes", Show::Mnodes),
        ("databases", Show::Databases),
        ("variables", Show::Variables),
        ("users", Show::Users),
        ("accounts", Show::Accounts),
        ("connections", Show::Connections),
        ("queries", Show::Queries),
        ("streams", Show::Streams),
        ("modules", Show::Modules),
        ("grants", Show::Grants),
        ("scores", Show::Scores),
        ("topics", Show::Topics),
    ];
    if let Some((_, what)) = PLAIN.iter().find(|(word, _)| cursor.take(word)) {
        return Ok(Statement::Show(what.clone()));
    }
    if cursor.take("vnodes") {
        if cursor.at_end() {
            return Err(invalid("No specified ip of dnode"));
        }
        if cursor.peek().kind != Kind::Address {
            return Err(cursor.unexpected());
        }
        let token = cursor.next();
        let end_point = Some(cursor.text_of(token).to_owned());
        return Ok(Statement::Show(Show::Vnodes { end_point }));
    }
    if cursor.take("create") {
        return show_create(cursor);
    }
    of_database(cursor).map(Statement::Show)
}

/// What follows `show create`.
pub(super) fn show_create(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let what = if cursor.take("database") {
        Show::CreateDatabase(cursor.name()?)
    } else if cursor.take("table") || cursor.take("stable") {
        Show::CreateTable(table_name(cursor)?)
    } else {
        return Err(cursor.unexpected());
    };
    Ok(Statement::Show(what))
}

fn of_database(cursor: &mut Cursor<'_>) -> Parsed<Show> {
    let mut database = None;
    if !["tables", "stables", "vgroups"].iter().any(|word| cursor.is(word)) {
        database = Some(cursor.name()?);
        cursor.expect(".")?;
    }
    if cursor.take("vgroups") {
        Ok(Show::Vgroups { database })
    } else if cursor.take("tables") {
        Ok(Show::Tables { database, like: like(cursor)? })
    } else if cursor.take("stables") {
        Ok(Show::Stables { database, like: like(cursor)? })
    } else {
        Err(cursor.unexpected())
    }
}

fn like(cursor: &mut Cursor<'_>) -> Parsed<Option<String>> {
    if cursor.take("like") { cursor.name_as_written().map(Some) } else { Ok(None) }
}
