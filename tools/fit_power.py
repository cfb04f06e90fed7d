#!/usr/bin/env python3
"""fit_power.py FOLDER: fits data/power.yaml and prints it; residuals go to stderr.

FOLDER holds ops/POWER_*.csv.gz (watts per operator, aiconfigurator), power-splitwise.csv (mean and
peak board power of whole runs over its limit), inference.csv (the times of those runs) and
micro.csv (node power of MLPerf Training). Model: share of the board's limit =
min(1, overhead + compute * u_c + memory * u_m), where u_c and u_m are the reached shares of the
format's dense peak and of the memory bandwidth (src/model/power.h).

Operators: only those that move a third of the L2 cache or more, and run 0.2 ms or longer (prompt
attention: at most 1 ms); the watts of shorter ones fall with their length, so the meter's window
held pauses as well. Rows are put into cells of u_c (0.05) and u_m (0.1); the median of a cell
counts, kinds of operators weigh the same. Needs numpy and scipy.
"""
import csv
import gzip
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

# Dense peaks, bandwidth, L2 and limit as in data/accelerators/.
BOARDS = {
    "h200": dict(peak={2: 989e12, 1: 1979e12}, bandwidth=4.8e12, l2=50e6, limit=700),
    "b200": dict(peak={2: 2250e12, 1: 4500e12, 0.5: 9000e12}, bandwidth=8e12, l2=126e6,
                 limit=1000),
    "a100": dict(peak={2: 312e12}, bandwidth=2.039e12, l2=40e6, limit=400),
}
# Bytes of the format whose peak counts; bytes stored (nvfp4 with a scale for 16 values).
FORMAT = {"bfloat16": 2, "fp8": 1, "fp8_block": 1, "nvfp4": 0.5}
STORED = {"bfloat16": 2, "fp8": 1, "fp8_block": 1, "nvfp4": 0.5625}
# Parameters in matrices, bytes of K and V a token.
MODELS = {"bloom-176b": (176e9, 70 * 14336 * 4), "llama2-70b": (69e9, 80 * 1024 * 4)}
STEADY, CELL_ROWS = 2e-4, 10
# Rated watts of the eight-board servers, and the share of their limit that training boards draw:
# assumed, as nobody metered them apart; the ends give the interval.
RATED = {"h100": (10200, 5600), "b200": (14300, 8000)}
TRAINING = (0.85, 0.93, 1.0)
HEADER = """\
# What a board draws, as a share of its limit, and what its server draws besides. Meaning and
# equation: src/model/power.h. Printed by tools/fit_power.py. Shares of compute are those of the
# dense peak of the format in use: weights for 8 and 4 bits were tried and are not identified.
# half_width: 90 % of |log(measured/predicted)| over operators, much of it the meter's; whole runs
# average it out, those of A100 lie within 7 % of the constants of hopper. The one of ampere is
# widened: its runs share one node.
"""


def gemm(r):
    m, n, k, b = int(r["m"]), int(r["n"]), int(r["k"]), STORED[r["gemm_dtype"]]
    return FORMAT[r["gemm_dtype"]], 2.0 * m * n * k, b * (m * k + n * k) + 2 * m * n


def attention(r):
    batch, length, window = int(r["batch_size"]), int(r["isl"]), int(r["window_size"])
    heads, kv, dim = (int(r[x]) for x in ("num_heads", "num_key_value_heads", "head_dim"))
    if int(r["step"]) == 0:  # a prompt: half of the square, or the band behind the window
        w = min(window or length, length)
        flops = 4.0 * batch * heads * dim * (length * w - w * w / 2)
        return 2, flops, batch * length * dim * 4 * (heads + kv)
    seen = min(window or 1 << 60, length + int(r["step"]))
    stored = 1 if "fp8" in r["kv_cache_dtype"] else 2
    return 2, 4.0 * batch * heads * dim * seen, 2.0 * batch * seen * kv * dim * stored


def experts(r):
    if r["moe_dtype"] not in FORMAT or r["moe_ep_size"] != "1":
        return None
    tokens, hidden = int(r["num_tokens"]), int(r["hidden_size"])
    k, of = int(r["topk"]), int(r["num_experts"])
    inner = int(r["inter_size"]) // int(r["moe_tp_size"])
    balanced = r["distribution"] == "balanced"
    met = min(of, tokens * k) if balanced else of * (1 - (1 - k / of) ** tokens)
    moved = 3 * met * hidden * inner * STORED[r["moe_dtype"]] + 4 * tokens * (hidden + k * inner)
    return FORMAT[r["moe_dtype"]], 6.0 * tokens * k * hidden * inner, moved


def operators(folder):
    """(board, kind, format, u_c, u_m, share, seconds, bytes) of each measured operator."""
    for path in sorted((folder / "ops").glob("POWER_*.csv.gz")):
        board = path.name.split("_")[1]
        spec = BOARDS[board]
        kind = next(k for k in ("gemm", "context", "generation", "moe") if f"_{k}_" in path.name)
        work = {"gemm": gemm, "moe": experts}.get(kind, attention)
        with gzip.open(path, "rt") as file:
            file.readline()
            for r in csv.DictReader(file):
                done, t = work(r), float(r["latency"]) / 1e3
                if done:
                    fmt, flops, moved = done
                    yield (board, kind, fmt, flops / t / spec["peak"][fmt],
                           moved / t / spec["bandwidth"], float(r["power"]) / spec["limit"], t,
                           moved)


def cells(rows, board):
    """(kind, u_c, u_m, share, rows) of the steady operators."""
    found = defaultdict(list)
    for b, kind, fmt, uc, um, share, t, moved in rows:
        if b != board or moved < BOARDS[b]["l2"] / 3 or max(uc, um) > 1 or t < STEADY:
            continue
        if kind != "context" or t < 1e-3:
            found[kind, fmt, int(uc * 20), int(um * 10)].append((uc, um, share))
    return [(key[0], *np.median(v, axis=0), len(v))
            for key, v in sorted(found.items()) if len(v) >= CELL_ROWS]


def floors(rows, board):
    """Idle: the least that was seen (1 %). Overhead: median over kinds of near-empty launches."""
    found = defaultdict(list)
    for b, kind, fmt, uc, um, share, _, _ in rows:
        if b == board and uc < 0.02 and um < 0.03:
            found[kind, fmt].append(share)
    kinds = [np.median(v) for v in found.values() if len(v) > 50]
    return np.percentile(np.concatenate(list(found.values())), 1), np.median(kinds)


def predicted(curve, uc, um):
    return np.minimum(1, curve[0] + curve[1] * uc + curve[2] * um)


def fit(points, overhead):
    uc, um, share, rows = (np.array([p[i] for p in points]) for i in (1, 2, 3, 4))
    weight, total = np.sqrt(np.minimum(rows, 100)), defaultdict(float)
    for p, w in zip(points, weight):
        total[p[0]] += w
    weight = weight / np.array([total[p[0]] for p in points])
    def loss(x):
        return np.sum(weight * np.abs(np.log(predicted((overhead, *x), uc, um) / share)))
    starts = [(c, m) for c in (0.7, 1.5) for m in (0.4, 0.8)]
    runs = [minimize(loss, s, method="Nelder-Mead", bounds=((0, 5), (0, 3))) for s in starts]
    return (overhead, *min(runs, key=lambda r: r.fun).x)


def report(title, curve, points):
    """Prints residuals; returns the 90 % quantile of |log(measured/predicted)|."""
    uc, um, share = (np.array([p[i] for p in points]) for i in (1, 2, 3))
    ratio = share / predicted(curve, uc, um)
    error, log = np.abs(ratio - 1), np.abs(np.log(ratio))
    below = share < 0.95
    print(f"{title:24} {np.round(curve, 2)} {len(points):4} points, |measured/predicted-1|: median "
          f"{np.median(error):.3f}, 90 % {np.quantile(error, .9):.3f}; below 95 % of the limit: "
          f"{np.median(error[below]):.3f}, {np.quantile(error[below], .9):.3f}", file=sys.stderr)
    return np.quantile(log, 0.9)


def splitwise(folder):
    """Whole runs on A100 as points: decoding with its mean power, prompts with their peak."""
    times = defaultdict(dict)
    for r in csv.DictReader((folder / "inference.csv").open()):
        if r["id"].startswith("splitw"):
            key = (r["model"].split("/")[-1].lower(), r["accelerator"][:4], r["isl"],
                   r["batch_or_concurrency"], r["osl"], r["tp"])
            times[key][r["metric"]] = float(r["value"]) / 1e3
    decoding, prompts = [], []
    for r in csv.DictReader((folder / "power-splitwise.csv").open()):
        model = "bloom" if "bloom" in r["model"] else "llama-2-70b-hf"
        t = next((v for k, v in times.items() if k[0].startswith(model[:5]) and k[1:] == (
            r["hardware"][:4], r["prompt_size"], r["batch_size"], r["token_size"],
            r["tensor_parallel"])), None)
        if not t or r["hardware"][:4] not in BOARDS or float(r["average_power"]) == 0:
            continue
        spec, (weights, kv) = BOARDS[r["hardware"][:4]], MODELS[r["model"]]
        batch, tokens, out, tp = (int(r[x]) for x in ("batch_size", "prompt_size", "token_size",
                                                      "tensor_parallel"))
        def use(n, context, s):
            return (2 * weights * n / tp / spec["peak"][2] / s,
                    (2 * weights + batch * context * kv) / tp / spec["bandwidth"] / s)
        ttft, tpot = t["ttft_ms"], t["tpot_ms"]
        if ttft < 0.05 * (ttft + (out - 1) * tpot):  # the mean is that of decoding
            decoding.append(("run", *use(batch, tokens + out / 2, tpot),
                             float(r["average_power"]), 1))
            if float(r["peak_power"]) < 0.95:
                prompts.append(("run", *use(batch * tokens, tokens, ttft),
                                float(r["peak_power"]), 1))
    return decoding, prompts


def fit_runs(decoding, prompts):
    uc, um, share = (np.array([p[i] for p in decoding]) for i in (1, 2, 3))
    loss = lambda x: np.sum(np.abs(np.log(predicted((x[0], 1.0, x[1]), uc, um) / share)))
    overhead, memory = minimize(loss, (0.3, 0.7), method="Nelder-Mead").x
    ratio = [(p[3] - overhead - memory * p[2]) / p[1] for p in prompts]
    return overhead, float(np.median(ratio)), memory


def host_shares(folder):
    """Servers' draw besides their boards over (rated - boards' limits), by assumed board share."""
    found = []
    for r in csv.DictReader((folder / "micro.csv").open()):
        one = r["shape_or_size"].startswith(("1x", "SR780a"))
        if r["id"].startswith("mlperf-power") and one and "-dc-" not in r["source_path"]:
            rated, boards = RATED[r["accelerator"][:4]]
            found.append([(float(r["value"]) - x * boards) / (rated - boards) for x in TRAINING])
    high, middle, low = np.median(found, axis=0)
    return len(found), middle, max(np.log(high / middle), np.log(middle / low))


def entry(family, idle, curve, half_width, confidence, *origin):
    print(f"  - {{ family: {family}, idle: {idle:.2f}, overhead: {curve[0]:.2f}, "
          f"compute: {curve[1]:.2f}, memory: {curve[2]:.2f},\n      half_width: {half_width:.2f}, "
          f"confidence: {confidence},\n      origin: \"" + "\n        ".join(origin) + "\" }")


def main():
    folder = Path(sys.argv[1])
    rows = list(operators(folder))
    points = {b: cells(rows, b) for b in ("h200", "b200")}
    floor = {b: floors(rows, b) for b in points}
    curve = {b: fit(points[b], floor[b][1]) for b in points}
    points["a100"], prompts = splitwise(folder)
    curve["a100"] = fit_runs(points["a100"], prompts)
    both = points["h200"] + points["b200"]
    shared = fit(both, np.mean([floor[b][1] for b in floor]))
    width = {b: report(b, curve[b], points[b]) for b in points}
    report("a100 peaks of prompts", curve["a100"], prompts)
    report("shared", shared, both)
    left_out = {(train, test): report(f"{train} predicts {test}", curve[train], points[test])
                for test in points for train in points if train != test}
    print(HEADER)
    runs, share, spread = host_shares(folder)
    print(f"host:\n  share: {share:.2f}       # of what a server is rated for beyond its boards\n"
          f"  half_width: {spread:.2f}\n  confidence: derived\n  origin: >-\n"
          f"    {runs} single-node power logs of MLPerf Training 4.0 and 5.0 (H100, B200; before\n"
          f"    the supplies) against 10.2 and 14.3 kW, boards assumed at {TRAINING[1]} of their\n"
          f"    limit; the interval: at {TRAINING[0]} to {TRAINING[2]}\n\nfamilies:")
    for family, board in (("hopper", "h200"), ("blackwell", "b200")):
        entry(family, floor[board][0], curve[board], width[board], "measured",
              f"fit: {len(points[board])} cells of operators on {board.upper()}, aiconfigurator "
              "at 095f58a5")
    entry("ampere", 0.17, curve["a100"], 0.25, "measured",
          f"fit: {len(points['a100'])} runs on A100, Splitwise (Patel et al., ISCA 2024);",
          f"compute from {len(prompts)} peaks, idle from 3 runs that failed")
    entry("unknown", 0.15, shared, max(left_out.values()) + 0.1, "assumed",
          "hopper and blackwell together; interval: the worst of one family predicting",
          "another, widened by 0.1 as one vendor made them all")


if __name__ == "__main__":
    main()
