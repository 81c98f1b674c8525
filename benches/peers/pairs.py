"""Alternates frostline and its peers and prints the ratios: the medians over the pairs. Called by benches/peers.sh."""
import json, os, shlex, statistics, subprocess, sys, tempfile, time
from pathlib import Path

PEERS, PAIRS, PRIORITY = os.environ["PEERS"], int(os.environ["PAIRS"]), shlex.split(os.environ["PRIORITY"])
PAUSE = float(os.environ.get("PAUSE", "0"))
RATE, SECONDS = "img_per_s_median", "epoch_s_median"


def extract(*peers, args=(), ours=None):
    return {"ours": {"": ("trunk", *(ours or args))}, "peers": {p: ("extract.py", p, *args) for p in peers}, "key": RATE}


def finetune(*ours):
    return {"ours": {"": ("finetune", *ours)}, "peers": {"keras": ("finetune.py", "keras")}, "key": RATE}


def top():
    return {"ours": {"": ("top",)}, "peers": {p: ("top.py", p) for p in ("keras", "torch")}, "key": SECONDS}


def recipe(*precisions):
    ours = {precision: ("run", precision) for precision in precisions}
    return {"ours": ours, "peers": {"keras": ("tutorial.py", "--preprocess", "caffe")}, "key": "total_s"}


# Each row: what we run, by variant; what the peers run; and the ratio to reach, by peer or by the best of them.
ROWS = {
    "f32": extract("mnn", "openvino") | {"reach": {"": {"mnn": 1.45, "openvino": 3.0}}},
    "f32-224": extract("mnn", args=("--size", "224")) | {"reach": {"": {"mnn": 1.4}}},
    "f32-one": extract("mnn", "ncnn", "openvino", args=("--batch", "1")) | {"reach": {"": {"best": 1.25}}},
    "f32-avx2": extract("mnn", ours=("--isa", "avx2")) | {"reach": {"": {"mnn": 1.2}}},
    "bf16": extract("mnn", "ncnn", "openvino", args=("--precision", "bf16")) | {"reach": {"": {"best": 1.85}}},
    "bf16-amx": extract("mnn", "ncnn", "openvino", args=("--precision", "bf16"), ours=("--precision", "bf16_amx"))
    | {"reach": {"": {"best": 1.85}}},
    "finetune": finetune() | {"reach": {"": {"keras": 3.0}}},
    "finetune-cached": finetune("--frozen", "cached") | {"reach": {"": {"keras": 10.0}}},
    "top": top() | {"reach": {"": {"best": 3.5}}},
    "recipe": recipe("f32", "bf16") | {"reach": {"f32": {"keras": 3.3}, "bf16": {"keras": 4.3}}},
    "recipe-amx": recipe("bf16_amx") | {"reach": {"bf16_amx": {"keras": 4.3}}},
}
# Long, or only of a machine with a tile unit.
NAMED_ONLY = ("recipe", "bf16-amx", "recipe-amx")


def executables():
    """The benches, by name, from cargo's messages."""
    messages = [json.loads(line) for line in os.environ["BENCHES"].splitlines() if line.startswith("{")]
    return {m["target"]["name"]: m["executable"] for m in messages if m.get("executable")}


def measured(command):
    """The last JSON line that a command prints."""
    done = subprocess.run([*PRIORITY, *command], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    time.sleep(PAUSE)
    return json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])


def whole_run(precision):
    """Seconds of `frostline run`, cold."""
    binary = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "frostline")
    with tempfile.TemporaryDirectory() as folder:
        command = [binary, "run", "benches/peers/recipe.toml", "--runs", folder, "--set", f"bottleneck.precision={precision}"]
        start = time.perf_counter()
        subprocess.run([*PRIORITY, *command], check=True, capture_output=True)
        return {"total_s": round(time.perf_counter() - start, 1)}


def ours(what, *args):
    return whole_run(*args) if what == "run" else measured([executables()[what], "--bench", *args])


def peer(script, *args):
    return measured([sys.executable, str(Path(PEERS) / script), *args])


def ratio(key, mine, theirs):
    return mine / theirs if key == RATE else theirs / mine


def row(name):
    wanted, ratios = ROWS[name], {}
    key = wanted["key"]
    for pair in range(PAIRS):
        mine = {variant: ours(*command)[key] for variant, command in wanted["ours"].items()}
        theirs = {p: peer(*command)[key] for p, command in wanted["peers"].items()}
        print(json.dumps({"row": name, "pair": pair, "ours": mine, **theirs}), flush=True)
        for variant, value in mine.items():
            each = {p: ratio(key, value, their) for p, their in theirs.items()}
            for p, one in (each | {"best": min(each.values())}).items():
                ratios.setdefault((variant, p), []).append(one)
    for variant, reach in wanted["reach"].items():
        for p, least in reach.items():
            found = ratios[variant, p]
            spread = f"{min(found):.2f} to {max(found):.2f}; to reach: {least}"
            print(f"{name} {variant}".strip() + f": {statistics.median(found):.2f} x {p} ({spread})", flush=True)


for chosen in sys.argv[1:] or [name for name in ROWS if name not in NAMED_ONLY]:
    row(chosen)
