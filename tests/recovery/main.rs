//! Nothing is lost: the binary is killed, its disk fails, its inputs change, others work beside it, and what comes out in the end
//! has the bytes of a run that nothing happened to.
//!
//! Each test tries a sample; with `FROSTLINE_PROOF=full` in the environment it tries everything (many minutes).

#[allow(dead_code, reason = "the tests of the verbs use the rest of it")]
#[path = "../cli/project.rs"]
mod project;

mod company;
mod corpus;
mod disks;
mod faults;
mod hostile;
mod inputs;
mod kills;
mod signals;
mod states;
mod sweeps;
mod work;
