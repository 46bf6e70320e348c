//! A headless Chromium, driven by the `WebDriver` protocol (W3C, "`WebDriver`").

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// Of a screenshot and more.
const LARGEST_ANSWER: usize = 64 << 20;

/// How long the browser may take to end.
const GOODBYE: Duration = Duration::from_secs(5);

pub(super) struct Browser {
    driver: Child,
    http: Client<HttpConnector, Body>,
    address: String,
    session: String,
}

impl Browser {
    /// `None` where this machine has no `chromedriver`, which is said.
    pub(super) async fn start() -> Option<Self> {
        let mut driver = match Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let _ = writeln!(
                    std::io::stderr(),
                    "skipped: there is no chromedriver; tests/browser/install.sh installs it with its browser"
                );
                return None;
            }
            started => started.expect("chromedriver starts"),
        };
        let address = address(&mut driver);
        let http = Client::builder(TokioExecutor::new()).build_http();
        let mut browser = Self { driver, http, address, session: String::new() };
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            // A page is read from a file; a container has no sandbox and little shared memory.
            "goog:chromeOptions": {"args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000"]},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = browser.send(Method::POST, "/session", &capabilities).await;
        session["sessionId"].as_str().expect("a session").clone_into(&mut browser.session);
        Some(browser)
    }

    pub(super) async fn open(&self, page: &Path) {
        self.visit(&format!("file://{}", page.display())).await;
    }

    pub(super) async fn visit(&self, url: &str) {
        self.command("url", json!({"url": url})).await;
    }

    /// Shows pages as on a screen so many pixels wide; of 0 as wide as the window is.
    pub(super) async fn resize(&self, width: u32) {
        // A window can't be as narrow as a phone (Chrome DevTools Protocol, "Emulation").
        let size = json!({"width": width, "height": 1_000, "deviceScaleFactor": 1, "mobile": false});
        self.emulate("setDeviceMetricsOverride", size).await;
    }

    /// Shows pages as on paper, without an event that says so.
    pub(super) async fn emulate_print(&self) {
        self.emulate("setEmulatedMedia", json!({"media": "print"})).await;
    }

    async fn emulate(&self, what: &str, with: Value) {
        self.command("goog/cdp/execute", json!({"cmd": format!("Emulation.{what}"), "params": with})).await;
    }

    /// Waits until a script that ends with `return ..` gives what is true to it.
    pub(super) async fn until(&self, script: &str) {
        for _ in 0..1_200 {
            if self.script(&format!("return Boolean((() => {{ {script} }})())")).await == true {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("waited a minute for: {script}; the page says {}", self.script("return document.body.innerText").await);
    }

    /// What a script gives that ends with `return ..`.
    pub(super) async fn script(&self, script: &str) -> Value {
        self.command("execute/sync", json!({"script": script, "args": []})).await
    }

    /// Moves the pointer to a share of an element's width.
    pub(super) async fn hover(&self, selector: &str, share: f64) {
        let place = format!(
            "const at = document.querySelector({selector:?}); at.scrollIntoView({{block: 'center'}});
             const box = at.getBoundingClientRect();
             return [Math.round(box.left + box.width * {share}), Math.round(box.top + box.height / 2)];"
        );
        let place = self.script(&place).await;
        let to = json!({"type": "pointerMove", "duration": 0, "x": place[0], "y": place[1]});
        self.command("actions", json!({"actions": [{"type": "pointer", "id": "mouse", "actions": [to]}]})).await;
    }

    pub(super) async fn press(&self, key: char) {
        let press = ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()}));
        self.command("actions", json!({"actions": [{"type": "key", "id": "keys", "actions": press}]})).await;
    }

    /// What the page wrote to the console, errors of scripts and of its policy among it.
    pub(super) async fn console(&self) -> Vec<Value> {
        let log = self.command("se/log", json!({"type": "browser"})).await;
        log.as_array().cloned().unwrap_or_default()
    }

    async fn command(&self, command: &str, body: Value) -> Value {
        self.send(Method::POST, &format!("/session/{}/{command}", self.session), &body).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let response = self.http.request(request).await.expect("chromedriver answers");
        let is_success = response.status().is_success();
        let answer = to_bytes(Body::new(response.into_body()), LARGEST_ANSWER).await.expect("an answer");
        let mut answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert!(is_success, "{path}: {answer:#}");
        answer["value"].take()
    }
}

impl Drop for Browser {
    /// Ends the browser too, which would outlive its driver.
    fn drop(&mut self) {
        if let Ok(mut driver) = TcpStream::connect(&self.address) {
            let _ = write!(
                driver,
                "DELETE /session/{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
                self.session, self.address
            );
            let _ = driver.set_read_timeout(Some(GOODBYE)).and_then(|()| driver.read(&mut [0]));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Where the driver listens, as it says itself.
fn address(driver: &mut Child) -> String {
    let mut said = BufReader::new(driver.stdout.take().expect("a pipe"));
    let mut line = String::new();
    while said.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            // It may say more, and must not find the pipe closed.
            driver.stdout = Some(said.into_inner());
            return format!("127.0.0.1:{}", port.trim_end().trim_end_matches('.'));
        }
        line.clear();
    }
    panic!("chromedriver did not say its port");
}
