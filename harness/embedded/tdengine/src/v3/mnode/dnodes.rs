use seatrial_sim::Defect;
use seatrial_sql::{SqlError, codes::v3 as codes};

use super::{leader::Mnode, sdb::DnodeRow};
use crate::{config::EndPoint, v3::taosd::Taosd};

impl Mnode {
    /// `create dnode`. Nobody looks whether the end point exists.
    pub fn create_dnode(&mut self, node: &Taosd, end_point: &str) -> Result<(), SqlError> {
        let ep = EndPoint::parse(end_point, node.ep.port);
        if self.sdb.dnode_at(&ep).is_some() {
            return Err(codes::error(codes::MND_DNODE_ALREADY_EXIST));
        }
        if node.host.world.defects.has(Defect::FourthDnodeRefused) && self.sdb.dnodes.len() >= 3 {
            return Err(codes::error(codes::MND_NO_ENOUGH_DNODES));
        }
        let created = node.host.now_ms();
        let reuse = node.host.world.defects.has(Defect::DnodeIdReused);
        let mut id = 0;
        self.commit(node, |sdb| {
            id = if reuse { sdb.freed.pop() } else { None }.unwrap_or(sdb.last_dnode + 1);
            sdb.last_dnode = sdb.last_dnode.max(id);
            sdb.ghosts.remove(&id);
            sdb.dnode_version += 1;
            sdb.dnodes.insert(id, DnodeRow { ep, created, dropping: false });
        })?;
        self.lives.remove(&id);
        Ok(())
    }
}
