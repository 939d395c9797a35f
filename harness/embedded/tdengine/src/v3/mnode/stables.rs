use std::sync::Arc;

use seatrial_sql::{
    SqlError,
    ast::TableChange,
    codes::v3 as codes,
    storage::{Schema, Write},
};

use super::{
    databases::{no_database, of_database},
    leader::{Mnode, Waiter},
    sdb::{FullName, StableRow},
    trans::{Step, Target, Task, Update},
};
use crate::v3::{orders::Order, taosd::Taosd};

impl Mnode {
    /// Columns and tags of a super table.
    pub fn stable(&self, name: &FullName) -> Result<Option<Arc<Schema>>, SqlError> {
        if !self.sdb.databases.contains_key(&name.0) {
            return Err(no_database());
        }
        Ok(self.sdb.stables.get(name).map(|row| Arc::clone(&row.schema)))
    }

    /// A task for the leader of each vgroup of a database.
    fn of_each_vgroup(&self, db: &str, order: impl Fn(i32) -> Order) -> Step {
        Step::Do(self.sdb.vgroups_of(db).map(|(vg, _)| Task { to: Target::Leader(vg), order: order(vg) }).collect())
    }

    /// `create stable`: every vgroup of the database must have a leader that takes it.
    pub fn create_stable(
        &mut self,
        node: &Taosd,
        name: &FullName,
        schema: Schema,
        if_not_exists: bool,
    ) -> Result<Option<Waiter>, SqlError> {
        if self.stable(name)?.is_some() {
            return if if_not_exists { Ok(None) } else { Err(codes::error(codes::MND_STB_ALREADY_EXIST)) };
        }
        let row = StableRow { schema: Arc::new(schema), created: node.host.now_ms() };
        let steps = [
            self.of_each_vgroup(&name.0, |group| Order::Confirm { group, member: None }),
            Step::Set(Update::Stable(name.clone(), Some(row))),
        ];
        let trans = of_database(node, "create-stb", &name.0, &name.1, steps.into());
        self.begin(node, trans, |_| {}).map(Some)
    }

    /// `drop stable`, with all its tables.
    pub fn drop_stable(&mut self, node: &Taosd, name: &FullName) -> Result<Waiter, SqlError> {
        self.stable(name)?.ok_or_else(|| codes::error(codes::MND_STB_NOT_EXIST))?;
        let write = Arc::new(Write::DropChildren { parent: name.1.clone() });
        let steps = [
            self.of_each_vgroup(&name.0, |vg| Order::Write(vg, Arc::clone(&write))),
            Step::Set(Update::Stable(name.clone(), None)),
        ];
        let trans = of_database(node, "drop-stb", &name.0, &name.1, steps.into());
        self.begin(node, trans, |_| {})
    }

    /// `alter stable`
    pub fn alter_stable(&mut self, node: &Taosd, name: &FullName, change: &TableChange) -> Result<Waiter, SqlError> {
        let row = self.sdb.stables.get(name).ok_or_else(|| codes::error(codes::MND_STB_NOT_EXIST))?;
        let schema = Arc::new(row.schema.changed_v3(change)?);
        let row = StableRow { schema: Arc::clone(&schema), created: row.created };
        let write = Arc::new(Write::ChangeSchema { table: name.1.clone(), schema });
        let steps = [
            self.of_each_vgroup(&name.0, |vg| Order::Write(vg, Arc::clone(&write))),
            Step::Set(Update::Stable(name.clone(), Some(row))),
        ];
        let trans = of_database(node, "alter-stb", &name.0, &name.1, steps.into());
        self.begin(node, trans, |_| {})
    }
}
