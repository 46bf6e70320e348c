//! Pages over HTTP, as CI systems show their artifacts.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;

use super::driver::Browser;
use super::pages;

#[tokio::test]
async fn a_page_works_over_http_too_and_asks_for_nothing_else() {
    let Some(browser) = Browser::start().await else { return };
    let (_, page) = pages::all("served").swap_remove(2);
    let page = std::fs::read_to_string(page).expect("a page");
    let app = Router::new().route("/report.html", get(|| async { Html(page) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/report.html", listener.local_addr().expect("an address"));
    tokio::spawn(async { axum::serve(listener, app).await });
    browser.visit(&url).await;
    let shown = "document.querySelector('#theme').click();
         return [document.querySelectorAll('article.check').length, document.documentElement.dataset.theme !== undefined,
                 performance.getEntriesByType('resource').length]";
    assert_eq!(browser.script(shown).await, json!([2, true, 0]));
    let console = browser.console().await;
    assert!(console.is_empty(), "{console:#?}");
}
