//! The store as its users see it: the cache and the runs, through their public doors, with faults, damage and company.

mod scene;
mod shelf;
