//! Defects of the shell and of the REST service, where they are planted.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures::future::BoxFuture;
use seatrial_sim::{Defect, Defects};
use seatrial_sql::{
    Answer, SqlError, codes,
    shell::{Connector, Login, ServerStatus, Session},
};

/// What statements come through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    /// The shell `taos`.
    Shell,
    /// HTTP.
    Rest,
}

/// A connector whose sessions may answer wrongly, and that remembers whether a statement failed.
pub(crate) struct Planted {
    /// The real one.
    pub inner: Box<dyn Connector>,
    /// The defects.
    pub defects: Defects,
    /// What its statements come through.
    pub through: Through,
    /// A statement has failed.
    pub failed: Arc<AtomicBool>,
}

impl Connector for Planted {
    fn connect<'a>(&'a self, login: &'a Login) -> BoxFuture<'a, Result<Box<dyn Session>, SqlError>> {
        Box::pin(async move {
            if self.through == Through::Rest && self.defects.has(Defect::RestRefusesLogin) {
                return Err(SqlError::of(codes::RPC_AUTH_FAILURE));
            }
            let inner = self.inner.connect(login).await?;
            let (defects, failed) = (self.defects.clone(), Arc::clone(&self.failed));
            Ok(Box::new(PlantedSession { inner, defects, through: self.through, failed }) as Box<dyn Session>)
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
    defects: Defects,
    through: Through,
    failed: Arc<AtomicBool>,
}

impl PlantedSession {
    /// True if the defect of this way in is planted.
    fn has(&self, shell: Defect, rest: Defect) -> bool {
        self.defects.has(if self.through == Through::Shell { shell } else { rest })
    }

    fn in_shell(&self, defect: Defect) -> bool {
        self.through == Through::Shell && self.defects.has(defect)
    }
}

impl Session for PlantedSession {
    fn execute<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Answer, SqlError>> {
        Box::pin(async move {
            let mut result = self.inner.execute(sql).await;
            if let Ok(Answer::Rows(rows)) = &mut result {
                if self.has(Defect::TableCutShort, Defect::RestTableCutShort) {
                    rows.rows.pop();
                }
                if self.in_shell(Defect::RowsPrintedTwice) {
                    rows.rows = rows.rows.iter().flat_map(|row| [row.clone(), row.clone()]).collect();
                }
                if let [first, second, ..] = rows.columns.as_mut_slice()
                    && self.in_shell(Defect::ColumnsSwapped)
                {
                    std::mem::swap(&mut first.name, &mut second.name);
                }
            }
            if result.is_err() {
                self.failed.store(true, Ordering::Relaxed);
                if self.in_shell(Defect::ShellHangsOnError) {
                    std::future::pending::<()>().await;
                }
                if self.has(Defect::ShellHidesErrors, Defect::RestHidesErrors) {
                    return Ok(Answer::Done);
                }
            }
            result
        })
    }
}
