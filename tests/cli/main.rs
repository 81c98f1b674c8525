//! The binary as a user meets it: a small project on disk, commands, what they print, and what they leave.

mod cache;
mod cluster;
mod determinism;
mod export;
mod fetch;
mod init;
mod invalidation;
mod launchers;
mod network;
mod output;
mod project;
mod pruning;
mod reports;
mod screen;
mod slurm;
mod slurm_answers;
mod slurm_recovery;
mod sweep;
mod verbs;
mod watch;
mod watch_sweep;
mod watched;
mod weights;
