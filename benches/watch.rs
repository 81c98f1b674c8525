//! What `frostline watch` costs: `cargo bench --bench watch`.
//!
//! - from a save to the start of work, median of 50;
//! - how many runs 200 saves in five seconds lead to, and whether the last content wins;
//! - with a thousand experiments that are done: how long until all of them are known to be, and what idling costs (Linux).

#[path = "../tests/cli/project.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod project;
#[path = "../tests/cli/watched.rs"]
mod watched;

use std::time::{Duration, Instant};

use project::{Project, SPEC};
use serde_json::Value;
use watched::Watch;

const SAVES: u32 = 50;
const BURST: u32 = 200;
const EXPERIMENTS: usize = 1000;
/// How long idling is measured.
const IDLE: Duration = Duration::from_secs(30);
/// The kernel's unit of processor time, 1/100 s on every Linux that people run.
const TICKS: f64 = 100.0;

impl Watch {
    /// Waits for so many events of a kind, and gives when the last of them came.
    fn wait(&self, kind: &str, count: usize) -> Instant {
        let is_it = |event: &Value| event["event"] == kind || event["watch"] == kind;
        let mut events = self.events.iter().filter(|(_, event)| is_it(event));
        events.nth(count - 1).expect("it comes before the watching ends").0
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
    }

    /// Processor time so far, in seconds.
    fn seconds(&self) -> f64 {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(f64::NAN);
        (ticks(11) + ticks(12)) / TICKS
    }

    /// Resident memory, as the kernel writes it.
    fn memory(&self) -> String {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS: unknown");
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    }
}

/// The experiment without fine-tuning, with this dropout.
fn spec(dropout: f64) -> String {
    let top = SPEC.split("[fine_tune]").next().expect("a first part");
    top.replace("epochs = 3", &format!("epochs = 1\ndropout = {dropout}"))
}

fn save_to_start() {
    let project = Project::new();
    project.spec(&spec(0.5));
    let watch = Watch::start(&project, &[]);
    watch.wait("run_ended", 1);
    let mut milliseconds: Vec<f64> = (1..=SAVES)
        .map(|save| {
            let saved = Instant::now();
            project.spec(&spec(f64::from(save) / 1000.0));
            let began = watch.wait("run_began", 1);
            watch.wait("ended", 1);
            (began - saved).as_secs_f64() * 1e3
        })
        .collect();
    milliseconds.sort_by(f64::total_cmp);
    let (middle, last) = (milliseconds.len() / 2, milliseconds.len() - 1);
    println!(
        "save to start of work: median {:.0} ms, worst {:.0} ms of {SAVES}",
        milliseconds[middle], milliseconds[last]
    );
}

fn burst() {
    let project = Project::new();
    project.spec(&spec(0.5));
    let watch = Watch::start(&project, &[]);
    watch.wait("run_ended", 1);
    let begun = Instant::now();
    for save in 1..=BURST {
        project.spec(&spec(f64::from(save) / 1000.0));
        let due = begun + Duration::from_millis(25) * save;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let took = begun.elapsed().as_secs_f64();
    watch.wait("run_ended", 1);
    std::thread::sleep(Duration::from_secs(2));
    let more = watch.events.try_iter().filter(|(_, event)| event["event"] == "run_ended").count();
    let names = std::fs::read_dir(project.path("runs/a")).expect("there are runs").filter_map(Result::ok);
    let newest = names.map(|name| name.path()).filter(|path| path.join("spec.toml").is_file()).max();
    let spec = newest.and_then(|run| std::fs::read_to_string(run.join("spec.toml")).ok()).unwrap_or_default();
    let wins = spec.contains("dropout = 0.2\n");
    println!("{BURST} saves in {took:.1} s: {} runs, the last content wins: {wins}", 1 + more);
}

fn idle() {
    let project = Project::new();
    std::fs::remove_file(project.path("experiments/a.toml")).expect("it goes");
    for number in 0..EXPERIMENTS {
        project.write(&format!("experiments/x{number:04}.toml"), &spec(0.5));
    }
    let begun = Instant::now();
    let first = Watch::start(&project, &[]);
    first.wait("ended", EXPERIMENTS);
    println!("{EXPERIMENTS} experiments run for the first time: {:.1} s", begun.elapsed().as_secs_f64());
    println!("  memory afterwards: {}", first.memory());
    drop(first);
    let begun = Instant::now();
    let watch = Watch::start(&project, &[]);
    watch.wait("ended", EXPERIMENTS);
    println!("{EXPERIMENTS} experiments that are done: known after {:.2} s", begun.elapsed().as_secs_f64());
    std::thread::sleep(Duration::from_secs(1));
    let before = watch.seconds();
    std::thread::sleep(IDLE);
    let share = (watch.seconds() - before) / IDLE.as_secs_f64();
    println!("  idle: {:.2} % of a core, {}", share * 100.0, watch.memory());
    let saved = Instant::now();
    project.write("experiments/x0500.toml", &spec(0.25));
    let began = watch.wait("run_began", 1);
    println!("  a save among them: work starts after {:.0} ms", (began - saved).as_secs_f64() * 1e3);
}

fn main() {
    save_to_start();
    burst();
    idle();
}
