#!/usr/bin/env bash
# An example to start from, not a launcher that frostline drives: the points of a sweep over several machines with GNU parallel and ssh.
# The project lies on a file system that all of them share, at the same path, with frostline on their PATH.
#
#   parallel.sh experiments/FILE.toml nodes.txt        nodes.txt: a line `CORES/host` for each, as `parallel --sshloginfile` reads it
set -euo pipefail
file=$1 nodes=$2

folder=$(frostline sweep "$file" --freeze) # validates and freezes the points, prints the sweep's folder
# What several points share is computed by the first that needs it; the cache makes the others wait for it.
for point in "$folder"/points/*.toml; do basename "$point" .toml; done |
    parallel --quote --sshloginfile "$nodes" --workdir . frostline sweep-task "$folder" --point {} --threads 1 ||
    true                # a failed point does not stop the others
frostline sweep "$file" # runs what is missing or failed, writes trials.csv and best.toml
