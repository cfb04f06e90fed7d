#!/usr/bin/env python3
"""normalise_measurements.py FILE.csv: published measurements → validation/inference.csv on stdout;
of training, which its columns tell: validation/training.csv.

Keeps the columns and the figures; of the free text in `notes` it keeps only what Assay's reader
recognises (src/evidence/measurement_notes.cpp, training_notes.cpp), in its shortest form. Same
input, same output; its own output stays as it is.
"""
import csv
import re
import sys

NUMBER = r"(\d+(?:\.\d+)?)"

# (pattern, what is written for it); the first match counts, \1 … are its groups.
FACTS = [
    (r"(prefill workers \d+ tp\d+ dp\d+ ep\d+)", r"\1"),
    (r"(decode workers \d+ tp\d+ dp\d+ ep\d+)", r"\1"),
    (r"(attn tp\d+ dp\d+ moe_tp\d+ moe_ep\d+)", r"\1"),
    (r"enable_attention_dp", "enable_attention_dp"),
    (r"--enable-dp-attention", "--enable-dp-attention"),
    (r"label DEP\d|DEP =", "DEP ="),
    (r"(--moe-a2a-backend=deepep)", r"\1"),
    (r"A single |single device", "single device"),
    (r"SPECULATIVE|--speculative|(?<!no )\bMTP\b", "SPECULATIVE"),
    (r'(?:num_speculative_tokens"?[:=]|draft tokens )' + NUMBER, r"draft tokens \1"),
    (r"MLPerf [^;]*?(\S+) (Offline|Server|Interactive|SingleStream)(?=;|$)", r"MLPerf \1 \2"),
    (r"MLPerf(?: v\d[^ ;]*)?(?=;|$)", "MLPerf"),
    (NUMBER + r" (?:requests|prompts)", r"\1 requests"),
    (r"num_prompts=" + NUMBER, r"\1 requests"),
    (r"request rate " + NUMBER, r"request rate \1"),
    (r"at once", "at once"),
    (r"-sps" + NUMBER, r"request rate \1"),
    (r"range.ratio[ =]" + NUMBER, r"range ratio \1"),
    (r"KV (?:length )?" + NUMBER, r"KV length \1"),
    (NUMBER + r"% cache hits", r"\1% cache hits"),
    (r"max[-_]num[-_]batched[-_]tokens[ =]" + NUMBER, r"max_num_batched_tokens \1"),
    (r"max_num_tokens[ =]" + NUMBER, r"max_num_batched_tokens \1"),
    (r"--chunked-prefill-size[ =]" + NUMBER, r"max_num_batched_tokens \1"),
    (r"max[-_]num[-_]seqs[ =]" + NUMBER, r"max_num_seqs \1"),
    (NUMBER + r"=max_num_seqs", r"max_num_seqs \1"),
    (r"--max-running-requests[ =]" + NUMBER, r"max_num_seqs \1"),
    (r"--max[-_]batch[-_]size[ =]" + NUMBER, r"max_num_seqs \1"),
    (r"(?:gpu-memory-utilization|mem-fraction-static)[ =]" + NUMBER, r"mem-fraction-static \1"),
    (r"--kv-cache-dtype[ =]fp8", "--kv-cache-dtype fp8"),
    (r"TGP " + NUMBER + "W", r"TGP \1W"),
    (NUMBER + r"W TGP", r"TGP \1W"),
    (r"GPU " + NUMBER + r"W / ", r"TGP \1W"),
    (r"OUTLIER", "OUTLIER"),
    (r"QUALITY=([\w-]+)", r"QUALITY=\1"),
    (r"SIMULATED", "SIMULATED"),
]
TRAINING_FACTS = [
    (r"grad accum (\d+)", r"grad accum \1"),
    (r"\bGA[= ](\d+)", r"GA \1"),
    (r"micro_num (\d+)", r"micro_num \1"),
    (r"local batch (\d+)", r"local batch \1"),
    (r"LBS (\d+)", r"LBS \1"),
    (r"(?:^|; )(zbv-formatted|zbv|zbb|zero-bubble|v-half|v-min|1f1b-interleaved|Interleaved 1F1B"
     r"|1[fF]1[bB])(?=[ ,;]|$)(?! overlap)", r"\1"),
    (r"(\d+ Gbps node-node|\d+x\d+Gb RoCE per node|\d+Gbps inter-node|\d+Gb/s/GPU RDMA)", r"\1"),
    (r"mem (\d+)GB", r"mem \1GB"),
    (NUMBER + r"T\+? tokens", r"\1T tokens"),
    (r"(\d+x v\d\w?-\d+)", r"\1"),
    (r"(coarse tokens/s/GPU printed \d+)", r"\1"),
    (r"tokendrop", "tokendrop"),
    (r"natural routing", "natural routing"),
    (r"vboost", "vboost"),
    (r"(?i)async ?tp", "AsyncTP"),
    (r"compile", "compile"),
    (r"eager", "eager"),
    (r"rowwise", "rowwise"),
    (r"w/o MTP", "w/o MTP"),
    (r"CUDA graph", "CUDA graphs"),
    (r"EP overlap on|1f1b overlap", "EP overlap on"),
    (r"triton|FlexAttn|TorchSDPA", r"\g<0>"),
    (r"WITHOUT context parallelism", "WITHOUT context parallelism"),
    (r"whole-project", "whole-project"),
    (r"LOW TRUST", "LOW TRUST"),
    (r"do not use", "do not use"),
    (r"regression", "regression"),
    (r"columns look swapped", "columns look swapped"),
]
# How a source counts FLOP/s, in the words that data/names/training.yaml knows.
CONVENTIONS = [
    "nanoGPT/PaLM", "6*N_params", "Megatron SC21 formula", "hardware (full recompute)",
    "HARDWARE flops", "attn-causal-half", "attn-full", "attention FULL", "model flops", "unmatched",
]
COLUMNS = [
    "id", "source_title", "source_url_or_repo", "source_path", "source_commit", "source_date",
    "accelerator", "n_accelerators", "engine", "model", "weight_precision", "kv_precision",
    "activation_precision", "tp", "pp", "ep", "dp", "isl", "osl", "batch_or_concurrency",
    "scenario", "metric", "value", "unit_scope", "notes",
]


TRAINING_COLUMNS = [
    "id", "source_title", "source_url_or_repo", "source_path", "source_commit", "source_date",
    "source_key", "accelerator", "n_accelerators", "framework", "model", "layers", "hidden",
    "heads", "kv_heads", "ffn", "vocab", "precision", "seq_len", "mbs", "gbs", "tp", "pp", "vpp",
    "cp", "ep", "dp", "zero_or_fsdp", "recompute", "task", "metric", "value",
    "tokens_per_s_per_gpu_reported", "tflops_per_gpu_reported", "flop_convention",
    "gflop_per_token_implied", "notes",
]


def normal_form(notes, known):
    facts = []
    for pattern, form in known:
        match = re.search(pattern, notes)
        if match and (fact := match.expand(form)) not in facts:
            facts.append(fact)
    return "; ".join(facts)


def convention(text):
    return next((known for known in CONVENTIONS if known in text), text)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    training = "flop_convention" in rows[0]
    columns = TRAINING_COLUMNS if training else COLUMNS
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(columns)
    for row in rows:
        row["notes"] = normal_form(row["notes"], TRAINING_FACTS if training else FACTS)
        if training:
            row["flop_convention"] = convention(row["flop_convention"])
        row["source_date"] = row["source_date"].replace(" (our estimate)", "")
        row["source_path"] = re.sub(r"^\(stored page.*\)$", "", row["source_path"])
        repository = row["source_url_or_repo"]
        row["source_url_or_repo"] = re.sub(r" \((?:read via|copy in).*", "", repository)
        out.writerow([row[column].strip() for column in columns])


if __name__ == "__main__":
    main()
