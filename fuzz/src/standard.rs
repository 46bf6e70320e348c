//! The standard's "Interpreting an event stream" (WHATWG HTML, 9.2.6) on a whole body, as it is written there: slow and plain.

use super::reads::Owned;

/// The events of a body that has come as a whole; `unterminated` also yields one whose blank line is missing.
pub(crate) fn events(body: &[u8], unterminated: bool) -> Vec<Owned> {
    let mut lines = lines(body);
    if unterminated {
        lines.push(String::new());
    } else {
        lines.pop();
    }
    let (mut name, mut data, mut id) = (String::new(), String::new(), String::new());
    let mut events = Vec::new();
    for line in &lines {
        if line.is_empty() {
            if let Some(data) = data.strip_suffix('\n') {
                let name = if name.is_empty() { "message" } else { &name };
                let id = Some(id.clone()).filter(|id| !id.is_empty());
                events.push(Owned { name: name.to_owned(), data: data.to_owned(), id });
            }
            data.clear();
            name.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut name),
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            _ => {}
        }
    }
    events
}

/// One event a line that is not blank, its data the line.
pub(crate) fn events_of_lines(body: &[u8]) -> Vec<Owned> {
    let lines = lines(body).into_iter().filter(|line| !line.is_empty());
    lines.map(|data| Owned { name: "message".to_owned(), data, id: None }).collect()
}

/// All lines, the last one being what follows the last line end.
fn lines(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    text.replace("\r\n", "\n").replace('\r', "\n").split('\n').map(str::to_owned).collect()
}
