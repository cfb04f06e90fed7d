#!/usr/bin/env python3
"""normalise_measurements.py FILE.csv: published measurements → validation/inference.csv on stdout.

Keeps the columns and the figures; of the free text in `notes` it keeps only what Assay's reader
recognises (src/evidence/measurement_notes.cpp), in its shortest form. Same input, same output; its
own output stays as it is.
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
COLUMNS = [
    "id", "source_title", "source_url_or_repo", "source_path", "source_commit", "source_date",
    "accelerator", "n_accelerators", "engine", "model", "weight_precision", "kv_precision",
    "activation_precision", "tp", "pp", "ep", "dp", "isl", "osl", "batch_or_concurrency",
    "scenario", "metric", "value", "unit_scope", "notes",
]


def normal_form(notes):
    facts = []
    for pattern, form in FACTS:
        match = re.search(pattern, notes)
        if match and (fact := match.expand(form)) not in facts:
            facts.append(fact)
    return "; ".join(facts)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    for row in rows:
        row["notes"] = normal_form(row["notes"])
        row["source_date"] = row["source_date"].replace(" (our estimate)", "")
        repository = row["source_url_or_repo"]
        row["source_url_or_repo"] = re.sub(r" \((?:read via|copy in).*", "", repository)
        out.writerow([row[column].strip() for column in COLUMNS])


if __name__ == "__main__":
    main()
