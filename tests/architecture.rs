//! The tree is the architecture: imports point down the layers, and files stay small.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers of `sse-load/src`, lowest first. A module imports from its own layer's row or a lower one;
/// within a row only the modules that [`WITHIN`] lists see each other.
const LAYERS: &[&[&str]] = &[
    &["clock", "stats"],
    &["sample", "sse", "tokenize", "transport"],
    &["protocol", "record"],
    &["client"],
    &["user", "load", "data", "scrape"],
    &["objective"],
    &["report"],
    &["baseline", "slo"],
    &["capacity", "comparison", "progress"],
    &["render"],
    &["run"],
    &["shard", "worker"],
];

/// Pairs within one layer that may see each other: (importer, imported).
const WITHIN: &[(&str, &str)] = &[("user", "load"), ("baseline", "slo")];

/// Modules that stand outside of the layers: the facade may see everything, nothing may see it.
const FACADE: &[&str] = &["lib", "prelude", "private"];

/// Words that only these modules may use, since they alone know that crate.
const OWNERS: &[(&str, &[&str])] = &[
    ("reqwest::", &["transport"]),
    ("hyper::client", &["transport"]),
    ("httparse::", &["transport"]),
    ("hyper_util::client", &["transport"]),
    ("use nix::", &["transport"]),
    ("cookie_store::", &["transport"]),
    ("socket2::", &["transport"]),
    ("tiktoken_rs::", &["tokenize"]),
    ("tokenizers::", &["tokenize"]),
    ("hdrhistogram::", &["stats"]),
    ("csv::", &["data", "render"]),
    ("parquet::", &["data", "render"]),
    ("opentelemetry_proto::", &["render"]),
];

const MAX_LINES_WITHOUT_TESTS: usize = 400;
const MAX_LINES_OF_MACROS: usize = 1_200;

#[test]
fn imports_point_down() {
    let mut faults = Vec::new();
    for (path, source) in library_sources() {
        let importer = module_of(&path);
        for imported in imports(without_tests(&source)) {
            if !may_import(&importer, &imported) {
                faults.push(format!("{}: `{importer}` must not import `crate::{imported}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "imports that point up the layers:\n{}", faults.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    let unknown: Vec<_> = library_sources()
        .into_keys()
        .map(|path| module_of(&path))
        .filter(|name| layer(name).is_none() && !FACADE.contains(&name.as_str()) && name != "mock")
        .collect();
    assert!(unknown.is_empty(), "modules that the layers don't name: {unknown:?}");
}

#[test]
fn foreign_crates_have_one_owner() {
    let mut faults = Vec::new();
    for (path, source) in library_sources() {
        let module = module_of(&path);
        for (word, owners) in OWNERS {
            if !owners.contains(&&*module) && code_lines(without_tests(&source)).any(|line| line.contains(word)) {
                faults.push(format!("{}: only {owners:?} may use `{word}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_are_small() {
    let mut faults = Vec::new();
    for (path, source) in sources(&["sse-load/src", "sse-load-macros/src", "tests", "examples"]) {
        let lines = without_tests(&source).lines().count();
        if lines > MAX_LINES_WITHOUT_TESTS {
            faults.push(format!("{}: {lines} lines without tests, at most {MAX_LINES_WITHOUT_TESTS}", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_macro_crate_is_small() {
    let lines: usize =
        sources(&["sse-load-macros/src"]).values().map(|source| without_tests(source).lines().count()).sum();
    assert!(lines <= MAX_LINES_OF_MACROS, "{lines} lines without tests, at most {MAX_LINES_OF_MACROS}");
}

#[test]
fn names_say_what_they_hold() {
    let banned = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];
    let faults: Vec<_> = sources(&["sse-load/src", "sse-load-macros/src", "tests", "examples"])
        .into_keys()
        .filter(|path| path.components().any(|part| banned.contains(&stem(Path::new(part.as_os_str())).as_str())))
        .collect();
    assert!(faults.is_empty(), "names that say nothing: {faults:?}");
}

#[test]
fn the_layers_are_checked_and_not_waved_through() {
    assert!(!may_import("clock", "run"));
    assert!(!may_import("mock", "sse"));
    assert!(!may_import("sse", "mock"));
    assert!(!may_import("client", "private"));
    assert!(may_import("run", "clock"));
    assert!(may_import("prelude", "run"));
    assert_eq!(
        imports("use crate::{clock::Timestamp, run};\nfn f() { crate::sse::parse(); }"),
        ["clock", "run", "sse"]
    );
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests {\n}\n"), "a\n");
}

fn may_import(from: &str, to: &str) -> bool {
    if from == to || FACADE.contains(&from) {
        return true;
    }
    if from == "mock" || to == "mock" || FACADE.contains(&to) {
        return false;
    }
    match (layer(from), layer(to)) {
        (Some(above), Some(below)) if above == below => WITHIN.contains(&(from, to)),
        (Some(above), Some(below)) => above > below,
        // A name at the crate's root that is no module (a re-export): the facade's, so not for modules.
        _ => false,
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// The first segment after each `crate::`, groups included.
fn imports(source: &str) -> Vec<String> {
    let code: String = code_lines(source).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let preceded_by_name =
            code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        if preceded_by_name {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(group_heads(group));
        } else {
            found.push(first_word(rest));
        }
    }
    found
}

/// The first word of each entry of a use group, up to the brace that closes it.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 0_usize;
    let mut entry = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(std::mem::take(&mut entry)),
            _ => entry.push(c),
        }
    }
    heads.push(entry);
    heads.iter().map(|entry| first_word(entry.trim())).filter(|word| !word.is_empty()).collect()
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Lines that are no comment, so that prose and links may name any module.
fn code_lines(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// The source up to its unit tests, which stand last in a file.
fn without_tests(source: &str) -> &str {
    source.find("#[cfg(test)]\nmod tests").map_or(source, |at| &source[..at])
}

/// The top module that a file of `sse-load/src` belongs to.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("sse-load/src")).expect("a file of the library");
    stem(Path::new(inside.components().next().expect("a path that is not empty").as_os_str()))
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Without its programs, which are users of the library.
fn library_sources() -> BTreeMap<PathBuf, String> {
    let mut found = sources(&["sse-load/src"]);
    found.retain(|path, _| !path.starts_with(root().join("sse-load/src/bin")));
    assert!(!found.is_empty(), "no source was found: the check would pass on nothing");
    found
}

fn sources(folders: &[&str]) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for folder in folders {
        collect(&root().join(folder), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let source = fs::read_to_string(&path).expect("a source file is UTF-8");
            found.insert(path, source);
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
