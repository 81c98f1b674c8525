//! A headless Chromium, driven over its debugging pipe: file descriptor 3 takes messages, 4 gives them, each ended by a
//! zero byte. So the tests need neither a driver nor a port nor a runtime.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// Where Chromium may be, by the names of its packages.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Without sandbox and graphics (tests run as root, on machines without either), and silent on the network.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
];

/// A browser with one page.
pub struct Chromium {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    last: u64,
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts a browser; none, said aloud, where there is none on this machine.
    pub fn start() -> Option<Self> {
        let Some(program) = NAMES.into_iter().find(|name| found(name)) else {
            eprintln!("skipped: no Chromium on this machine");
            return None;
        };
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        let script = format!("exec {program} \"$@\" 3<&0 4>&1 >/dev/null 2>&1");
        let mut child = Command::new("sh")
            .args(["-c", &script, "sh"])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let (to, from) = (child.stdin.take().expect("piped"), BufReader::new(child.stdout.take().expect("piped")));
        let mut browser = Self { child, to, from, session: None, last: 0, events: Vec::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        browser.session = browser.call("Target.attachToTarget", attach)["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true }));
        Some(browser)
    }

    /// Sends one command and waits for its answer.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let text = message.to_string() + "\0";
        self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()).expect("the browser listens");
        loop {
            let answer = self.read();
            if answer["id"] == json!(self.last) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn read(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).expect("the browser speaks");
        assert_eq!(bytes.pop(), Some(0), "the browser went away");
        serde_json::from_slice(&bytes).expect("the browser speaks JSON")
    }

    /// Opens a file and waits until it is loaded. What was seen of earlier pages is forgotten.
    pub fn open(&mut self, page: &Path) {
        self.events.clear();
        let begun = self.call("Page.navigate", json!({ "url": format!("file://{}", page.display()) }));
        assert!(begun["loaderId"].is_string(), "{}: {begun}", page.display());
        // A load of the page before may be told of only now.
        let is_loaded = |event: &Value| {
            let of = &event["params"];
            event["method"] == "Page.lifecycleEvent" && of["name"] == "load" && of["loaderId"] == begun["loaderId"]
        };
        while !self.events.iter().any(is_loaded) {
            let event = self.read();
            self.events.push(event);
        }
    }

    /// The size of the window in CSS pixels.
    pub fn resize(&mut self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// What the system prefers: `light` or `dark`.
    pub fn prefer(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": "", "features": features }));
    }

    /// The page as it would be printed, by somebody who otherwise prefers a scheme.
    pub fn print(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": "print", "features": features }));
    }

    /// The value of a JavaScript expression.
    pub fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", params);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Moves the pointer.
    pub fn point(&mut self, x: f64, y: f64) {
        self.call("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": x, "y": y }));
    }

    /// Presses and releases a key that is no letter.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            _ => 0,
        };
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in [if text.is_empty() { "rawKeyDown" } else { "keyDown" }, "keyUp"] {
            let stroke = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", stroke);
        }
    }

    /// Saves what is seen, the whole page of it, as a PNG for people to look at.
    pub fn picture(&mut self, file: &Path) {
        use base64::Engine;
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png", "captureBeyondViewport": true }));
        let bytes = base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap_or_default());
        std::fs::write(file, bytes.expect("the browser speaks base64")).expect("the picture can be written");
    }

    /// Everything that a page may not do: errors and warnings on the console, exceptions, requests but for the file itself.
    pub fn complaints(&mut self) -> Vec<String> {
        self.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
        self.events.iter().filter_map(complaint).collect()
    }
}

fn complaint(event: &Value) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.consoleAPICalled" => Some(format!("console: {}", params["args"])),
        "Runtime.exceptionThrown" => Some(format!("exception: {}", params["exceptionDetails"])),
        "Log.entryAdded" => Some(format!("log: {}", params["entry"]["text"])),
        "Network.requestWillBeSent" => {
            let url = params["request"]["url"].as_str()?;
            let own = url.starts_with("data:") || params["type"] == "Document" && url.starts_with("file:");
            (!own).then(|| format!("request: {url}"))
        }
        _ => None,
    }
}

fn found(name: &str) -> bool {
    Command::new(name)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.session = None;
        let _ = self.to.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0").and_then(|()| self.to.flush());
        let _ = self.child.wait();
    }
}
