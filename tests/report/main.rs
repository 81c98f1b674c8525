//! Reports in the programs that people read them with: pages in a real browser, events in TensorBoard. The pictures that are taken on the
//! way stand in `target/tmp/report/pictures`, to be looked at.

mod access;
mod chromium;
mod fixture;
mod run_page;
mod runs_page;
mod scene;
mod sweep_page;
mod tensorboard;
mod trials;
