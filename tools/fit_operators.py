#!/usr/bin/python3
"""fit_operators.py OPS > data/operators.yaml: few physical parameters from measured operators.

OPS is a folder of <device>__<engine>__<operator>.csv.gz (ai-dynamo/aiconfigurator; latency in ms).
Rows are drawn evenly over bins (format, power of two of the size); two thirds are fitted (soft L1
of the log ratio), the rest judges. Deterministic. Needs NumPy and SciPy.
"""
import csv
import glob
import gzip
import os
import sys

import numpy as np
from scipy.optimize import least_squares

SOURCE = "ai-dynamo/aiconfigurator 095f58a5"
ROWS = 9000  # drawn per device and operator
# As in data/accelerators: dense peaks in TFLOP/s, memory TB/s, link GB/s one way, L2 bytes.
SHEET = ("family", "p16", "p8", "p4", "bw", "link", "sm", "l2")
DEVICES = {
    "a100_sxm": ("ampere", 312, 624, 0, 2.039, 300, 108, 40e6),
    "h100_sxm": ("hopper", 989, 1979, 0, 3.35, 450, 132, 50e6),
    "h200_sxm": ("hopper", 989, 1979, 0, 4.8, 450, 132, 50e6),
    "b200_sxm": ("blackwell", 2250, 4500, 9000, 8.0, 900, 148, 126e6),
    "l40s": ("ada", 362.05, 733, 0, 0.864, 31.5, 142, 96e6),
}
# Format: bits of the peak, bytes of a weight and of an activation, scales included.
FORMATS = {
    "bfloat16": (16, 2, 2), "fp8": (8, 1, 1), "fp8_block": (8, 1, 1), "nvfp4": (4, .5625, .5625),
    "int4_wo": (16, .515625, 2), "w4a16_mxfp4": (16, .53125, 2), "w4a8_mxfp4_mxfp8": (8, .53125, 1),
}
HEADER = """\
# What kernels reach of a data sheet, written by tools/fit_operators.py; not to be edited by hand.
# peak, BW, link (one way), SM: the part's data sheet, dense. roof(x, y) = max + lambda min.
# gemm: roof(2mnk / (peak c), (nk wb + mk ab + 2mn) / (BW e)) + cast mk / SM + t0;
#   at least host_floor where the kernel was measured without a CUDA graph
# context_attention: 4 D (batch heads s A + tail 128 SM min(s, w)) / (bf16 peak a)
#   + pair batch kv / SM + traffic 4 batch s head_dim (heads + kv) / BW + t0;
#   A = 64 + s/2, or 64 + w - w^2/2s in a window w < s; D = 128 (head_dim + d0) / (128 + d0);
#   kv = KV heads; the format is that of the KV cache, also for generation
# generation_attention: roof(KV bytes / (BW e), pair batch kv / SM) + t0
# moe: roof(6hf/tp rows / (peak c), met 3hf/tp wb / (BW e)) + passes 2Tkh / BW + t0;
#   rows = Tk/ep ep^skew (0 if balanced); met = max(1, E/ep (1 - (1 - k/E)^T))
# collectives: a0 + a1 n + W + sqrt(W fill); W = r V / (link b b_per_doubling^log2(n/2));
#   V = bytes of the whole tensor; r = (n - 1)/n, twice for all_reduce
# residual: |measured/predicted - 1| of rows held out;
#   transfer: fitted on one part, judged on the other
families:"""


def to_array(values):
    try:
        return np.array(values, dtype=float)
    except ValueError:
        return np.array(values)


def take(data, rows):
    return {key: values[rows] for key, values in data.items()}


def read(folder, family, operator):
    """(columns of the family's devices with their data sheets, names of the engines)."""
    parts, engines = [], []
    for path in sorted(glob.glob(os.path.join(folder, f"*__{operator}.csv.gz"))):
        device, engine, _ = os.path.basename(path).split("__")
        if device not in DEVICES or DEVICES[device][0] != family:
            continue
        with gzip.open(path, "rt") as file:
            lines = list(csv.reader(line for line in file if not line.startswith("#")))
        part = {key: to_array([line[i] for line in lines[1:]]) for i, key in enumerate(lines[0])}
        sheet = dict(zip(SHEET, DEVICES[device]), device=device)
        parts.append(part | {key: np.full(len(lines) - 1, sheet[key]) for key in sheet})
        engines.append(f"{device} {engine.replace('_', ' ')}")
    keys = [key for key in parts[0] if all(key in part for part in parts)] if parts else []
    return {key: np.concatenate([part[key] for part in parts]) for key in keys}, engines


def draw(data, bins):
    """(rows to fit, rows to judge), as many of each bin of each device."""
    generator = np.random.default_rng(7)
    labels = np.array(["|".join(map(str, row)) for row in zip(data["device"], *bins)])
    names, index = np.unique(labels, return_inverse=True)
    each = max(30, ROWS * len(np.unique(data["device"])) // len(names))
    fitted, judged = [], []
    for i in range(len(names)):
        rows = generator.permutation(np.flatnonzero(index == i))[:each]
        cut = (2 * len(rows) + 2) // 3
        fitted.append(rows[:cut])
        judged.append(rows[cut:])
    return np.concatenate(fitted), np.concatenate(judged)


def fit(model, data, start):
    """start: {name: (value, low, high)}, all positive. The same names with the fitted values."""
    first, low, high = np.log(np.array(list(start.values()))).T
    measured = np.log(data["latency"] * 1e-3)

    def residuals(x):
        return np.log(model(data, dict(zip(start, np.exp(x))))) - measured
    found = least_squares(residuals, first, bounds=(low, high), loss="soft_l1", f_scale=.15)
    return dict(zip(start, np.exp(found.x)))


def octave(values):
    return np.floor(np.log2(np.maximum(values, 1)) + .01).astype(int)


def of(data, table, otherwise=np.nan):
    """table[format] of each row."""
    names, index = np.unique(data["format"], return_inverse=True)
    return np.array([table.get(str(name), otherwise) for name in names], dtype=float)[index]


def par(data, p, prefix, otherwise=np.nan):
    """The parameter prefix.<format> of each row."""
    table = {key.split(".")[1]: p[key] for key in p if key.startswith(prefix + ".")}
    return of(data, table, otherwise)


def size(data, i):
    """Bytes of a weight (1) or of an activation (2)."""
    return of(data, {name: values[i] for name, values in FORMATS.items()})


def with_formats(data, start, **ranges):
    names = [str(name) for name in np.unique(data["format"])]
    return start | {f"{key}.{name}": ranges[key] for key in ranges for name in names}


def peak(data):
    bits = size(data, 0)
    return 1e12 * np.where(bits == 16, data["p16"], np.where(bits == 8, data["p8"], data["p4"]))


def roof(a, b, p):
    return np.maximum(a, b) + p["lambda"] * np.minimum(a, b)


def cold(data, read_bytes):
    """Not found in the L2 by repeated runs, or too small to matter."""
    return (read_bytes > 1.5 * data["l2"]) | (read_bytes < 3e-6 * 1e12 * data["bw"])


def gemm(d, p):
    m, n, k = d["m"], d["n"], d["k"]
    memory = (n * k * size(d, 1) + m * k * size(d, 2) + 2 * m * n) / (d["bw"] * 1e12 * p["e"])
    time = roof(2 * m * n * k / (peak(d) * par(d, p, "c")), memory, p) + p["t0"] * 1e-6
    time = time + par(d, p, "cast", 0) * 1e-9 * m * k / d["sm"]
    return np.maximum(time, par(d, p, "host_floor", 0) * 1e-6)


def prepare_gemm(data):
    data["format"] = data["gemm_dtype"]
    data = take(data, np.minimum(data["n"], data["k"]) >= 1024)
    start = with_formats(data, {"e": (.85, .3, .95), "t0": (4, .5, 50), "lambda": (.3, .001, 1)},
                         c=(.7, .1, .95), cast=(.4, .001, 20))
    del start["cast.bfloat16"]
    if "fp8_block" in data["format"]:
        start["host_floor.fp8_block"] = (80, 1, 1000)
    return data, (data["format"], octave(data["m"])), start


def attention(data):
    """Without fallback kernels, and every third row of those with a window."""
    data["format"] = data["kv_cache_dtype"]
    data["window"] = data.get("window_size", np.zeros(len(data["latency"])))
    data = take(data, (data["head_dim"] < 512) & (data["kernel_source"] != "vllm_triton_attn"))
    return take(data, (data["window"] == 0) | (np.arange(len(data["window"])) % 3 == 0))


def context_attention(d, p):
    s, batch, kv = d["isl"], d["batch_size"], d["num_key_value_heads"]
    seen = np.where(d["window"] > 0, np.minimum(d["window"], s), s)
    attended = 64 + seen - seen * seen / (2 * s)
    work = batch * d["num_heads"] * s * attended + p["tail"] * 128 * d["sm"] * seen
    work = work * 4 * 128 * (d["head_dim"] + p["d0"]) / (128 + p["d0"])
    traffic = 4 * batch * s * d["head_dim"] * (d["num_heads"] + kv) / (d["bw"] * 1e12)
    fixed = p["pair"] * 1e-6 * batch * kv / d["sm"] + p["t0"] * 1e-6
    return work / (d["p16"] * 1e12 * par(d, p, "a")) + p["traffic"] * traffic + fixed


def prepare_context_attention(data):
    data = attention(data)
    start = {"d0": (50, .1, 1000), "tail": (.3, .0001, 10), "traffic": (1, .001, 50),
             "pair": (3, .01, 100), "t0": (12, 1, 60)}
    if len(np.unique(data["head_dim"])) == 1:
        start["d0"] = (50, 49.99, 50.01)  # not to be told from one head size
    return data, (data["format"], octave(data["isl"])), with_formats(data, start, a=(.6, .05, .95))


def kv_bytes(d):
    context = d["isl"] + d["step"]
    context = np.where(d["window"] > 0, np.minimum(context, d["window"]), context)
    return d["batch_size"] * context * d["num_key_value_heads"] * d["head_dim"] * 2 * size(d, 1)


def generation_attention(d, p):
    pairs = p["pair"] * 1e-6 * d["batch_size"] * d["num_key_value_heads"] / d["sm"]
    return roof(kv_bytes(d) / (d["bw"] * 1e12 * par(d, p, "e")), pairs, p) + p["t0"] * 1e-6


def prepare_generation_attention(data):
    data = attention(data)
    data = take(data, cold(data, kv_bytes(data)))
    start = with_formats(data, {"pair": (3, .001, 100), "lambda": (.5, .001, 1), "t0": (10, 1, 60)},
                         e=(.8, .1, .95))
    return data, (data["format"], octave(kv_bytes(data))), start


def expert_bytes(d):
    """Weights of the experts that a rank meets."""
    experts, even = d["num_experts"], d["distribution"] == "balanced"
    chance = 1 - (1 - d["topk"] / experts) ** d["num_tokens"]
    share = np.where(even, np.minimum(1, d["num_tokens"] * d["topk"] / experts), chance)
    met = np.maximum(1, experts / d["moe_ep_size"] * share)
    return met * 3 * d["hidden_size"] * d["inter_size"] / d["moe_tp_size"] * size(d, 1)


def moe(d, p):
    skew = np.where(d["distribution"] == "power_law_1.2", p["skew_1.2"], p["skew_1.01"])
    skew = np.where(d["distribution"] == "balanced", 0, skew)
    rows = d["num_tokens"] * d["topk"] * d["moe_ep_size"] ** (skew - 1)
    flops = 6 * d["hidden_size"] * d["inter_size"] / d["moe_tp_size"] * rows
    memory = expert_bytes(d) / (d["bw"] * 1e12 * par(d, p, "e"))
    time = roof(flops / (peak(d) * par(d, p, "c")), memory, p)
    moved = 2 * d["num_tokens"] * d["topk"] * d["hidden_size"] / (d["bw"] * 1e12)
    return time + p["passes"] * moved + p["t0"] * 1e-6


def prepare_moe(data):
    """Without experts of two matrices (Nemotron), one unusual activation, and the small batches of
    the old collection, which sends all experts of a token to the rank that is measured."""
    data["format"] = data["moe_dtype"]
    old = data["device"] == "a100_sxm"
    odd = ~old & ((data["topk"] == 22) | (data["inter_size"] == 1856) | (data["topk"] == 16))
    odd = odd | old & (data["moe_ep_size"] > 1) & (data["num_tokens"] <= 64)
    data = take(data, ~odd & cold(data, expert_bytes(data)))
    start = {"lambda": (.5, .001, 1), "passes": (1, .001, 20), "t0": (20, 1, 200),
             "skew_1.01": (.15, .001, 1), "skew_1.2": (.2, .001, 1)}
    start = with_formats(data, start, c=(.5, .02, .95), e=(.7, .05, .95))
    return data, (data["format"], octave(data["num_tokens"]), data["distribution"]), start


def collective(d, p):
    ring = (d["num_gpus"] - 1) / d["num_gpus"] * np.where(d["op_name"] == "all_reduce", 2, 1)
    share = p["b"] * p["b_per_doubling"] ** np.log2(d["num_gpus"] / 2)
    wire = ring * d["bytes"] / (d["link"] * 1e9 * share)
    return p["a0"] * 1e-6 + p["a1"] * 1e-6 * d["num_gpus"] + wire + np.sqrt(wire * p["fill"] * 1e-6)


def prepare_collective(folder, family, operation):
    """message_size counts elements. All-reduce: the faster of NCCL and vLLM's own in a graph."""
    data, engines = read(folder, family, "nccl")
    data = take(data, data["op_name"] == operation)
    data["bytes"] = data["message_size"] * np.where(data["nccl_dtype"] == "half", 2, 1)
    if operation == "all_reduce":
        data = take(data, data["nccl_dtype"] == "half")
        custom, more = read(folder, family, "custom_allreduce")
        custom = take(custom, custom["backend"] == "vllm_graph")
        keys = ("device", "num_gpus", "message_size")
        own = dict(zip(zip(*(custom[key] for key in keys)), custom["latency"]))
        own = [own.get(row, np.inf) for row in zip(*(data[key] for key in keys))]
        data["latency"] = np.minimum(data["latency"], own)
        engines += more
    start = {"a0": (4, .1, 50), "a1": (.5, .01, 10), "b": (.7, .02, 1),
             "b_per_doubling": (1, .1, 2), "fill": (3, .001, 200)}
    return data, engines, (data["num_gpus"], octave(data["bytes"]) // 3), start


UNITS = dict.fromkeys(("t0", "pair", "host_floor", "a0", "a1", "fill"), " us") | {"cast": " ns"}


def print_parameters(p):
    group = None
    for key in p:
        first, dot, last = (key, "", "") if key.startswith("skew") else key.partition(".")
        if dot and first != group:
            print(f"      {first}:")
        group, indent = first, "        " if dot else "      "
        print(f"{indent}{last or first}: {float(f'{p[key]:.3g}'):g}{UNITS.get(first, '')}")


def print_errors(prefix, model, data, rows, p):
    wrong = np.abs(data["latency"][rows] * 1e-3 / model(take(data, rows), p) - 1)
    print(f"      {prefix}_median: {np.median(wrong):.3f}")
    print(f"      {prefix}_p90: {np.percentile(wrong, 90):.3f}")


def print_fit(name, model, data, engines, bins, start):
    rows, rest = draw(data, bins)
    p = fit(model, take(data, rows), start)
    print(f"    {name}:")
    print_parameters(p)
    print(f"      rows: {len(rows)}\n      rows_held_out: {len(rest)}")
    print_errors("residual", model, data, rest, p)
    devices = [str(device) for device in np.unique(data["device"])]
    if len(devices) == 2:
        p = fit(model, take(data, rows[data["device"][rows] == devices[0]]), start)
        print(f"      transfer: {devices[0]} to {devices[1]}")
        print_errors("transfer", model, data, rest[data["device"][rest] == devices[1]], p)
    print(f'      origin: "{SOURCE}: {", ".join(engines)}"')


PREPARE = {gemm: prepare_gemm, context_attention: prepare_context_attention,
           generation_attention: prepare_generation_attention, moe: prepare_moe}


def main(folder):
    print(HEADER)
    for family in ("ampere", "ada", "hopper", "blackwell"):
        print(f"  {family}:")
        for model, prepare in PREPARE.items():
            data, engines = read(folder, family, model.__name__)
            data, bins, start = prepare(data)
            print_fit(model.__name__, model, data, engines, bins, start)
        for operation in ("all_reduce", "all_gather", "reduce_scatter", "alltoall"):
            data, engines, bins, start = prepare_collective(folder, family, operation)
            print_fit(operation, collective, data, engines, bins, start)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
