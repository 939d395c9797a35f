use std::path::PathBuf;

use seatrial_record::Table;
use seatrial_taos::Reply;
use taos::sync::{Fetchable as _, Queryable as _, TBuilder as _, Taos, TaosBuilder};
use tokio::{sync::mpsc, task::spawn_blocking};

use crate::{
    ConnectorError, quiet,
    rows::{Refusal, cell, changed},
    worker::Job,
};

/// Where packages of TDengine put their library.
const USUAL: [&str; 3] = ["/usr/lib/libtaos.so", "/usr/lib64/libtaos.so", "/usr/local/taos/driver/libtaos.so"];

/// The native library of this machine: what `TAOS_LIBRARY_PATH` names, or what a package has installed.
pub fn find_library() -> Option<PathBuf> {
    let named = std::env::var_os("TAOS_LIBRARY_PATH").map(PathBuf::from);
    named.into_iter().chain(USUAL.map(PathBuf::from)).find(|path| path.exists())
}

/// Runs jobs with the native library: by its blocking calls alone. Its asynchronous ones abort the whole process with
/// libraries older than 2.4, which have no `taos_result_block`; and connecting blocks in either kind.
pub(crate) async fn work(dsn: String, mut jobs: mpsc::Receiver<Job>) {
    let mut handle: Option<Taos> = None;
    while let Some(Job { sql, answer }) = jobs.recv().await {
        let (dsn, before) = (dsn.clone(), handle.take());
        let call = spawn_blocking(move || {
            let taos = match before {
                Some(taos) => taos,
                None => TaosBuilder::from_dsn(dsn.as_str())?.build()?,
            };
            let reply = call(&taos, &sql);
            Ok::<_, taos::Error>((taos, reply))
        });
        let (result, over) = match call.await {
            Ok(Ok((taos, reply))) => {
                handle = Some(taos);
                (Ok(reply), false)
            }
            Ok(Err(error)) => (refused(error), false),
            Err(error) => {
                let message = error.try_into_panic().map_or_else(|_| "cancelled".to_owned(), |it| quiet::message(&*it));
                (Err(ConnectorError::Panicked { message }), true)
            }
        };
        if answer.send(result).is_err() || over {
            return;
        }
    }
}

fn refused(error: taos::Error) -> Result<Result<Reply, Refusal>, ConnectorError> {
    let text = error.to_string();
    if text.contains("Could not open library") || text.contains("libtaos") {
        return Err(ConnectorError::NoLibrary { tried: seatrial_record::clean(text.as_bytes()) });
    }
    Ok(Err(Refusal::unsent(error)))
}

fn call(taos: &Taos, sql: &str) -> Result<Reply, Refusal> {
    let mut results = taos.query(sql)?;
    if results.fields().is_empty() {
        return Ok(changed(sql, results.affected_rows()));
    }
    let columns = results.fields().iter().map(|field| seatrial_record::clean(field.name().as_bytes())).collect();
    let mut rows = Vec::new();
    for row in results.rows() {
        rows.push(row?.map(|(_, value)| cell(&value.to_value())).collect());
    }
    Ok(Reply::Rows(Table { columns, rows }))
}
