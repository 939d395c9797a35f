use super::{Cursor, Kind, Parsed};
use crate::{ast::DnodeRef, codes::v3};

/// The port of an end point that is written without one.
const PORT: u16 = 6_030;

/// `'fqdn:port'`, `"fqdn"`, `fqdn port 6030`
pub(super) fn end_point(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let written = cursor.name_as_written()?;
    if cursor.take("port") {
        let token = cursor.peek();
        let port = port(cursor.text_of(token))?;
        if token.kind != Kind::Integer {
            return Err(cursor.unexpected());
        }
        cursor.next();
        return Ok(format!("{written}:{port}"));
    }
    match written.split_once(':') {
        None => Ok(format!("{written}:{PORT}")),
        Some((fqdn, number)) if !fqdn.is_empty() => Ok(format!("{fqdn}:{}", port(number)?)),
        Some(_) => Err(v3::error(v3::PAR_INVALID_ENDPOINT)),
    }
}

fn port(text: &str) -> Parsed<u16> {
    text.parse().ok().filter(|port| (1..u16::MAX).contains(port)).ok_or_else(|| v3::error(v3::PAR_INVALID_PORT))
}

/// A dnode by its id or by its end point.
pub(super) fn dnode(cursor: &mut Cursor<'_>) -> Parsed<DnodeRef> {
    if cursor.peek().kind == Kind::Integer {
        return cursor.integer().map(DnodeRef::Id);
    }
    end_point(cursor).map(DnodeRef::EndPoint)
}
