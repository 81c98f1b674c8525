//! The store as its users see it: the cache and the runs, through their public doors, with faults, damage and company.

mod collecting;
mod company;
mod damage;
mod entries;
mod faults;
mod ladder;
mod runs;
mod scene;
mod shelf;
