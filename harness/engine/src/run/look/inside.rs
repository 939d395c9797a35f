use seatrial_cluster::Seen;
use seatrial_record::{EvidenceKind, clean};

use crate::{
    run::{Glance, Lens, lens::SQL_LIMIT},
    scenario::Exec,
};

/// Bytes kept of one piece of evidence.
const EVIDENCE: usize = 64 * 1024;

impl Lens {
    /// Adds evidence.
    pub(crate) fn note(&mut self, kind: EvidenceKind, title: String, source: String, text: &str) {
        let at = self.access.now();
        self.seen.push(Seen::new(kind, title, source, at, text.as_bytes(), EVIDENCE));
    }

    pub(crate) async fn exec(&mut self, expected: &Exec) -> Glance {
        let argv: Vec<String> = expected.run.iter().map(|word| word.expand(&self.names)).collect();
        let lines: Vec<String> = expected.lines.iter().map(|line| blanks(&line.expand(&self.names))).collect();
        let no_lines: Vec<String> = expected.no_lines.iter().map(|line| blanks(&line.expand(&self.names))).collect();
        let mut wanted: Vec<String> = lines.iter().map(|line| format!("+ {line}")).collect();
        wanted.extend(no_lines.iter().map(|line| format!("- {line}")));
        wanted.push(format!("exit code {}", expected.exit));
        let wanted = wanted.join("\n");
        let pods = self.pods_at(&expected.place);
        if pods.is_empty() {
            return Glance::no(wanted, "", format!("no pod is ready to run `{}`", argv.join(" ")));
        }
        for pod in &pods {
            let output = match self.access.exec(pod, &argv, SQL_LIMIT).await {
                Ok(output) => output,
                Err(error) => return Glance::error(wanted, &error),
            };
            let printed = clean(&output.stdout);
            let text = format!("{printed}{}\n[exit code {}]", clean(&output.stderr), output.exit);
            let source = format!("kubectl exec {pod} -- {}", argv.join(" "));
            self.note(EvidenceKind::Command, format!("{} in {pod}", argv.join(" ")), source, &text);
            let printed: Vec<String> = printed.lines().map(blanks).collect();
            let mut against = Vec::new();
            let mut seen = Vec::new();
            for line in &lines {
                if printed.contains(line) {
                    seen.push(format!("+ {line}"));
                } else {
                    against.push(format!("{pod} does not print `{line}`"));
                    seen.extend(near(line, &printed).map(|near| format!("+ {near}")));
                }
            }
            for line in &no_lines {
                if printed.contains(line) {
                    against.push(format!("{pod} prints `{line}`"));
                    seen.push(format!("+ {line}"));
                } else {
                    seen.push(format!("- {line}"));
                }
            }
            seen.push(format!("exit code {}", output.exit));
            if output.exit != expected.exit {
                against.push(format!(
                    "`{}` in {pod} exits with {}, not {}",
                    argv.join(" "),
                    output.exit,
                    expected.exit
                ));
            }
            if !against.is_empty() {
                return Glance::of(wanted, seen.join("\n"), &against);
            }
        }
        Glance::yes(wanted.clone(), wanted)
    }
}

/// The line with every run of blanks as one.
fn blanks(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line that is about the same thing: it begins with the same name.
fn near<'a>(line: &str, printed: &'a [String]) -> Option<&'a String> {
    let name = line.split(['=', ' ']).next().unwrap_or_default();
    printed.iter().find(|printed| printed.split(['=', ' ']).next() == Some(name))
}
