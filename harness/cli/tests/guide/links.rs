use super::{pages, root};

/// The anchor that a heading gets: its letters, digits and dashes, blanks as dashes.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
    kept.map(|char| if char == ' ' { '-' } else { char }).collect()
}

fn anchors(text: &str) -> Vec<String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut count = 0;
    for (page, text) in pages() {
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.starts_with("http") {
                continue;
            }
            count += 1;
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { page.as_str() } else { file };
            let path = root().join("guide").join(file);
            assert!(path.exists(), "{page}: {link}");
            if !part.is_empty() {
                let target = std::fs::read_to_string(&path).unwrap();
                assert!(anchors(&target).iter().any(|anchor| anchor == part), "{page}: {link}");
            }
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn every_page_is_in_the_contents() {
    let pages = pages();
    let (_, contents) = pages.iter().find(|(name, _)| name == "README.md").unwrap();
    for (name, _) in pages.iter().filter(|(name, _)| name != "README.md") {
        assert!(contents.contains(&format!("({name})")), "{name}");
    }
}
