//! axe-core reads the sample reports in a headless Chromium: no violation is allowed, of contrast and labels least of all.
//!
//! Run it with `npm install axe-core` in any folder above, or with `AXE_CORE=/path/to/axe.min.js`, and a `chromium` in the
//! path (Debian: `apt-get install chromium`) or in `CHROMIUM`. Where either is missing it is skipped, and says so.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod samples;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use libtest_mimic::{Arguments, Failed, Trial};
use seatrial_record::Event;
use seatrial_report::{Lang, RunFacts, write_all};
use serde_json::Value;

/// What makes the events of a sample run.
type Story = fn() -> Vec<Event>;

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let (browser, axe) = (browser(), axe());
    if browser.is_none() || axe.is_none() {
        let missing = if browser.is_none() { "no Chromium" } else { "no axe-core (npm install axe-core)" };
        eprintln!("skipped: accessibility of reports: {missing}");
    }
    let missing = browser.is_none() || axe.is_none();
    let (browser, axe) = (browser.unwrap_or_default(), axe.unwrap_or_default());
    let runs: [(&str, Story); 5] = [
        ("passing", samples::passing),
        ("failing", samples::failing),
        ("contradicted", samples::contradicted),
        ("incomplete", samples::incomplete),
        ("chaos", samples::chaos),
    ];
    let mut trials = Vec::new();
    for (name, events) in runs {
        for (lang, code) in [(Lang::En, "en"), (Lang::Zh, "zh")] {
            for dark in [false, true] {
                let (browser, axe) = (browser.clone(), axe.clone());
                let look = if dark { "dark" } else { "light" };
                let test = move || no_violations(&browser, &axe, &events(), lang, dark);
                trials.push(Trial::test(format!("{name}::{code}::{look}"), test).with_ignored_flag(missing));
            }
        }
    }
    let bad = move || a_bad_page_is_told(&browser, &axe);
    trials.push(Trial::test("a_bad_page_is_told", bad).with_ignored_flag(missing));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn browser() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).flat_map(|folder| BROWSERS.map(|name| folder.join(name))).find(|path| path.is_file())
}

fn axe() -> Option<PathBuf> {
    if let Some(named) = env::var_os("AXE_CORE") {
        return Some(named.into());
    }
    let below = "node_modules/axe-core/axe.min.js";
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join(below)).find(|path| path.is_file())
}

fn no_violations(browser: &Path, axe: &Path, events: &[Event], lang: Lang, dark: bool) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let facts = RunFacts { run_id: "a-run".into(), host: Some("a machine".into()), lang, ..RunFacts::default() };
    let written = write_all(folder.path(), events, &facts)?;
    let page = prepared(&fs::read_to_string(&written.html)?, &fs::read_to_string(axe)?, dark)?;
    let (passes, violations) = checked(browser, &page)?;
    if !violations.is_empty() {
        return Err(format!("{} violations:\n{}", violations.len(), serde_json::to_string_pretty(&violations)?).into());
    }
    // A check that looked at nothing proves nothing.
    if passes < 15 { Err(format!("only {passes} rules were looked at").into()) } else { Ok(()) }
}

/// Pale text and a table without headers, put into a page that is well.
fn a_bad_page_is_told(browser: &Path, axe: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let written = write_all(folder.path(), &samples::passing(), &RunFacts::default())?;
    let bad = "<main><p style=\"color:#aaa;background:#fff\">pale</p><input><svg role=\"img\"></svg>";
    let html = fs::read_to_string(&written.html)?.replace("<main id=\"main\">", bad);
    let (_, violations) = checked(browser, &prepared(&html, &fs::read_to_string(axe)?, false)?)?;
    let told: Vec<&str> = violations.iter().filter_map(|violation| violation["id"].as_str()).collect();
    for rule in ["color-contrast", "label", "svg-img-alt"] {
        assert!(told.contains(&rule), "{rule} is not among {told:?}");
    }
    Ok(())
}

/// How many rules the page keeps, and those that it does not.
fn checked(browser: &Path, page: &str) -> Result<(u64, Vec<Value>), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("checked.html");
    fs::write(&file, page)?;
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let address = format!("file://{}", file.display());
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=1280,4000",
            "--virtual-time-budget=120000",
        ])
        .args([&profile, "--dump-dom", &address])
        .output()?;
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let answer = dom.split("<pre id=\"axe-result\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let answer = answer.ok_or_else(|| format!("no answer: {}", String::from_utf8_lossy(&output.stderr)))?;
    let answer = answer.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let found: Value = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
    let passes = found["passes"].as_u64().unwrap_or(0);
    Ok((passes, found["violations"].as_array().cloned().unwrap_or_default()))
}

/// The page with axe in it, everything unfolded, in the colours that are asked for.
fn prepared(html: &str, axe: &str, dark: bool) -> Result<String, Failed> {
    let policy = html.find("<meta http-equiv=\"Content-Security-Policy\"").ok_or("a page has a policy")?;
    let end = html[policy..].find('>').ok_or("a tag has an end")? + policy + 1;
    let mut page = format!("{}{}", &html[..policy], &html[end..]);
    let media = "@media (prefers-color-scheme: dark)";
    assert!(page.contains(media), "the page has dark colours");
    page = page.replace(media, if dark { "@media all" } else { "@media not all" });
    page = page.replace("<details", "<details open");
    let script = "const done = text => { const pre = document.createElement('pre'); pre.id = 'axe-result'; \
        pre.textContent = text; document.body.append(pre); };\n\
        axe.run(document, { resultTypes: ['violations'] }).then(found => done(JSON.stringify({ \
        passes: found.passes.length, violations: found.violations.map(each => ({ id: each.id, help: each.help, \
        nodes: each.nodes.slice(0, 5).map(node => node.html.slice(0, 300) + ' | ' + node.failureSummary) })) })), \
        error => done(JSON.stringify({ violations: [String(error)] })));";
    Ok(page.replace("</body>", &format!("<script>{axe}</script><script>{script}</script></body>")))
}
