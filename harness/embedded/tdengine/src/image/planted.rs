//! Defects of the shell, where they are planted.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures::future::BoxFuture;
use seatrial_sim::{Defect, Defects};
use seatrial_sql::{
    Answer, SqlError,
    shell::{Connector, Login, ServerStatus, Session},
};

/// A connector whose sessions may cut tables short, and that remembers whether a statement failed.
pub(super) struct Planted {
    /// The real one.
    pub inner: Box<dyn Connector>,
    /// The defects.
    pub defects: Defects,
    /// A statement has failed.
    pub failed: Arc<AtomicBool>,
}

impl Connector for Planted {
    fn connect<'a>(&'a self, login: &'a Login) -> BoxFuture<'a, Result<Box<dyn Session>, SqlError>> {
        Box::pin(async move {
            let inner = self.inner.connect(login).await?;
            let (cut, failed) = (self.defects.has(Defect::TableCutShort), Arc::clone(&self.failed));
            Ok(Box::new(PlantedSession { inner, cut, failed }) as Box<dyn Session>)
        })
    }

    fn startup_check<'a>(&'a self, host: Option<&'a str>, port: Option<u16>) -> BoxFuture<'a, Result<(), SqlError>> {
        self.inner.startup_check(host, port)
    }

    fn server_status<'a>(&'a self, host: Option<&'a str>, port: Option<u16>) -> BoxFuture<'a, (ServerStatus, String)> {
        self.inner.server_status(host, port)
    }
}

struct PlantedSession {
    inner: Box<dyn Session>,
    cut: bool,
    failed: Arc<AtomicBool>,
}

impl Session for PlantedSession {
    fn execute<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Answer, SqlError>> {
        Box::pin(async move {
            let mut result = self.inner.execute(sql).await;
            match &mut result {
                Ok(Answer::Rows(rows)) if self.cut => drop(rows.rows.pop()),
                Ok(_) => {}
                Err(_) => self.failed.store(true, Ordering::Relaxed),
            }
            result
        })
    }
}
