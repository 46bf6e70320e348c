//! Whether a page is sound: a parser of HTML mends what it reads, and so tells nothing.

use std::path::Path;

/// Elements that have no end (HTML, "Void elements").
const VOID: [&str; 4] = ["meta", "br", "link", "img"];

/// Every element that begins ends where it should.
#[track_caller]
pub(crate) fn assert_well_formed(page: &str) {
    let mut open = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a document");
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").expect("a comment ends").1;
            continue;
        }
        let (tag, after) = rest.split_once('>').expect("a tag ends");
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "ends before `{}`", rest.chars().take(80).collect::<String>());
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
            if ["script", "style"].contains(&name) {
                // What is in it is no markup.
                rest = &rest[rest.find(&format!("</{name}>")).expect("it ends")..];
            }
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "elements that never end");
}

/// How many files a page links to, each of which is there.
#[track_caller]
pub(crate) fn linked_files(page: &Path) -> usize {
    let folder = page.parent().expect("a folder");
    let text = std::fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    assert_well_formed(&text);
    let links: Vec<_> = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for link in &links {
        assert!(folder.join(link).is_file(), "{} links to {link}, which is not there", page.display());
    }
    links.len()
}
