#!/usr/bin/env bash
# All that takes a GPU to prove, in one call: builds with CUDA, holds the device to the golden files and to the CPU's
# kernels, runs the quickstart on it, and times extraction and fine-tuning beside PyTorch with cuDNN.
#
#   benches/cuda.sh                 on a machine with a GPU, a CUDA toolkit (nvcc), Rust, and python3 with torch
#   DEVICE=cuda:1 benches/cuda.sh   another GPU
#   DEVICE=generic benches/cuda.sh  the same code on the CPU: what of this script can be tried without a GPU
#   DRY_RUN=1 benches/cuda.sh       only says what it would do
#
# SIZES, BATCHES, BATCH and PYTHON change what is timed. A step that fails stops no other, and is named in the end.
# Exit code 0: all that ran holds.
set -euo pipefail
cd "$(dirname "$0")/.."

DEVICE=${DEVICE:-cuda}
PYTHON=${PYTHON:-python3}
# What the quickstart comes to on the CPU, of 60 validation images: two of them may fall otherwise.
expected=0.9667 tolerance=0.0334
if [ "$DEVICE" = generic ]; then
    features=() device=generic torch_device=cpu run_device=cpu
    export FROSTLINE_KERNELS=generic
    SIZES=${SIZES:-64} BATCHES=${BATCHES:-1} BATCH=${BATCH:-4}
    quickstart=(--set data.target_size=64 --set data.limit_per_class=20)
else
    features=(--features cuda) device=cuda torch_device=cuda run_device=cuda
    SIZES=${SIZES:-150 224} BATCHES=${BATCHES:-32} BATCH=${BATCH:-32}
    quickstart=()
fi
case $DEVICE in
generic | cuda) ;;
cuda:*)
    # The tests of the layers take the first GPU that there is: it shall be this one, as nvidia-smi counts them.
    number=${DEVICE#cuda:}
    [ -z "${CUDA_VISIBLE_DEVICES:-}" ] || number=$(echo "$CUDA_VISIBLE_DEVICES" | cut -d, -f"$((number + 1))")
    export CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=$number
    ;;
*)
    echo "DEVICE is cuda, cuda:N or generic, not $DEVICE"
    exit 2
    ;;
esac

failed=()

# attempt WHAT COMMAND...: a step, whatever became of those before.
attempt() {
    printf '\n== %s\n' "$1"
    "${@:2}" || {
        echo "FAILED: $1"
        failed+=("$1")
    }
}

run() {
    printf '+ %s\n' "$*" >&2
    [ -n "${DRY_RUN:-}" ] || "$@"
}

need() {
    command -v "$1" >/dev/null && return
    echo "no $1: $2"
    [ -n "${DRY_RUN:-}" ] || exit 1
}

# Where the toolkit lies is where nvcc does: cudarc, dfdx and the loader look in fewer places.
find_toolkit() {
    local nvcc root
    nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc /opt/cuda/bin/nvcc 2>/dev/null | head -n 1) || true
    [ -n "$nvcc" ] || return 0
    root=$(dirname "$(dirname "$(readlink -f "$nvcc")")")
    export CUDA_PATH=${CUDA_PATH:-$root} PATH=$root/bin:$PATH
    export LD_LIBRARY_PATH=$CUDA_PATH/lib64:$CUDA_PATH/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
}

what_it_takes() {
    need cargo "install Rust, https://rustup.rs"
    [ "$DEVICE" != generic ] || return 0
    find_toolkit
    need nvidia-smi "a GPU and its driver"
    need nvcc "a CUDA toolkit, with its bin folder in PATH"
    run nvidia-smi --query-gpu=index,name,memory.total,driver_version,compute_cap --format=csv
    run nvcc --version
}

hold() { FROSTLINE_TEST_DEVICE=$device run cargo test --release "${features[@]}" --no-fail-fast --test "$1"; }

train() {
    local accuracy
    run target/release/frostline run experiments/quickstart.toml --runs "$folder" --set "device=$run_device" \
        "${quickstart[@]}" || return
    [ -z "${DRY_RUN:-}" ] || return 0
    tail -n 1 "$folder"/quickstart/0001-*/metrics.csv
    [ "$DEVICE" != generic ] || return 0
    accuracy=$(tail -n 1 "$folder"/quickstart/0001-*/metrics.csv | cut -d, -f5)
    awk -v found="$accuracy" -v expected=$expected -v tolerance=$tolerance \
        'BEGIN { apart = found - expected; exit !(apart <= tolerance && apart >= -tolerance) }' && return
    echo "its last val_accuracy is $accuracy, where the CPU has $expected"
    return 1
}

has_torch() {
    [ "$torch_device" = cpu ] || local more="; assert torch.cuda.is_available()"
    "$PYTHON" -c "import torch${more:-}" 2>/dev/null
}

time_frostline() {
    run cargo bench "${features[@]}" --bench engine -- --device "$device" "${arguments[@]}" >>"$table"
}

time_pytorch() {
    if [ -z "${DRY_RUN:-}" ] && ! has_torch; then
        echo "no torch in $PYTHON that computes on $torch_device: not timed beside PyTorch"
        return 0
    fi
    run "$PYTHON" benches/pytorch.py --device "$torch_device" "${arguments[@]}" >>"$table"
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
table=$folder/timings.csv
echo "peer,what,size,batch,images_per_second" >"$table"

attempt "what it takes" what_it_takes
attempt "build" run cargo build --release "${features[@]}"
for test in generic features fine_tune engines; do
    attempt "golden files and the CPU's kernels, against the device: $test" hold "$test"
done
attempt "the quickstart on the device" train
for size in $SIZES; do
    arguments=(--size "$size" --batch "$BATCH" --batches "$BATCHES")
    attempt "timings at $size px" time_frostline
    attempt "timings at $size px, PyTorch" time_pytorch
done

printf '\n== timings\n'
column -t -s, "$table" 2>/dev/null || cat "$table"
if [ ${#failed[@]} -gt 0 ]; then
    printf '\n'
    printf 'FAILED: %s\n' "${failed[@]}"
    exit 1
fi
