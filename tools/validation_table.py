#!/usr/bin/env python3
"""validation_table.py [--assay PROGRAM] [--write]: the tables of docs/validation.md, and whether
they are those that `assay validate inference --format md` and `assay validate training --format md`
print now.

Exits 1 with the first difference of each that is not; with --write, or ASSAY_UPDATE=1 in the
environment, puts the new ones in instead. Everything outside of the markers is left alone.
"""
import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "validation.md"
KINDS = {"inference": "table", "training": "training-table"}  # and the name of its markers


def printed(assay, kind):
    """The table as the program prints it, in an environment that does not matter to it."""
    environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", "")}
    command = [assay, "validate", kind, "--format", "md"]
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {run.returncode}")
    return run.stdout.decode("utf-8")


def parts(page, marker):
    """The text before, between and after the markers."""
    first, last = f"<!-- {marker}:begin -->\n", f"<!-- {marker}:end -->"
    begin, end = page.find(first), page.find(last)
    if begin < 0 or end < begin:
        sys.exit(f"{PAGE}: error: no {first.strip()} … {last}")
    begin += len(first)
    return page[:begin], page[begin:end], page[end:]


def first_difference(old, new):
    """(line number within the table, old line, new line)"""
    old, new = old.splitlines(), new.splitlines()
    for number in range(max(len(old), len(new))):
        was = old[number] if number < len(old) else "(nothing)"
        now = new[number] if number < len(new) else "(nothing)"
        if was != now:
            return number + 1, was, now
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assay", default=str(ROOT / "build" / "assay"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    update = options.write or os.environ.get("ASSAY_UPDATE", "") not in ("", "0")
    out_of_date = False
    for kind, marker in KINDS.items():
        before, old, after = parts(PAGE.read_text(encoding="utf-8"), marker)
        new = printed(options.assay, kind)
        difference = first_difference(old, new)
        if difference is None:
            continue
        if update:
            PAGE.write_text(before + new + after, encoding="utf-8")
            continue
        out_of_date = True
        line = before.count("\n") + difference[0]
        print(f"docs/validation.md:{line}: error: the table is out of date; run "
              f"tools/validation_table.py --write\n- {difference[1]}\n+ {difference[2]}")
    return 1 if out_of_date else 0


if __name__ == "__main__":
    sys.exit(main())
