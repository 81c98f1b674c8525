#!/usr/bin/env bash
# All that takes a GPU to prove, in one call: builds with CUDA, holds the device to the golden files and to the CPU's
# kernels, runs the quickstart on it, and times extraction and fine-tuning beside PyTorch with cuDNN.
#
#   benches/cuda.sh                 on a machine with a GPU, a CUDA toolkit (nvcc), Rust, and python3 with torch
#   DEVICE=cuda:1 benches/cuda.sh   another GPU
#   DEVICE=generic benches/cuda.sh  the same code on the CPU: what of this script can be tried without a GPU
#   DRY_RUN=1 benches/cuda.sh       only says what it would do
#
# SIZES, BATCHES, BATCH and PYTHON change what is timed. Exit code 0: all that ran holds.
set -euo pipefail
cd "$(dirname "$0")/.."

DEVICE=${DEVICE:-cuda}
PYTHON=${PYTHON:-python3}
if [ "$DEVICE" = generic ]; then
    features=() torch_device=cpu run_device=cpu
    export FROSTLINE_KERNELS=generic
    SIZES=${SIZES:-64} BATCHES=${BATCHES:-1} BATCH=${BATCH:-4}
    quickstart=(--set data.target_size=64 --set data.limit_per_class=20)
else
    features=(--features cuda) torch_device=$DEVICE run_device=$DEVICE
    SIZES=${SIZES:-150 224} BATCHES=${BATCHES:-32} BATCH=${BATCH:-32}
    quickstart=()
fi

step() { printf '\n== %s\n' "$*"; }

run() {
    printf '+ %s\n' "$*" >&2
    [ -n "${DRY_RUN:-}" ] || "$@"
}

need() {
    command -v "$1" >/dev/null && return
    echo "no $1: $2"
    [ -n "${DRY_RUN:-}" ] || exit 1
}

step "what it takes"
need cargo "install Rust, https://rustup.rs"
if [ "$DEVICE" != generic ]; then
    need nvidia-smi "a GPU and its driver"
    need nvcc "a CUDA toolkit, with its bin folder in PATH"
    run nvidia-smi --query-gpu=index,name,memory.total,driver_version --format=csv
    run nvcc --version
fi

step "build"
run cargo build --release "${features[@]}"

step "golden files and the CPU's kernels, against the device"
FROSTLINE_TEST_DEVICE=$DEVICE run cargo test --release "${features[@]}" --test generic --test features --test fine_tune

step "the quickstart on the device"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
run target/release/frostline run experiments/quickstart.toml --runs "$folder" --set "device=$run_device" "${quickstart[@]}"
if [ -z "${DRY_RUN:-}" ]; then
    tail -n 1 "$folder"/quickstart/0001-*/metrics.csv
fi

step "timings"
table=$folder/timings.csv
echo "peer,what,size,batch,images_per_second" >"$table"
for size in $SIZES; do
    arguments=(--size "$size" --batch "$BATCH" --batches "$BATCHES")
    run cargo bench "${features[@]}" --bench engine -- --device "$DEVICE" "${arguments[@]}" >>"$table"
    if "$PYTHON" -c "import torch" 2>/dev/null || [ -n "${DRY_RUN:-}" ]; then
        run "$PYTHON" benches/pytorch.py --device "$torch_device" "${arguments[@]}" >>"$table"
    else
        echo "no torch in $PYTHON: not timed beside PyTorch"
    fi
done
column -t -s, "$table"
