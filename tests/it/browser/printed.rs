//! Pages on paper.

use serde_json::json;

use super::driver::Browser;
use super::pages;

/// The width of a sheet of A4 within its margins, in CSS pixels.
const SHEET: u32 = 700;

/// Asks for what paper has no use for, or would hide.
const FAULTS: &str = r"
const faults = [];
const seen = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
for (const control of seen('button, .tip')) faults.push(`${control.outerHTML.slice(0, 60)} is there`);
for (const plot of document.querySelectorAll('.plot')) if (!plot.checkVisibility({ contentVisibilityAuto: true })) faults.push(`${plot.id} is folded up`);
for (const folded of document.querySelectorAll('details')) if (folded.querySelector('.plot')?.getBoundingClientRect().height < 50) faults.push('a fold is empty');
for (const plot of seen('.plot')) if (getComputedStyle(plot).breakInside !== 'avoid') faults.push(`${plot.id} may be cut in two`);
for (const head of seen('thead')) if (getComputedStyle(head).display !== 'table-header-group') faults.push('a head is not repeated');
for (const link of seen('a[href]')) if (!getComputedStyle(link, '::after').content.includes('href') && !getComputedStyle(link, '::after').content.includes(link.getAttribute('href'))) faults.push(`${link.href} is not told`);
for (const scroll of seen('.scroll, .canvas')) if (scroll.scrollWidth > scroll.clientWidth + 1) faults.push(`${scroll.outerHTML.slice(0, 90)} is cut off`);
if (document.documentElement.scrollWidth > innerWidth) faults.push('it is too wide');
const [red] = getComputedStyle(document.body).color.match(/\d+/g).map(Number);
if (red > 100) faults.push('the text is light');
return faults;
";

#[tokio::test]
async fn a_page_prints_in_light_colours_unfolded_and_without_controls() {
    let Some(browser) = Browser::start().await else { return };
    for (name, page) in pages::all("printed") {
        browser.open(&page).await;
        browser.script("document.documentElement.dataset.theme = 'dark'").await;
        browser.resize(SHEET).await;
        browser.emulate_print().await;
        assert_eq!(browser.script(FAULTS).await, json!([]), "{name}");
    }
}
