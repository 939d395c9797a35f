use super::{Cursor, Kind, Parsed};
use crate::{
    ast::Show,
    system::{SystemShow, SystemTable},
};

/// Those that show all of a table.
const WHOLE: &[(&str, SystemTable)] = &[
    ("dnodes", SystemTable::Dnodes),
    ("mnodes", SystemTable::Mnodes),
    ("qnodes", SystemTable::Qnodes),
    ("snodes", SystemTable::Snodes),
    ("users", SystemTable::Users),
    ("functions", SystemTable::Functions),
    ("streams", SystemTable::Streams),
    ("connections", SystemTable::Connections),
    ("queries", SystemTable::Queries),
    ("consumers", SystemTable::Consumers),
    ("transactions", SystemTable::Transactions),
    ("apps", SystemTable::Apps),
    ("grants", SystemTable::Grants),
    ("licences", SystemTable::Grants),
    ("variables", SystemTable::Configs),
];

/// What follows `show`, but for `show create`.
pub(super) fn show(cursor: &mut Cursor<'_>) -> Parsed<Show> {
    if let Some((_, table)) = WHOLE.iter().find(|(word, _)| cursor.take(word)) {
        return Ok(Show::System(SystemShow::all(*table)));
    }
    if cursor.take("cluster") {
        if cursor.take("alive") {
            return Ok(Show::Alive { database: None });
        }
        let table = if cursor.take("variables") { SystemTable::Configs } else { SystemTable::Cluster };
        return Ok(Show::System(SystemShow::all(table)));
    }
    if cursor.take("local") {
        cursor.expect("variables")?;
        return Ok(Show::LocalVariables);
    }
    if cursor.take("dnode") {
        let dnode = Some(cursor.integer()?);
        cursor.expect("variables")?;
        return Ok(Show::System(SystemShow { dnode, ..SystemShow::all(SystemTable::DnodeVariables) }));
    }
    if cursor.take("vnodes") {
        if cursor.take("on") {
            cursor.expect("dnode")?;
        }
        let dnode = if cursor.at_end() { None } else { Some(cursor.integer()?) };
        return Ok(Show::System(SystemShow { dnode, ..SystemShow::all(SystemTable::Vnodes) }));
    }
    if cursor.take("databases") {
        return Ok(Show::System(SystemShow { only: Some("name"), ..SystemShow::all(SystemTable::Databases) }));
    }
    if cursor.take("topics") {
        return Ok(Show::System(SystemShow { only: Some("topic_name"), ..SystemShow::all(SystemTable::Topics) }));
    }
    if cursor.take("tags") {
        return tags(cursor).map(Show::System);
    }
    of_database(cursor)
}

/// `show tags from t [from d]`
fn tags(cursor: &mut Cursor<'_>) -> Parsed<SystemShow> {
    cursor.expect("from")?;
    let table = super::table::table_name(cursor)?;
    let database = if cursor.take("from") { Some(cursor.name()?) } else { table.database };
    let all = SystemShow::all(SystemTable::Tags);
    Ok(SystemShow { database, of_database: true, of_table: Some(table.table), ..all })
}

fn of_database(cursor: &mut Cursor<'_>) -> Parsed<Show> {
    let kind = match ["normal", "child"].into_iter().find(|word| cursor.is(word) && cursor.peek_after(1) == Kind::Word)
    {
        Some(word) => {
            cursor.take(word);
            Some(word)
        }
        None => None,
    };
    let mut database = None;
    if !["tables", "stables", "vgroups"].iter().any(|word| cursor.is(word)) {
        database = Some(cursor.name()?);
        cursor.expect(".")?;
        if cursor.is("alive") {
            cursor.next();
            return Ok(Show::Alive { database });
        }
    }
    let (table, only) = if cursor.take("vgroups") {
        (SystemTable::Vgroups, None)
    } else if cursor.take("tables") {
        (SystemTable::Tables, Some("table_name"))
    } else if cursor.take("stables") {
        (SystemTable::Stables, Some("stable_name"))
    } else {
        return Err(cursor.unexpected());
    };
    let like = match only {
        Some(column) if cursor.take("like") => Some((column, cursor.name_as_written()?)),
        _ => None,
    };
    let kind = match kind {
        Some("normal") => Some("NORMAL_TABLE"),
        Some(_) => Some("CHILD_TABLE"),
        None => None,
    };
    Ok(Show::System(SystemShow { only, database, of_database: true, like, kind, ..SystemShow::all(table) }))
}
