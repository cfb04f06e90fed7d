#!/usr/bin/python3
"""fit_training_operators.py --truth DIR: physics of training-sized operators, as YAML on stdout.

DIR: micro.csv, op-efficiency-simumax.csv and ops/*.csv.gz (latency in ms).
Soft L1 on the log ratio. GEMM: a curve weighs the square root of its rows; a third of the (N, K)
is held out and judges. Elsewhere the errors are the fit's. "sustained": the part is at its power
limit. Deterministic; needs NumPy, SciPy, PyYAML.

gemm: t = (x^4 + y^4)^(1/4) + t0 + cast MK/(em BW); x = 2MNKn/(peak e) (ceil(w)/w)^gam (1 + k0/K)
  y = n (by (MK + KN) + ob MN)/(em BW); w = tiles/SM; em is fixed, the data do not tell it
attention: share of the dense 16-bit peak = e[head dim] L/(L + s0) r/(r + r0); L keys of a query
  in the mean (s/2 if causal); r = batch heads s/SM query rows; FLOPs 4 batch heads s L d; bwd 2.5x
grouped: t = gemm(Me, N, K, n = experts) (1 + m0/Me)/g0, e and the rest of gemm as fitted above
collectives: t = a0 + a1 (n - 1) + W + sqrt(W fill), us; W = r V/(link b[n]); r = (n - 1)/n, twice
  for all_reduce; V = bytes of the whole tensor, link one way
"""
import argparse
import csv
import glob
import gzip
import os
import re
import zlib

import numpy as np
import yaml
from scipy.optimize import least_squares

# As in data/accelerators: dense TFLOP/s of 16, 8, 4 bit; memory TB/s; SM; link GB/s one way.
SHEET = {"a100": (312, 624, 0, 2.039, 108, 300), "a100-pcie": (312, 624, 0, 1.935, 108, 0),
         "h100": (989.5, 1979, 0, 3.35, 132, 450), "h200": (989.5, 1979, 0, 4.8, 132, 450),
         "h800": (989.5, 1979, 0, 3.35, 132, 200), "b200": (2250, 4500, 9000, 8.0, 148, 900)}
FORMATS = {"bfloat16": (0, 2), "fp8": (1, 1), "fp8_block": (1, 1), "nvfp4": (2, .5625)}
EM, DRAWN = .85, 1500  # rows of one curve
FIELD = re.compile(r"(\w+)=(\w+)")


def fit(model, measured, start, weight=1.):
    """start: {name: (value, low, high)}, fixed where low = high; the values found."""
    free = [name for name in start if start[name][1] < start[name][2]]
    first, low, high = np.log(np.array([start[name] for name in free])).T

    def values(x):
        return {name: start[name][0] for name in start} | dict(zip(free, map(float, np.exp(x))))
    return values(least_squares(lambda x: np.log(model(values(x)) / measured) * weight, first,
                                bounds=(low, high), loss="soft_l1", f_scale=.1).x)


def errors(predicted, measured):
    off = np.exp(np.abs(np.log(predicted / measured))) - 1
    return {"rows": len(off)} | {name: round(float(np.percentile(off, q)), 3)
                                 for name, q in (("median", 50), ("p90", 90)) if len(off)}


def rounded(p):
    return {name: float(f"{p[name]:.3g}") for name in p}


def report(model, measured, start):
    return rounded(p := fit(model, measured, start)) | {"errors": errors(model(p), measured)}


def read_csv(truth, name):
    path = os.path.join(truth, name)
    with (gzip.open(path, "rt") if path.endswith(".gz") else open(path)) as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def operators(truth, pattern):
    for path in sorted(glob.glob(os.path.join(truth, "ops", pattern))):
        device = os.path.basename(path).replace("POWER_", "").split("_")[0]
        if device in SHEET:
            yield os.path.basename(path), device, read_csv(truth, path)


def simumax(truth, op):
    for r in read_csv(truth, "op-efficiency-simumax.csv"):
        if r["op"] == op:
            device = "b200" if r["device"] == "B200-SXM" else "a100-pcie"
            shape = {k: int(v) if v.isdigit() else v for k, v in FIELD.findall(r["shape"])}
            yield device, shape, float(r["measured_efficiency"]) * SHEET[device][0] * 1e12


def columns(rows):
    """rows: (device, format, M, N, K, output bytes, ...), shapes as columns with the sheet."""
    full = [(*row[2:6], SHEET[row[0]][FORMATS[row[1]][0]] * 1e12, FORMATS[row[1]][1],
             SHEET[row[0]][3] * 1e12, SHEET[row[0]][4]) for row in rows]
    return dict(zip(("m", "n", "k", "ob", "peak", "by", "bw", "sm"), np.array(full, float).T))


def gemm_time(d, p, e, cast=0., batch=1):
    m, n, k, memory = d["m"], d["n"], d["k"], p["em"] * d["bw"]
    tiles = np.minimum(np.ceil(m / 128) * np.ceil(n / 256), np.ceil(m / 256) * np.ceil(n / 128))
    waves = batch * tiles / d["sm"]
    x = 2 * m * n * k * batch / (d["peak"] * e) * (np.ceil(waves) / waves) ** p["gam"]
    y = batch * (d["by"] * (m * k + k * n) + d["ob"] * m * n) / memory
    return ((x * (1 + p["k0"] / k)) ** 4 + y ** 4) ** .25 + p["t0"] * 1e-6 + cast * m * k / memory


def read_gemms(truth):
    """{curve: [(device, format, M, N, K, output bytes, seconds)]}"""
    curves = {}

    def add(source, device, kind, m, n, k, out, time):  # large, and not hidden by a slow host
        least = (3e8 if kind == "fp8_block" else 2e7) * SHEET[device][FORMATS[kind][0]]
        if min(m, n, k) >= 1024 and 2 * m * n * k >= least:
            curves.setdefault(f"{device} {kind} {source}", []).append(
                (device, kind, m, n, k, out, time))
    for name, device, table in operators(truth, "*gemm*.gz"):
        source = " ".join(re.search(r"(vllm|trtllm)_([\d.]+\d)", name).groups())
        for r in table:
            add(source + " sustained" * name.startswith("POWER"), device, r["gemm_dtype"],
                *(int(r[key]) for key in "mnk"), 2, float(r["latency"]) * 1e-3)
    for device, q, rate in simumax(truth, "matmul"):
        out = (2 if q["out_dtype"] == "bf16" else 4) * (1 + (q["accumulate"] == "True"))
        add("simumax sustained", device, "bfloat16", q["m"], q["n"], q["k"], out,
            2 * q["m"] * q["n"] * q["k"] / rate)
    draw = np.random.default_rng(7)
    return {name: [curves[name][i] for i in sorted(draw.permutation(len(curves[name]))[:DRAWN])]
            for name in sorted(curves) if len(curves[name]) >= 10}


def fit_gemm(truth):
    curves = read_gemms(truth)
    names, rows = list(curves), [row for name in curves for row in curves[name]]
    index = np.repeat(np.arange(len(names)), [len(curves[name]) for name in names])
    data, time = columns(rows), np.array([row[6] for row in rows])
    held = np.array([zlib.crc32(f"{row[3]}x{row[4]}".encode()) % 3 == 0 for row in rows])
    wide = held & np.array([row[1] == "bfloat16" for row in rows])
    fitted, count = {key: data[key][~held] for key in data}, np.bincount(index[~held])

    def run(**fixed):
        start = {"gam": (.3, .001, 2), "k0": (100, 1, 1000), "t0": (3, .01, 30)}
        start |= {f"e {name}": (.6, .1, 1.2) for name in names}
        start |= {f"cast {name}": (2, .01, 50) for name in names if "bfloat16" not in name}
        start |= {key: (value, value, value) for key, value in ({"em": EM} | fixed).items()}

        def model(p, d, i):
            return gemm_time(d, p, np.array([p[f"e {name}"] for name in names])[i],
                             np.array([p.get(f"cast {name}", 0) for name in names])[i])
        p = fit(lambda p: model(p, fitted, index[~held]), time[~held], start,
                (count[index[~held]] / np.mean(count)) ** -.5)
        return p, model(p, data, index)
    p, predicted = run()
    table = {name: {key.split()[0]: round(p[key], 3) for key in p if key.endswith(" " + name)}
             | {"fitted": int(count[i]), "held out": errors(predicted[of], time[of])}
             for i, name in enumerate(names) for of in [held & (index == i)]}
    shared = {key: p[key] for key in ("gam", "k0", "t0", "em")}
    flat = {"gam": 0, "k0": 0, "t0": 0, "em": 1e6}
    terms = {"full model": {}, "whole waves": {"gam": 1}, "flat share": flat}
    terms |= {f"no {key}" if key != "em" else "no memory": {key: flat[key]} for key in flat}
    return shared, {"shared": rounded(shared), "all held out": errors(predicted[held], time[held]),
                    "worth of terms, bf16": {term: errors(run(**terms[term])[1][wide], time[wide])
                                             for term in terms}, "curves": table}


def fit_attention(truth):
    curves, found = {}, {}  # (kernel, pass): [(L, r, head dim, causal, share of the peak)]
    for op in ("sdp_fwd", "sdp_bwd"):
        for device, q, rate in simumax(truth, op):  # which counts the full square
            s, sheet = q["seq_len"], SHEET[device]
            curves.setdefault((f"{device} simumax", op[4:]), []).append((
                s / 2, q["head_num"] * s / sheet[4], q["qk_head_dim"], 1, rate / sheet[0] / 2e12))
    for r in read_csv(truth, "micro.csv"):
        shape = re.match(r"seq (\d+)(k?), head dim (\d+), (non-)?causal", r["shape_or_size"])
        if shape:  # so many heads that r does not matter
            keys = int(shape[1]) * (1024 if shape[2] else 1) / (1 if shape[4] else 2)
            part = "fwd + bwd" if "backward" in r["benchmark"] else "fwd"
            name = f"{r['accelerator'].split('-')[0]} {r['benchmark'].split(' for')[0]}"
            curves.setdefault((name, part), []).append(
                (keys, 1e9, int(shape[3]), not shape[4], float(r["efficiency"])))
    for (name, part), rows in curves.items():
        keys, deep, dims, causal, measured = np.array(rows, float).T

        def model(p):
            s0 = np.where(causal > 0, p["s0"], p.get("s0_full", 0))
            e = np.array([p[f"e{d:.0f}"] for d in dims])
            return e * keys / (keys + s0) * deep / (deep + p.get("r0", 0))
        start = {f"e{d:.0f}": (.6, .05, 1.3) for d in np.unique(dims)}
        found[f"{name}, {part}"] = report(model, measured, start | (
            {"s0": (300, 300, 300), "r0": (100, .1, 3000)} if "simumax" in name else  # few lengths
            {"s0": (300, 1, 3000), "s0_full": (100, 1, 3000)}))
        one = {row[:4]: row[4] for row in curves.get((name, "fwd"), []) if part != "fwd"}
        ratio = [(b[4] if part == "bwd" else 2.5 / (3.5 / b[4] - 1 / f)) / f  # bwd = 2.5 fwd
                 for b in rows for f in [one.get(b[:4])] if f and b[1] > 500]
        if ratio:
            found[f"{name}, {part}"]["backward rate / forward rate"] = rounded(
                {f"p{q}": np.percentile(ratio, q) for q in (10, 50, 90)} | {"rows": len(ratio)})
    return found


def fit_grouped(truth, shared, plain):
    curves, found = {}, {}
    for device, q, rate in simumax(truth, "group_matmul"):
        m, n, k, out = q["M"], q["N"], q["K"], 4 if "32" in q["main_grad_dtype"] else 2
        shape = (n, k, m, 2 * out) if q["stage"] == "bwd_grad_w" else (m, n, k, 2)
        curves.setdefault(f"{device} bfloat16 {q['stage']}", []).append(
            (device, "bfloat16", *shape, q["ng"], m, 2 * q["ng"] * m * n * k / rate))
    for r in read_csv(truth, "micro.csv"):
        shape = re.match(r"(groups=(\d+),)?M(/group)?=(\d+),N=(\d+),K=(\d+)", r["shape_or_size"])
        if shape and int(shape[4]) > 128:
            batch, (m, n, k) = int(shape[2] or 1), (int(shape[i]) for i in (4, 5, 6))
            time = 2e-12 * batch * m * n * k / float(r["value"])
            curve = curves.setdefault(f"h800 fp8 {'grouped' if shape[1] else 'dense'}", [])
            curve += [("h800", "fp8_block", m, n, k, 2, batch, m, time)]
    for name in sorted(curves):  # dense before grouped
        data, dense = columns(curves[name]), name.endswith("dense")
        batch, rows, time = np.array([row[6:] for row in curves[name]], float).T

        def model(p):
            e = p["e"] if dense else plain[name.split()[0]]
            return gemm_time(data, shared, e, 0, batch) * (1 + p["m0"] / rows) / p["g0"]
        found[name] = report(model, time, {"e": (.6, .1, 1), "m0": (0, 0, 0), "g0": (1, 1, 1)}
                             if dense else {"m0": (50, .1, 2000), "g0": (.9, .2, 1.5)})
        plain |= {name.split()[0]: found[name]["e"]} if dense else {}
    return found


def fit_collectives(truth):
    curves, found = {}, {}
    for _, device, table in operators(truth, "*__nccl.csv.gz"):
        for r in (r for r in table if r["nccl_dtype"] == "half"):
            curves.setdefault((device, r["op_name"]), []).append(
                (int(r["num_gpus"]), 2 * int(r["message_size"]), float(r["latency"]) * 1e-3))
    for key in sorted(curves):
        n, volume, time = np.array(curves[key], float).T
        ring = (n - 1) / n * (1 + (key[1] == "all_reduce")) * volume / SHEET[key[0]][5] / 1e9

        def model(p):
            wire = ring / np.array([p[f"b{i:.0f}"] for i in n])
            return (p["a0"] + p["a1"] * (n - 1)) * 1e-6 + wire + np.sqrt(wire * p["fill"] * 1e-6)
        start = {"a0": (8, .1, 2000), "a1": (1, .01, 20), "fill": (10, .01, 5000)}
        start |= {f"b{i:.0f}": (.8, .1, 1.5) for i in np.unique(n)}
        found[" ".join(key)] = report(model, time, start)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--truth", required=True, metavar="DIR")
    truth = os.path.abspath(parser.parse_args().truth)
    shared, gemm = fit_gemm(truth)
    plain = {name.split()[0]: row["e"] for name, row in gemm["curves"].items() if "simumax" in name}
    print(yaml.safe_dump({"gemm": gemm, "attention": fit_attention(truth), "grouped": fit_grouped(
        truth, shared, plain), "collectives": fit_collectives(truth)}, sort_keys=False), end="")


if __name__ == "__main__":
    main()
