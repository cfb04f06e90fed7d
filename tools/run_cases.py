#!/usr/bin/env python3
"""run_cases.py [--assay PROGRAM] CASE-OR-FOLDER…: runs text cases (tests/cases/README.md).

A case is a list of commands with what each must print:

    # case: tests/cases/plan/infeasible.case      lines with # and empty lines are kept as they are
    $ assay plan --seed 7 scenario.yaml           run in a fresh copy of files/ beside the case
    ? 4                                           exit code; 0 if left out
    > no plan: best found <~ 231 1%> ms           a line of stdout
    ! 1 warning                                   a line of stderr

In a line, <*> stands for any text and <~ value tolerance> for a number near the value (1% or an
absolute 0.5); a line that is <...> stands for any number of lines. ASSAY_UPDATE=1 rewrites what a
failing case expects, and keeps those marks where they still fit.
"""
import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from case_text import describe, matches, updated

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = {"assay", "cat", "cmp", "cp"}  # of a case; the last three look at files that it wrote
TIMEOUT_SECONDS = 300


class CaseError(Exception):
    """The case itself is not well-formed."""


class Step:
    """One command with what is expected of it, and the case's lines before it."""

    def __init__(self, line, command, before):
        self.line, self.command, self.before = line, command, before
        self.code, self.out, self.err = 0, [], []

    def text(self):
        lines = self.before + ["$ " + self.command]
        if self.code != 0:
            lines.append(f"? {self.code}")
        lines += ["> " + line if line else ">" for line in self.out]
        return lines + ["! " + line if line else "!" for line in self.err]


def parse(text, name):
    """The steps of a case, and the lines that follow the last one."""
    steps, kept = [], []
    for number, line in enumerate(text.splitlines(), 1):
        mark, _, rest = line.partition(" ")
        if not line.strip() or mark.startswith("#"):
            kept.append(line)
        elif mark == "$":
            steps.append(Step(number, rest, kept))
            kept = []
        elif mark in ("?", ">", "!") and steps:
            step = steps[-1]
            if kept:
                raise CaseError(f"{name}:{number}: error: a comment or an empty line splits what"
                                " one command prints, use '>' for an empty line of output")
            if mark == "?":
                step.code = int(rest)
            else:
                (step.out if mark == ">" else step.err).append(rest)
        else:
            raise CaseError(f"{name}:{number}: error: '{line}', use one of # $ ? > ! followed by a"
                            " space")
    if not steps:
        raise CaseError(f"{name}:1: error: no command, use a line '$ assay …'")
    return steps, kept


def environment(home):
    """A small environment, equal on every machine."""
    kept = {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}
    return kept | {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "LC_ALL": "C.UTF-8",
                   "TZ": "UTC", "COLUMNS": "100", "TERM": "dumb"}


def split_command(command):
    """(variables, arguments, {'<': file, '>': file}) of a command line."""
    words, variables, arguments, redirects = shlex.split(command), {}, [], {}
    while words and re.match(r"[A-Z_]+=", words[0]):
        key, _, value = words.pop(0).partition("=")
        variables[key] = value
    while words:
        word = words.pop(0)
        if word in ("<", ">") and words:
            redirects[word] = words.pop(0)
        else:
            arguments.append(word)
    if not arguments or arguments[0] not in PROGRAMS:
        raise CaseError(f"'{command}' runs no {', '.join(sorted(PROGRAMS))}")
    return variables, arguments, redirects


def lines_of(output):
    """Lines of an output; a missing newline at its end is a line of its own, so that it shows."""
    text = output.decode("utf-8", errors="replace")
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines + ["<no newline at the end>"]


def run(step, program, folder, home):
    """Exit code, lines of stdout, lines of stderr."""
    variables, arguments, redirects = split_command(step.command)
    if arguments[0] == "assay":
        arguments[0] = str(program)
    stdin = (folder / redirects["<"]).read_bytes() if "<" in redirects else b""
    done = subprocess.run(arguments, input=stdin, cwd=folder, capture_output=True, check=False,
                          env=environment(home) | variables, timeout=TIMEOUT_SECONDS)
    out = done.stdout
    if ">" in redirects:
        (folder / redirects[">"]).write_bytes(out)
        out = b""
    return done.returncode, lines_of(out), lines_of(done.stderr)


def check(step, program, folder, home, update):
    """The differences as text, empty if there are none; with update, changes the step instead."""
    code, out, err = run(step, program, folder, home)
    found = ""
    if code != step.code:
        found += f"  exit code {code}, expected {step.code}\n"
    for mark, expected, actual in ((">", step.out, out), ("!", step.err, err)):
        if not matches(expected, actual):
            found += describe(mark, expected, actual)
    if found and update:
        step.code = code
        step.out = step.out if matches(step.out, out) else updated(step.out, out)
        step.err = step.err if matches(step.err, err) else updated(step.err, err)
    return found


def prepare(case, folder):
    """Fills the folder that a case runs in: files/ beside the case, and the examples."""
    folder.mkdir()
    if (case.parent / "files").is_dir():
        shutil.copytree(case.parent / "files", folder, dirs_exist_ok=True)
    if (ROOT / "examples").is_dir():
        shutil.copytree(ROOT / "examples", folder / "examples", dirs_exist_ok=True)


def run_case(case, program, update):
    """True if the case holds, or was brought up to date."""
    try:
        steps, rest = parse(case.read_text(encoding="utf-8"), case)
        failed = False
        with tempfile.TemporaryDirectory(prefix="assay-case-") as scratch:
            folder, home = Path(scratch) / "work", Path(scratch) / "home"
            home.mkdir()
            prepare(case, folder)
            for step in steps:
                difference = check(step, program, folder, str(home), update)
                if difference:
                    failed = True
                    print(f"{case}:{step.line}: {'updated' if update else 'error'}:"
                          f" $ {step.command}\n{difference}", end="")
    except (CaseError, OSError, ValueError, subprocess.TimeoutExpired) as error:
        print(error if isinstance(error, CaseError) and str(error).startswith(str(case))
              else f"{case}:1: error: {error}")
        return False
    if failed and update:
        lines = [line for step in steps for line in step.text()] + rest
        case.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return update or not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", default=ROOT / "build" / "assay", help="the program to run")
    parser.add_argument("cases", nargs="*", default=[ROOT / "tests" / "cases"])
    arguments = parser.parse_args()
    program = Path(arguments.assay).resolve()
    update = os.environ.get("ASSAY_UPDATE", "") not in ("", "0")
    cases = [case for given in map(Path, arguments.cases)
             for case in (sorted(given.rglob("*.case")) if given.is_dir() else [given])]
    failed = [case for case in cases if not run_case(case, program, update)]
    print(f"{len(cases)} cases, {len(failed)} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
