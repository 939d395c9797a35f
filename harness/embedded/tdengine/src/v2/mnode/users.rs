use seatrial_sql::{SqlError, ast::UserChange, codes};

use super::{master::Mnode, sdb::UserRow};
use crate::v2::taosd::Taosd;

impl Mnode {
    /// Whether a user may log in.
    pub fn authenticate(&self, user: &str, password: &str) -> Result<(), SqlError> {
        let row = self.sdb.users.get(user).ok_or_else(|| SqlError::of(codes::MND_INVALID_USER))?;
        if row.password == password { Ok(()) } else { Err(SqlError::of(codes::RPC_AUTH_FAILURE)) }
    }

    /// `create user`
    pub fn create_user(&mut self, node: &Taosd, name: &str, password: &str) -> Result<(), SqlError> {
        if self.sdb.users.contains_key(name) {
            return Err(SqlError::of(codes::MND_USER_ALREADY_EXIST));
        }
        let row = UserRow { password: password.to_owned(), privilege: "writable", created: node.host.now_ms() };
        self.commit(node, |sdb| {
            sdb.users.insert(name.to_owned(), row);
        });
        Ok(())
    }

    /// `alter user`
    pub fn alter_user(&mut self, node: &Taosd, name: &str, change: &UserChange) -> Result<(), SqlError> {
        if !self.sdb.users.contains_key(name) {
            return Err(SqlError::of(codes::MND_INVALID_USER));
        }
        let privilege = match change {
            // The others are of 3.x.
            UserChange::Password(_) | UserChange::Enable(_) | UserChange::SysInfo(_) => None,
            UserChange::Privilege(_) if name == "root" => return Err(SqlError::of(codes::MND_NO_RIGHTS)),
            UserChange::Privilege(text) => match text.as_str() {
                "super" => Some("super"),
                "read" => Some("readable"),
                _ => Some("writable"),
            },
        };
        self.commit(node, |sdb| {
            if let Some(row) = sdb.users.get_mut(name) {
                if let UserChange::Password(password) = change {
                    row.password.clone_from(password);
                }
                row.privilege = privilege.unwrap_or(row.privilege);
            }
        });
        Ok(())
    }

    /// `drop user`
    pub fn drop_user(&mut self, node: &Taosd, name: &str) -> Result<(), SqlError> {
        if matches!(name, "root" | "monitor" | "_root") {
            return Err(SqlError::of(codes::MND_NO_RIGHTS));
        }
        if !self.sdb.users.contains_key(name) {
            return Err(SqlError::of(codes::MND_INVALID_USER));
        }
        self.commit(node, |sdb| {
            sdb.users.remove(name);
        });
        Ok(())
    }
}
