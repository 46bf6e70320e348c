//! The HTML report in a real browser: `tests/browser/install.sh` installs it; without one the test is skipped.

mod driver;
mod live;

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::json;
use sse_load::render::html;
use sse_load::report::Report;

use self::driver::Browser;
use crate::golden::cases;

/// Keys of `WebDriver` ("Keyboard actions").
const ESCAPE: char = '\u{e00c}';
const RIGHT: char = '\u{e014}';

#[tokio::test]
async fn a_report_shows_its_values_in_light_and_dark_without_an_error() {
    let Some(browser) = started().await else { return };
    for (name, report) in [("everything", cases::everything()), ("hostile", cases::hostile())] {
        browser.open(&page(name, &report)).await;
        every_plot_has_values(&browser).await;
        it_has_a_dark_side(&browser).await;
        let console = browser.console().await;
        assert!(console.is_empty(), "{name}: {console:#?}");
    }
}

/// Says so where there is no browser.
async fn started() -> Option<Browser> {
    let browser = Browser::start().await;
    if browser.is_none() {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: there is no chromedriver; tests/browser/install.sh installs it with its browser"
        );
    }
    browser
}

fn page(name: &str, report: &Report) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("browser_{name}.html"));
    std::fs::write(&path, html(report)).expect("the page can be written");
    path
}

async fn every_plot_has_values(browser: &Browser) {
    browser.script("document.querySelectorAll('details').forEach(folded => folded.open = true)").await;
    let ids = browser.script("return [...document.querySelectorAll('figure.plot')].map(plot => plot.id)").await;
    let ids: Vec<_> = ids.as_array().expect("ids").iter().filter_map(|id| id.as_str()).collect();
    assert!(ids.len() > 5 && ids.contains(&"ttft-all") && ids.contains(&"percentiles-all"), "{ids:?}");
    for id in ids {
        let tip = format!("const tip = document.querySelector('#{id} .tip'); return tip.hidden ? '' : tip.innerText");
        browser.hover(&format!("#{id} > svg"), 0.5).await;
        let hovered = browser.script(&tip).await;
        assert!(hovered.as_str().is_some_and(|text| text.lines().count() > 1), "{id}: {hovered}");
        browser.script(&format!("document.querySelector('#{id} > svg').focus({{preventScroll: true}})")).await;
        for (key, is_shown) in [(ESCAPE, false), (RIGHT, true)] {
            browser.press(key).await;
            assert_eq!(browser.script(&tip).await != "", is_shown, "{id}");
        }
        let rows = format!(
            "document.querySelector('#{id} .values').click(); return document.querySelectorAll('#{id} tr').length"
        );
        assert!(browser.script(&rows).await.as_u64() > Some(1), "{id}");
        let cut_off = format!(
            "const svg = document.querySelector('#{id} > svg').getBoundingClientRect();
             return [...document.querySelectorAll('#{id} > svg text')].filter(text => {{
                 const box = text.getBoundingClientRect();
                 return box.left < svg.left || box.right > svg.right || box.bottom > svg.bottom + 1;
             }}).map(text => text.textContent)"
        );
        assert_eq!(browser.script(&cut_off).await, json!([]), "{id}: texts are cut off");
    }
}

async fn it_has_a_dark_side(browser: &Browser) {
    let colours = "const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]";
    let before = browser.script(colours).await;
    browser.script("document.querySelector('#theme').click()").await;
    let after = browser.script(colours).await;
    assert!(before[0] != after[0] && before[1] != after[1], "{before} {after}");
}
