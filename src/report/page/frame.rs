//! What every page has: the head with its styles and scripts, the heading, the links, the switch between light and dark.
//!
//! The policy in the head forbids every connection, and every script but ours, which it knows by digest: if a text from a
//! run ever got past the escaping, it would still not run.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};
use sha2::{Digest, Sha256};

/// One page, but for its body.
pub struct Frame<'a> {
    /// The title of the window.
    pub title: String,
    /// The heading.
    pub heading: Markup,
    /// Anchors and texts of the links at the top.
    pub links: Vec<(&'static str, &'static str)>,
    /// Style sheets besides the common one.
    pub styles: &'a [&'a str],
    /// Scripts besides the common one.
    pub scripts: &'a [&'a str],
    /// Data for the scripts: the identifier and the JSON.
    pub data: Vec<(&'static str, String)>,
}

impl Frame<'_> {
    /// The page around a body.
    pub fn page(&self, body: Markup) -> String {
        let script = [&[include_str!("../assets/base.js")], self.scripts].concat().join("\n");
        let style = [&[include_str!("../assets/base.css")], self.styles].concat().join("\n");
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy(&script));
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="generator" content="frostline";
                    link rel="icon" href="data:,";
                    title { (self.title) " · frostline" }
                    style { (PreEscaped(style)) }
                    script { (PreEscaped(&script)) }
                }
                body { (self.top()) main id="main" { (body) (self.data()) } }
            }
        };
        page.into_string() + "\n"
    }

    fn top(&self) -> Markup {
        html! {
            a.skip href="#main" { "Skip to the content" }
            header.top {
                div {
                    div { p.brand { "frostline" } h1 { (self.heading) } }
                    button.tool id="theme" type="button" hidden { "Dark" }
                }
            }
            nav aria-label="Sections" { ul { @for (anchor, text) in &self.links { li { a href={ "#" (anchor) } { (text) } } } } }
        }
    }

    fn data(&self) -> Markup {
        html! { @for (id, json) in &self.data { script type="application/json" id=(id) { (PreEscaped(inert(json))) } } }
    }
}

/// JSON that cannot end the script element it stands in: `<`, `>` and `&` are written as escapes.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn policy(script: &str) -> String {
    let digest = STANDARD.encode(Sha256::digest(script));
    format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
}

/// The state of a run as a small badge.
pub struct State<'a>(pub &'a str);

impl Render for State<'_> {
    fn render(&self) -> Markup {
        html! { span class={ "state " (self.0) } { (self.0) } }
    }
}

/// Seconds as people say them: `0.4 s`, `16 s`, `4 min 12 s`, `2 h 05 min`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A number for a headline: four decimals, or a dash.
pub fn four(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.4}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_its_script_and_stays_the_same_json() {
        let json = serde_json::json!(["</script><script>alert(1)</script>", "a & b"]).to_string();
        let inert = inert(&json);
        assert!(!inert.contains(['<', '>', '&']));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&inert).expect("still JSON"),
            serde_json::from_str::<serde_json::Value>(&json).expect("JSON")
        );
    }

    #[test]
    fn durations_read_as_people_say_them() {
        let texts = [0.42, 16.25, 252.0, 7500.0].map(duration);
        assert_eq!(texts, ["0.4 s", "16 s", "4 min 12 s", "2 h 05 min"]);
    }
}
