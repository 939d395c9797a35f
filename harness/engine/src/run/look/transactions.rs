use crate::{
    run::{Glance, Lens},
    scenario::{Count, Where},
};

impl Lens {
    /// What `show transactions` lists: an id, and a row of words for each that is not done.
    pub(crate) async fn transactions(&mut self, expected: Count) -> Glance {
        let wanted = format!("transactions that are not done: {expected}");
        let Some(pod) = self.pods_at(&Where::Each).into_iter().next() else {
            return Glance::no(wanted, "", "no pod is ready to be asked for `show transactions`");
        };
        let rows = match self.view(&pod, "show transactions", &wanted, rows).await {
            Ok(rows) => rows,
            Err(glance) => return glance,
        };
        let against = if expected.allows(rows.len() as u64) {
            Vec::new()
        } else {
            vec![format!("{} transactions are not done: {}", rows.len(), rows.join("; "))]
        };
        Glance::of(wanted, format!("transactions that are not done: {}", rows.len()), &against)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what a view is read by may fail")]
fn rows(table: &seatrial_record::Table) -> Result<Vec<String>, std::convert::Infallible> {
    let cells = |row: &Vec<Option<String>>| {
        row.iter().flatten().map(String::as_str).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" ")
    };
    Ok(table.rows.iter().map(cells).collect())
}
