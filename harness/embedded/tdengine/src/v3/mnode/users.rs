use seatrial_sql::{SqlError, ast::UserChange, codes::v3 as codes};

use super::{leader::Mnode, sdb::UserRow};
use crate::v3::taosd::Taosd;

impl Mnode {
    /// Whether a user may log in.
    pub fn authenticate(&self, user: &str, password: &str) -> Result<(), SqlError> {
        let row = self.sdb.users.get(user).ok_or_else(|| codes::error(codes::MND_USER_NOT_EXIST))?;
        match row {
            _ if row.password != password => Err(codes::error(codes::MND_AUTH_FAILURE)),
            _ if !row.enabled => Err(codes::error(codes::MND_USER_DISABLED)),
            _ => Ok(()),
        }
    }

    /// `create user`
    pub fn create_user(&mut self, node: &Taosd, name: &str, password: &str) -> Result<(), SqlError> {
        if self.sdb.users.contains_key(name) {
            return Err(codes::error(codes::MND_USER_ALREADY_EXIST));
        }
        let row = UserRow { password: password.to_owned(), created: node.host.now_ms(), enabled: true, sysinfo: true };
        self.commit(node, |sdb| drop(sdb.users.insert(name.to_owned(), row)))
    }

    /// `alter user`
    pub fn alter_user(&mut self, node: &Taosd, name: &str, change: &UserChange) -> Result<(), SqlError> {
        if !self.sdb.users.contains_key(name) {
            return Err(codes::error(codes::MND_USER_NOT_EXIST));
        }
        if name == "root" && !matches!(change, UserChange::Password(_)) {
            return Err(codes::error(codes::MND_NO_RIGHTS));
        }
        self.commit(node, |sdb| {
            let Some(row) = sdb.users.get_mut(name) else { return };
            match change {
                UserChange::Password(password) => row.password.clone_from(password),
                UserChange::Enable(value) => row.enabled = *value,
                UserChange::SysInfo(value) => row.sysinfo = *value,
                UserChange::Privilege(_) => {}
            }
        })
    }

    /// `drop user`
    pub fn drop_user(&mut self, node: &Taosd, name: &str) -> Result<(), SqlError> {
        if name == "root" {
            return Err(codes::error(codes::MND_NO_RIGHTS));
        }
        if !self.sdb.users.contains_key(name) {
            return Err(codes::error(codes::MND_USER_NOT_EXIST));
        }
        self.commit(node, |sdb| drop(sdb.users.remove(name)))
    }
}
