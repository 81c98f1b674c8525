//! Many processes on one cache and one folder of runs. The test program starts itself again as the others.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use frostline::cache::{Cache, Read, Repair, verify};
use frostline::clock::SystemClock;
use frostline::digest::Digest;
use frostline::runs::{Again, Claim, Identity, Order, Runs, State};

use crate::scene::{Scene, image, inputs, patiently, record};
use crate::shelf::BYTES;

/// Set in the processes that a test starts: the folder to work in.
const FOLDER: &str = "FROSTLINE_TEST_FOLDER";
const NTH: &str = "FROSTLINE_TEST_NTH";
const IMAGES: u32 = 12;
const PROCESSES: usize = 8;
/// Longer than a kill takes on a loaded machine, shorter than a heartbeat is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts this test program again, to run only the test of that name, in the scene's folder.
fn start(test: &str, scene: &Scene, nth: usize) -> Child {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args(["--exact", test, "--nocapture", "--test-threads", "1"]);
    command.env(FOLDER, scene.root()).env(NTH, nth.to_string()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("starts")
}

/// Runs eight of them at once, and gives the lines that they print after `said: `.
fn eight(test: &str, scene: &Scene) -> Vec<String> {
    let children: Vec<Child> = (0..PROCESSES).map(|nth| start(test, scene, nth)).collect();
    let said = |child: Child| {
        let output = child.wait_with_output().expect("ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().filter_map(|line| line.split("said: ").nth(1).map(str::to_owned)).collect::<Vec<_>>()
    };
    children.into_iter().flat_map(said).collect()
}

fn told() -> Option<(std::path::PathBuf, usize)> {
    let nth = std::env::var(NTH).ok()?.parse().ok()?;
    Some((std::env::var_os(FOLDER)?.into(), nth))
}

/// Extracts what is missing, image by image, and gives how many records it computed.
fn extract(cache: &Cache) -> usize {
    let shelf = cache.shelf(&inputs(), BYTES).expect("opens");
    let images: Vec<Digest> = (0..IMAGES).map(image).collect();
    let mut computed = 0;
    if !shelf.missing(&images).is_empty() {
        let mut writer = patiently(|wait| shelf.writer(wait)).expect("locks");
        for position in shelf.missing(&images) {
            let bytes = record(position as u32, BYTES);
            writer.append(&[(images[position], &bytes)]).expect("appends");
            computed += 1;
        }
    }
    let mut out = vec![0; BYTES];
    for (nth, image) in images.iter().enumerate() {
        assert_eq!(shelf.read(image, &mut out), Read::Found);
        assert_eq!(out, record(nth as u32, BYTES));
    }
    computed
}

#[test]
fn extracting_process() {
    if let Some((root, _)) = told() {
        let cache = Cache::open(&root, SystemClock::shared()).expect("opens");
        println!("said: {}", extract(&cache));
    }
}

#[test]
fn eight_processes_on_a_cold_cache_compute_each_record_once() {
    for _ in 0..5 {
        let scene = Scene::new();
        let counts = eight("company::extracting_process", &scene);
        let counts: Vec<usize> = counts.iter().map(|count| count.parse().expect("a count")).collect();
        assert_eq!(counts.len(), PROCESSES);
        assert_eq!(counts.iter().sum::<usize>(), IMAGES as usize, "{counts:?}");
        let verified = verify(&scene.cache(), Repair::No).expect("verifies");
        assert!(verified.problems.is_empty() && verified.leftovers.is_empty(), "{verified:?}");
    }
}

#[test]
fn eight_threads_share_one_shelf() {
    let scene = Scene::new();
    let computed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| computed.fetch_add(extract(&scene.cache()), Ordering::SeqCst));
        }
    });
    assert_eq!(computed.into_inner(), IMAGES as usize);
}

#[test]
fn run_making_process() {
    if let Some((root, nth)) = told() {
        let runs = Runs::at(&root, SystemClock::shared());
        for round in 0..3 {
            let spec = Digest::of(format!("{nth} {round}").as_bytes());
            let identity = Identity { spec, whole: spec };
            let order = Order { name: "cats", identity, spec: "", again: Again::Show };
            match patiently(|wait| runs.claim(order, wait)).expect("claims") {
                Claim::Mine(run) => println!("said: {}", run.end(State::Done, None).expect("ends").id().number),
                Claim::Done(run) => panic!("{} is new", run.label()),
            }
        }
    }
}

#[test]
fn run_numbers_never_collide() {
    let scene = Scene::new();
    let mut numbers: Vec<u32> =
        eight("company::run_making_process", &scene).iter().map(|n| n.parse().expect("n")).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=24).collect::<Vec<_>>());
}

#[test]
fn same_run_process() {
    if let Some((root, _)) = told() {
        let identity = Identity { spec: Digest::of(b"same"), whole: Digest::of(b"same") };
        let order = Order { name: "cats", identity, spec: "", again: Again::Show };
        match patiently(|wait| Runs::at(&root, SystemClock::shared()).claim(order, wait)).expect("claims") {
            Claim::Mine(run) => {
                run.end(State::Done, None).expect("ends");
                println!("said: worked");
            }
            Claim::Done(_) => println!("said: done"),
        }
    }
}

#[test]
fn one_of_eight_works_on_a_run_and_the_others_find_it_done() {
    let scene = Scene::new();
    let mut said = eight("company::same_run_process", &scene);
    said.sort();
    assert_eq!(said, [vec!["done".to_owned(); 7], vec!["worked".to_owned()]].concat());
}

#[test]
fn dying_process() {
    if let Some((root, _)) = told() {
        let cache = Cache::open(&root.join(".cache"), SystemClock::shared()).expect("opens");
        let shelf = cache.shelf(&inputs(), BYTES).expect("opens");
        let mut writer = patiently(|wait| shelf.writer(wait)).expect("locks");
        writer.append(&[(image(0), &record(0, BYTES))]).expect("appends");
        let identity = Identity { spec: Digest::of(b"d"), whole: Digest::of(b"d") };
        let order = Order { name: "cats", identity, spec: "", again: Again::Show };
        let run = patiently(|wait| Runs::at(&root, SystemClock::shared()).claim(order, wait)).expect("claims");
        println!("said: ready");
        loop {
            std::thread::park();
            std::hint::black_box((&run, &writer));
        }
    }
}

#[test]
fn the_locks_and_the_run_of_a_killed_process_are_taken_over_at_once() {
    use std::io::{BufRead, BufReader};
    let scene = Scene::new();
    let mut child = start("company::dying_process", &scene, 0);
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut lines = lines.map(|line| line.expect("a line"));
    assert!(lines.any(|line| line.contains("said: ready")));
    let runs = Runs::at(&scene.root(), SystemClock::shared());
    let run = runs.resolve("cats").expect("a run");
    assert_eq!(runs.state(&run), State::Running);
    child.kill().expect("kills");
    // Before it is waited for, the process is a zombie: its number is still in the table.
    let killed = Instant::now();
    while runs.state(&run) != State::Interrupted {
        assert!(killed.elapsed() < PATIENCE, "a killed process is interrupted at once");
        std::thread::park_timeout(Duration::from_millis(1));
    }
    child.wait().expect("ends");
    let cache = Cache::open(&scene.root().join(".cache"), SystemClock::shared()).expect("opens");
    assert_eq!(extract(&cache), IMAGES as usize - 1);
    let identity = Identity { spec: Digest::of(b"d"), whole: Digest::of(b"d") };
    let order = Order { name: "cats", identity, spec: "", again: Again::Show };
    match patiently(|wait| runs.claim(order, wait)).expect("claims") {
        Claim::Mine(active) => assert!(active.is_resumed() && active.path() == run.path()),
        Claim::Done(_) => panic!("it was killed"),
    }
}
