//! What only 3.x has. Source: `sql.y` of 3.3.0.1.

mod database;
mod node;
mod reserved;
mod show;
#[cfg(test)]
mod tests;

pub(super) use reserved::RESERVED;

use super::{
    Cursor, Parsed, admin,
    insert::insert,
    lexer::Kind,
    select::{condition, select},
    show::show_create,
    table,
};
use crate::{
    SqlError,
    ast::{ClusterStatement, DropMode, Maintenance, NodeKind, Statement, UserChange},
    codes::v3,
};

pub(super) fn statement(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    if cursor.take("insert") {
        insert(cursor).map(Statement::Insert)
    } else if cursor.take("select") {
        select(cursor).map(Statement::Select)
    } else if cursor.take("show") {
        if cursor.take("create") { show_create(cursor) } else { show::show(cursor).map(Statement::Show) }
    } else if cursor.take("create") {
        create(cursor)
    } else if cursor.take("drop") {
        drop(cursor)
    } else if cursor.take("alter") {
        alter(cursor)
    } else if cursor.take("use") {
        Ok(Statement::Use { name: cursor.name()? })
    } else if cursor.take("describe") || cursor.take("desc") {
        Ok(Statement::Describe { table: table::table_name(cursor)? })
    } else if cursor.take("delete") {
        cursor.expect("from")?;
        let table = table::table_name(cursor)?;
        let condition = if cursor.take("where") { Some(condition(cursor)?) } else { None };
        Ok(Statement::Delete { table, condition })
    } else if cursor.take("reset") {
        cursor.expect("query")?;
        cursor.expect("cache")?;
        Ok(Statement::ResetQueryCache)
    } else if cursor.take("kill") {
        admin::kill(cursor)
    } else if cursor.is("grant") || cursor.is("revoke") {
        // An enterprise feature; its grammar is not looked at.
        Err(v3::error(v3::OPS_NOT_SUPPORT))
    } else {
        cluster(cursor).map(Statement::Cluster)
    }
}

fn cluster(cursor: &mut Cursor<'_>) -> Parsed<ClusterStatement> {
    for (word, what) in [("flush", Maintenance::Flush), ("compact", Maintenance::Compact), ("trim", Maintenance::Trim)]
    {
        if cursor.take(word) {
            cursor.expect("database")?;
            let database = cursor.name()?;
            // `compact` takes a range of time, `trim` a speed.
            while what != Maintenance::Flush && !cursor.at_end() {
                cursor.next();
            }
            return Ok(ClusterStatement::Maintain { what, database });
        }
    }
    if cursor.take("balance") {
        cursor.expect("vgroup")?;
        if cursor.take("leader") {
            if cursor.take("on") {
                cursor.integer()?;
            } else if cursor.take("database") {
                cursor.name()?;
            }
            return Ok(ClusterStatement::BalanceVgroupLeader);
        }
        Ok(ClusterStatement::BalanceVgroup)
    } else if cursor.take("redistribute") {
        cursor.expect("vgroup")?;
        let vgroup = cursor.integer()?;
        let mut dnodes = Vec::new();
        while cursor.take("dnode") {
            dnodes.push(cursor.integer()?);
        }
        if !(1..=3).contains(&dnodes.len()) {
            let none = dnodes.is_empty();
            return Err(if none { cursor.unexpected() } else { v3::error(v3::PAR_INVALID_REDISTRIBUTE_VG) });
        }
        Ok(ClusterStatement::RedistributeVgroup { vgroup, dnodes })
    } else if cursor.take("split") {
        cursor.expect("vgroup")?;
        let vgroup = cursor.integer()?;
        cursor.take("force");
        Ok(ClusterStatement::SplitVgroup { vgroup })
    } else if cursor.take("restore") {
        if !["dnode", "mnode", "vnode", "qnode"].iter().any(|word| cursor.take(word)) {
            return Err(cursor.unexpected());
        }
        if cursor.take("on") {
            cursor.expect("dnode")?;
        }
        Ok(ClusterStatement::Restore { dnode: cursor.integer()? })
    } else {
        Err(cursor.unexpected())
    }
}

/// Takes `mnode on dnode N` and the like.
fn node_on(cursor: &mut Cursor<'_>) -> Parsed<Option<(NodeKind, i64)>> {
    for (word, kind) in [("mnode", NodeKind::Mnode), ("qnode", NodeKind::Qnode), ("snode", NodeKind::Snode)] {
        if cursor.take(word) {
            cursor.expect("on")?;
            cursor.expect("dnode")?;
            return Ok(Some((kind, cursor.integer()?)));
        }
    }
    Ok(None)
}

fn create(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    if cursor.take("database") {
        database::create(cursor)
    } else if cursor.take("table") {
        table::create_table(cursor, false)
    } else if cursor.take("stable") {
        table::create_table(cursor, true)
    } else if cursor.take("dnode") {
        Ok(Statement::CreateDnode { end_point: node::end_point(cursor)? })
    } else if cursor.take("user") {
        let created = admin::create_user(cursor)?;
        if cursor.take("sysinfo") {
            cursor.integer()?;
        }
        Ok(created)
    } else if let Some((kind, dnode)) = node_on(cursor)? {
        Ok(Statement::Cluster(ClusterStatement::CreateNode { kind, dnode }))
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
        let dnode = node::dnode(cursor)?;
        let mode = if cursor.take("force") {
            DropMode::Force
        } else if cursor.take("unsafe") {
            DropMode::Unsafe
        } else {
            DropMode::Safe
        };
        Ok(Statement::DropDnode { dnode, mode })
    } else if cursor.take("user") {
        Ok(Statement::DropUser { name: cursor.name_as_written()? })
    } else if let Some((kind, dnode)) = node_on(cursor)? {
        Ok(Statement::Cluster(ClusterStatement::DropNode { kind, dnode }))
    } else {
        Err(cursor.unexpected())
    }
}

fn alter(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    if cursor.take("database") {
        database::alter(cursor)
    } else if cursor.take("table") || cursor.take("stable") {
        table::alter_table(cursor)
    } else if cursor.take("dnode") {
        let dnode = node::dnode(cursor)?;
        let (option, value) = option_and_value(cursor)?;
        Ok(Statement::AlterDnode { dnode, option, value })
    } else if cursor.take("all") {
        cursor.expect("dnodes")?;
        let (option, value) = option_and_value(cursor)?;
        Ok(Statement::Cluster(ClusterStatement::AlterAllDnodes { option, value }))
    } else if cursor.take("local") {
        let (option, value) = option_and_value(cursor)?;
        Ok(Statement::AlterLocal { option, value })
    } else if cursor.take("user") {
        let name = cursor.name_as_written()?;
        let change = if cursor.take("pass") {
            UserChange::Password(admin::password(cursor)?)
        } else if cursor.take("enable") {
            UserChange::Enable(cursor.integer()? != 0)
        } else {
            cursor.expect("sysinfo")?;
            UserChange::SysInfo(cursor.integer()? != 0)
        };
        Ok(Statement::AlterUser { name, change })
    } else {
        Err(cursor.unexpected())
    }
}

/// `'option' ['value']`
fn option_and_value(cursor: &mut Cursor<'_>) -> Parsed<(String, Option<String>)> {
    let option = text_of(cursor)?;
    // `'debugFlag 131'` in one text is as good.
    if let Some((name, value)) = option.split_once(' ') {
        return Ok((name.to_owned(), Some(value.trim().to_owned())));
    }
    let value = if cursor.at_end() { None } else { Some(text_of(cursor)?) };
    Ok((option, value))
}

fn text_of(cursor: &mut Cursor<'_>) -> Parsed<String> {
    if cursor.peek().kind == Kind::Text { cursor.name_as_written() } else { Err(cursor.unexpected()) }
}

/// An option of a table that changes nothing here: `comment 'x'`, `ttl 10` and the like. False if there is none.
pub(super) fn table_option(cursor: &mut Cursor<'_>) -> Parsed<bool> {
    if cursor.take("comment") {
        text_of(cursor)?;
    } else if cursor.take("ttl") {
        cursor.integer()?;
    } else if cursor.take("sma") {
        table::name_list(cursor)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// What is said of an identifier that is too long.
pub(super) fn bad_name(name: &str) -> SqlError {
    v3::named(v3::PAR_INVALID_IDENTIFIER_NAME, name)
}
