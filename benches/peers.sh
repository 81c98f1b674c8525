#!/usr/bin/env bash
# Measures frostline and what a user would pick instead, alternately, and prints the ratios.
#
#     benches/peers.sh PYTHON [ROW ...]
#
# PYTHON has torch, openvino, onnx, MNN, ncnn, tensorflow-cpu, pillow, scipy and safetensors. The peers' own scripts lie in
# $PEERS (by default ../shared/peers). $PAIRS is the number of alternating pairs (5), $PRIORITY what to put before every
# measured command, such as `chrt -f 50`. Without rows, all are measured but those of the whole recipe and of tile units (AMX); `benches/peers/pairs.py` lists them.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:?usage: benches/peers.sh PYTHON [ROW ...]}
shift
export PEERS=${PEERS:-../shared/peers} PAIRS=${PAIRS:-5} PRIORITY=${PRIORITY:-}
cargo build --release --quiet
benches=$(cargo bench --no-run --quiet --message-format=json --bench trunk --bench finetune --bench top |
    grep '"executable":"') # All of them would be more than an environment may hold.
BENCHES=$benches exec "$python" benches/peers/pairs.py "$@"
