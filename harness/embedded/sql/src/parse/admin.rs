use super::{
    Cursor, Parsed, invalid,
    lexer::Kind,
    table::{if_not_exists, signed_integer},
};
use crate::{
    Precision,
    ast::{AccountChange, DatabaseOptions, DnodeRef, Statement, UserChange},
    codes::v3,
};

/// Names of databases have at most this many bytes.
const LONGEST_DATABASE_NAME: usize = 32;

pub(super) fn create_database(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let if_not_exists = if_not_exists(cursor)?;
    let name = cursor.name()?;
    let mut options = DatabaseOptions::default();
    while !cursor.at_end() {
        if cursor.take("precision") {
            options.precision = Some(precision(cursor)?);
        } else if !common_option(cursor, &mut options)? && !create_option(cursor, &mut options)? {
            return Err(cursor.unexpected());
        }
    }
    if name.len() > LONGEST_DATABASE_NAME {
        return Err(invalid("name too long"));
    }
    check(&options)?;
    Ok(Statement::CreateDatabase { name, if_not_exists, options })
}

pub(super) fn alter_database(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let name = cursor.name()?;
    let mut options = DatabaseOptions::default();
    while !cursor.at_end() {
        if !common_option(cursor, &mut options)? {
            return Err(cursor.unexpected());
        }
    }
    check(&options)?;
    Ok(Statement::AlterDatabase { name, options })
}

fn precision(cursor: &mut Cursor<'_>) -> Parsed<Precision> {
    if cursor.peek().kind != Kind::Text {
        return Err(cursor.unexpected());
    }
    match cursor.name_as_written()?.to_lowercase().as_str() {
        "ms" => Ok(Precision::Milli),
        "us" => Ok(Precision::Micro),
        _ => Err(invalid("invalid time precision")),
    }
}

/// The options that both statements have. False if the current token is none of them.
fn common_option(cursor: &mut Cursor<'_>, options: &mut DatabaseOptions) -> Parsed<bool> {
    let slot = if cursor.take("replica") {
        &mut options.replica
    } else if cursor.take("quorum") {
        &mut options.quorum
    } else if cursor.take("blocks") {
        &mut options.blocks
    } else if cursor.take("comp") {
        &mut options.comp
    } else if cursor.take("wal") {
        &mut options.wal
    } else if cursor.take("fsync") {
        &mut options.fsync
    } else if cursor.take("update") {
        &mut options.update
    } else if cursor.take("cachelast") {
        &mut options.cache_last
    } else if cursor.take("keep") {
        options.keep = vec![signed_integer(cursor)?];
        while cursor.take(",") {
            options.keep.push(signed_integer(cursor)?);
        }
        return Ok(true);
    } else {
        return Ok(false);
    };
    *slot = Some(cursor.integer()?);
    Ok(true)
}

/// The options of `create database` alone.
fn create_option(cursor: &mut Cursor<'_>, options: &mut DatabaseOptions) -> Parsed<bool> {
    let slot = if cursor.take("days") {
        &mut options.days
    } else if cursor.take("cache") {
        &mut options.cache
    } else if cursor.take("minrows") {
        &mut options.min_rows
    } else if cursor.take("maxrows") {
        &mut options.max_rows
    } else if cursor.take("ctime") {
        &mut options.ctime
    } else {
        return Ok(false);
    };
    *slot = Some(cursor.integer()?);
    Ok(true)
}

/// The ranges that the client library checks itself; the mnode checks the others.
fn check(options: &DatabaseOptions) -> Parsed<()> {
    let ranges = [
        (options.cache, "cacheBlockSize", 1, 128),
        (options.replica, "replications", 1, 3),
        (options.days, "daysPerFile", 1, 3_650),
        (options.fsync, "fsyncPeriod", 0, 180_000),
        (options.comp, "compression", 0, 2),
    ];
    for (value, name, low, high) in ranges {
        if let Some(value) = value.filter(|value| !(low..=high).contains(value)) {
            return Err(invalid(&format!("invalid db option {name}: {value} valid range: [{low}, {high}]")));
        }
    }
    if let Some(level) = options.wal.filter(|level| !(0..=2).contains(level)) {
        return Err(invalid(&format!("invalid db option walLevel: {level}, only 1-2 allowed")));
    }
    Ok(())
}

pub(super) fn dnode(cursor: &mut Cursor<'_>) -> Parsed<DnodeRef> {
    if cursor.peek().kind == Kind::Integer {
        return cursor.integer().map(DnodeRef::Id);
    }
    cursor.name_as_written().map(DnodeRef::EndPoint)
}

pub(super) fn create_user(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let name = cursor.name_as_written()?;
    cursor.expect("pass")?;
    Ok(Statement::CreateUser { name, password: password(cursor)? })
}

/// A password must be quoted.
pub(super) fn password(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let quoted = cursor.peek().kind == Kind::Text;
    let password = cursor.name_as_written()?;
    match password.as_str() {
        _ if cursor.v3() && !quoted => Err(cursor.unexpected()),
        "" if cursor.v3() => Err(v3::error(v3::PAR_PASSWD_EMPTY)),
        _ if !quoted => Err(invalid("password needs single quote marks enclosed")),
        "" => Err(invalid("password can not be empty")),
        _ => Ok(password),
    }
}

pub(super) fn alter_user(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let name = cursor.name_as_written()?;
    let change = if cursor.take("pass") {
        UserChange::Password(password(cursor)?)
    } else {
        cursor.expect("privilege")?;
        let privilege = cursor.name()?;
        if !matches!(privilege.as_str(), "super" | "read" | "write") {
            return Err(invalid("invalid user rights"));
        }
        UserChange::Privilege(privilege)
    };
    Ok(Statement::AlterUser { name, change })
}

/// The options of accounts are not looked at: the server refuses the statement as a whole.
pub(super) fn account(cursor: &mut Cursor<'_>, change: AccountChange) -> Parsed<Statement> {
    let name = cursor.name_as_written()?;
    while !cursor.at_end() {
        cursor.next();
    }
    Ok(Statement::Account { name, change })
}

pub(super) fn alter_dnode(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let dnode = dnode(cursor)?;
    let option = cursor.name_as_written()?;
    let value = optional_value(cursor)?;
    if !is_dnode_option(&option) {
        return Err(invalid(
            "invalid configure options or values, such as resetlog / debugFlag 135 / balance 'vnode:2-dnode:2' / \
             monitor 1 ",
        ));
    }
    Ok(Statement::AlterDnode { dnode, option, value })
}

pub(super) fn alter_local(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let option = cursor.name_as_written()?;
    let value = optional_value(cursor)?;
    if !is_dnode_option(&option) {
        return Err(invalid("invalid configure options or values"));
    }
    Ok(Statement::AlterLocal { option, value })
}

fn optional_value(cursor: &mut Cursor<'_>) -> Parsed<Option<String>> {
    if cursor.at_end() {
        return Ok(None);
    }
    if cursor.peek().kind == Kind::Integer {
        return Ok(Some(cursor.integer()?.to_string()));
    }
    cursor.name_as_written().map(Some)
}

/// Whether 2.1.1.0 can change the option while it runs.
fn is_dnode_option(option: &str) -> bool {
    let option = option.to_ascii_lowercase();
    option.ends_with("debugflag") || matches!(option.as_str(), "resetlog" | "resetquerycache" | "balance" | "monitor")
}

pub(super) fn kill(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let all = ["connection", "query", "stream", "transaction"];
    let known = if cursor.v3() { &all[..] } else { &all[..3] };
    let what = known.iter().find(|what| cursor.take(what)).copied();
    let what = what.ok_or_else(|| cursor.unexpected())?.to_owned();
    let start = cursor.peek().start;
    while !cursor.at_end() {
        cursor.next();
    }
    let id = cursor.slice(start, cursor.last_end()).to_owned();
    if id.is_empty() { Err(cursor.unexpected()) } else { Ok(Statement::Kill { what, id }) }
}
