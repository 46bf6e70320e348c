//! Every plot tells its values to the pointer, to the keys and as a table.

use serde_json::json;

use super::driver::Browser;
use super::pages;

/// Keys of `WebDriver` ("Keyboard actions").
const ESCAPE: char = '\u{e00c}';
const RIGHT: char = '\u{e014}';

#[tokio::test]
async fn a_page_shows_its_values_in_light_and_dark_without_an_error() {
    let Some(browser) = Browser::start().await else { return };
    for (name, page) in pages::all("values") {
        browser.open(&page).await;
        every_plot_has_values(&browser, name).await;
        it_has_a_dark_side(&browser).await;
        let console = browser.console().await;
        assert!(console.is_empty(), "{name}: {console:#?}");
    }
}

async fn every_plot_has_values(browser: &Browser, name: &str) {
    browser.script("document.querySelectorAll('details').forEach(folded => folded.open = true)").await;
    let number = "const all = [...document.querySelectorAll('figure.plot')]; all.forEach((plot, n) => plot.dataset.n = n); return all.length";
    let number = browser.script(number).await.as_u64().expect("a number");
    assert!(number > 3, "{name}: {number} plots");
    for plot in 0..number {
        let plot = format!("figure.plot[data-n='{plot}']");
        let tip =
            format!("const tip = document.querySelector(\"{plot} .tip\"); return tip.hidden ? '' : tip.innerText");
        browser.hover(&format!("{plot} svg[role=img]"), 0.5).await;
        let hovered = browser.script(&tip).await;
        assert!(hovered.as_str().is_some_and(|text| text.lines().count() > 1), "{name}, {plot}: {hovered}");
        browser
            .script(&format!("document.querySelector(\"{plot} svg[role=img]\").focus({{preventScroll: true}})"))
            .await;
        for (key, is_shown) in [(ESCAPE, false), (RIGHT, true)] {
            browser.press(key).await;
            assert_eq!(browser.script(&tip).await != "", is_shown, "{name}, {plot}");
        }
        let rows = format!(
            "document.querySelector(\"{plot} .values\").click(); return document.querySelectorAll(\"{plot} tr\").length"
        );
        assert!(browser.script(&rows).await.as_u64() > Some(1), "{name}, {plot}");
        let cut_off = format!(
            "const svg = document.querySelector(\"{plot} svg[role=img]\").getBoundingClientRect();
             return [...document.querySelectorAll(\"{plot} svg[role=img] text\")].filter(text => {{
                 const box = text.getBoundingClientRect();
                 return box.left < svg.left || box.right > svg.right || box.bottom > svg.bottom + 1;
             }}).map(text => text.textContent)"
        );
        assert_eq!(browser.script(&cut_off).await, json!([]), "{name}, {plot}: texts are cut off");
    }
}

pub(super) async fn it_has_a_dark_side(browser: &Browser) {
    let colours = "const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]";
    let before = browser.script(colours).await;
    browser.script("document.querySelector('#theme').click()").await;
    let after = browser.script(colours).await;
    assert!(before[0] != after[0] && before[1] != after[1], "{before} {after}");
}
