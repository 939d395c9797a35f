use super::{pages, seatrial};

/// A fenced block: its page, its language, and its text.
struct Block {
    page: String,
    language: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (page, text) in pages() {
        let mut open: Option<Block> = None;
        for line in text.lines() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(language)) => {
                    open = Some(Block { page: page.clone(), language: language.to_owned(), text: String::new() });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{page}: a block has no end");
    }
    blocks
}

#[test]
fn every_scenario_in_the_guide_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for block in blocks().into_iter().filter(|block| block.language == "yaml" && block.text.contains("scenario: ")) {
        count += 1;
        let file = folder.path().join(format!("{count}-{}.yaml", block.page));
        std::fs::write(&file, &block.text).unwrap();
        let output = seatrial(&["lint", file.to_str().unwrap()]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{}:\n{}\n{errors}", block.page, block.text);
    }
    assert!(count >= 4, "{count}");
}

#[test]
fn every_command_in_the_guide_is_understood() {
    let mut count = 0;
    for block in blocks().into_iter().filter(|block| block.language == "sh") {
        for line in block.text.replace("\\\n", " ").lines() {
            let line = line.split(" #").next().unwrap_or_default();
            let Some(line) = line.trim().strip_prefix("seatrial ") else { continue };
            let words: Vec<&str> =
                line.split_whitespace().take_while(|word| !["|", ">", "&", "&&"].contains(word)).collect();
            let typed: Vec<&str> = words.into_iter().map(|word| word.trim_matches(['\'', '"'])).collect();
            count += 1;
            let arguments: Vec<&str> = typed.iter().copied().chain(["--help"]).collect();
            let output = seatrial(&arguments);
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{}: seatrial {line}\n{errors}", block.page);
            // A word that is no command is taken for one's help.
            let help = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(help.contains(&format!("Usage: seatrial {}", typed.first().unwrap())), "{}: {line}", block.page);
        }
    }
    assert!(count > 15, "{count}");
}
