//! What the benches share: arguments, threads, clocks and pixels.

#![allow(dead_code, reason = "no bench uses all of it")]

use std::str::FromStr;
use std::time::Instant;

use frostline::kernels::isa::{self, Isa};
use frostline::rng::Stream;

/// The value after an argument, or `default`.
pub fn option<T: FromStr>(name: &str, default: T) -> T {
    let value = std::env::args().skip_while(|argument| argument != name).nth(1);
    value.map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("`{value}` is no value for `{name}`")))
}

/// Runs `work` on as many threads as `--threads` says, all of the machine's by default, with the instruction set that
/// `--isa` says; the number of threads and what came of it.
pub fn on_threads<T: Send>(work: impl FnOnce() -> T + Send) -> (usize, T) {
    let isa: String = option("--isa", Isa::detect().name().to_owned());
    isa::force(isa.parse().expect("an instruction set")).expect("one that this machine has");
    let threads = option("--threads", std::thread::available_parallelism().map_or(1, usize::from));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
    (threads, pool.install(work))
}

/// Seconds of some runs.
pub struct Seconds {
    /// The fewest.
    pub best: f64,
    /// Half of the runs took no longer.
    pub median: f64,
}

impl Seconds {
    /// Of so many runs, after one that warms up.
    pub fn of(runs: usize, mut run: impl FnMut()) -> Self {
        let mut once = || {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        };
        once();
        Self::among((0..runs).map(|_| once()).collect())
    }

    /// Of runs that were timed elsewhere.
    pub fn among(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        let middle = seconds.len() / 2;
        let below = seconds[(seconds.len() - 1) / 2];
        Self { best: seconds[0], median: (below + seconds[middle]) / 2.0 }
    }

    /// `"img_per_s_best": ..., "img_per_s_median": ...` for so many images a run.
    pub fn rates(&self, images: usize) -> String {
        let rate = |seconds: f64| images as f64 / seconds;
        format!("\"img_per_s_best\": {:.2}, \"img_per_s_median\": {:.2}", rate(self.best), rate(self.median))
    }
}

/// Prints a line as the peers' scripts do.
pub fn report(what: &str, threads: usize, fields: &str) {
    println!(
        "{{\"what\": \"{what}\", \"peer\": \"frostline\", \"version\": \"{}\", \"isa\": \"{}\", \"threads\": {threads}, \
         {fields}}}",
        env!("CARGO_PKG_VERSION"),
        isa::current().name()
    );
}

/// Numbers between two bounds.
pub fn uniform(stream: &mut Stream, len: usize, low: f32, high: f32) -> Vec<f32> {
    (0..len).map(|_| low + (high - low) * (stream.next_u32() >> 8) as f32 / (1 << 24) as f32).collect()
}
