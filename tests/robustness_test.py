#!/usr/bin/env python3
"""robustness_test.py --assay PROGRAM: what users and machines do to a program, and how it answers.

Files that are huge, binary, empty, folders, unreadable or missing; an output that is closed or
full; words that are long or odd. Never a crash; the right exit code; a message that says why.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = None
MEBIBYTE = 1 << 20
# Commands that read a file, as the words before its name.
READERS = [["plan"], ["models"], ["offers"], ["explain"]]


def environment():
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}


def run(*words, **more):
    done = subprocess.run([str(PROGRAM), *words], capture_output=True, check=False, timeout=120,
                          env=environment(), **more)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", errors="replace")


class Files(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def check(self, name, codes, message):
        """Every reader refuses the file with one of the codes and the message, naming the file."""
        for words in READERS:
            with self.subTest(command=words[0], file=name):
                code, out, err = run(*words, str(self.folder / name))
                self.assertIn(code, codes, err)
                self.assertEqual(out, b"")
                self.assertIn(name, err)
                self.assertRegex(err, message)
                self.assertLess(len(err), 20_000)

    def write(self, name, data):
        (self.folder / name).write_bytes(data)

    def test_hundred_mebibytes(self):
        self.write("huge.json", b"[" + b"1,\n" * (100 * MEBIBYTE // 3))
        self.check("huge.json", {5}, r"MiB; expected at most \d+ MiB")

    def test_endless_stream(self):
        with subprocess.Popen(["yes", "kind: serve"], stdout=subprocess.PIPE) as stream:
            code, _, err = run("plan", "-", stdin=stream.stdout)
            stream.stdout.close()
            stream.kill()
        self.assertEqual(code, 5, err)
        self.assertIn("too large", err)

    def test_binary(self):
        self.write("binary.json", bytes(range(256)) * 16)
        self.check("binary.json", {3}, "binary|UTF-8|control|character|JSON")

    def test_nul_bytes(self):
        self.write("nul.json", b'{"a": "b\0c"}\n')
        self.check("nul.json", {3}, "binary|NUL|control|character|JSON")

    def test_invalid_utf8(self):
        self.write("latin1.json", b'{"n\xe9": 1}\n')
        self.check("latin1.json", {3}, "UTF-8|character|JSON")

    def test_empty(self):
        self.write("empty.json", b"")
        self.check("empty.json", {3}, "empty")

    def test_folder(self):
        (self.folder / "folder.json").mkdir()
        self.check("folder.json", {5}, "is a folder|config.json: error: does not exist")

    def test_missing(self):
        self.check("missing.json", {5}, "does not exist")

    @unittest.skipIf(os.geteuid() == 0, "everything is readable for root")
    def test_unreadable(self):
        self.write("secret.json", b"{}")
        (self.folder / "secret.json").chmod(0)
        self.check("secret.json", {5}, "cannot be read")

    def test_deep_nesting(self):
        self.write("deep.json", b"[" * 100_000)
        self.check("deep.json", {3, 5}, "deep|nest|level|JSON")

    def test_alias_bomb(self):
        lines = ["a0: &a0 [x, x]"]
        lines += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
        self.write("bomb.yaml", "\n".join(lines).encode())
        code, _, err = run("plan", str(self.folder / "bomb.yaml"))
        self.assertEqual(code, 3, err)
        self.assertRegex(err, "anchor|alias")

    def test_overlay_that_is_no_folder(self):
        self.write("file.yaml", b"id: x\n")
        code, _, err = run("catalog", "--catalog", str(self.folder / "file.yaml"))
        self.assertIn(code, {3, 5}, err)
        self.assertIn("file.yaml", err)

    def test_overlay_with_broken_files(self):
        (self.folder / "accelerators").mkdir()
        self.write("accelerators/a.yaml", b"id: a\nid: b\n")
        self.write("accelerators/b.yaml", b"\x00\x01")
        code, _, err = run("catalog", "check", "--catalog", str(self.folder))
        self.assertEqual(code, 3, err)
        self.assertIn("a.yaml:2:1: error:", err)
        self.assertIn("b.yaml:1:1: error:", err)

    def test_systems_in_a_cycle(self):
        (self.folder / "systems").mkdir()
        for one, other in (("aa", "bb"), ("bb", "aa")):
            self.write(f"systems/{one}.yaml",
                       f"id: {one}\nname: {one}\nvendor: x\nkind: cluster\n"
                       f"parts: [{{ system: {other}, count: 2 }}]\n".encode())
        code, _, err = run("catalog", "systems", "aa", "--catalog", str(self.folder))
        self.assertIn(code, {0, 3}, err)

    def test_absurd_numbers(self):
        (self.folder / "accelerators").mkdir()
        for value in ("1e308 GB", "-3 GB", "nan GB", "0 GB", "141", "141 parsec", "1e999 GB"):
            with self.subTest(value=value):
                self.write("accelerators/x.yaml",
                           f"id: x\nname: x\nvendor: x\nfamily: x\nmemory:\n  marketed:"
                           f" {{ value: {value}, source: assumed }}\n".encode())
                code, _, err = run("catalog", "accelerators", "x", "--catalog", str(self.folder))
                self.assertEqual(code, 3, err)
                self.assertIn("x.yaml:6:", err)


class Output(unittest.TestCase):
    def test_reader_that_leaves(self):
        with subprocess.Popen([str(PROGRAM), "catalog", "accelerators", "--json"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment()) as process:
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            process.stderr.close()
            self.assertEqual(process.wait(timeout=60), 5)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([str(PROGRAM), "--version"], stdout=full, stderr=subprocess.PIPE,
                                  check=False, timeout=60, env=environment())
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"cannot be written", done.stderr)

    def test_closed_output(self):
        command = f"exec '{PROGRAM}' --version >&-"
        done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, check=False,
                              timeout=60, env=environment())
        self.assertEqual(done.returncode, 5)

    def test_no_environment(self):
        done = subprocess.run([str(PROGRAM), "catalog", "accelerators", "h200"],
                              capture_output=True, check=False, timeout=60, env={})
        self.assertEqual(done.returncode, 0)
        done.stdout.decode("ascii")


class Words(unittest.TestCase):
    def test_long_words(self):
        long = "x" * 100_000
        for words in (["catalog", "accelerators", long], ["compare", long], ["models", long],
                      ["offers", long], ["explain", long], ["schema", long], [long],
                      ["catalog", "--columns", long], ["plan", long], ["explain", "h200", long]):
            with self.subTest(words=words[0][:10]):
                code, out, err = run(*words)
                self.assertIn(code, {2, 3, 5}, err[:500])
                self.assertEqual(out, b"")
                self.assertLess(len(err), 210_000)

    def test_odd_words(self):
        for word in ("", " ", "-", "%s%n", "../../etc/passwd", "h200;ls", "\x1b[31m", "\u202e", "*",
                     "h200:", ":8", "h200:-1", "h200:1e9", "h200:99999999999999999999"):
            for command in ("compare", "models", "offers", "explain", "schema"):
                with self.subTest(command=command, word=word):
                    code, _, err = run(command, word, stdin=subprocess.DEVNULL)
                    self.assertIn(code, {0, 2, 3, 5}, err)
                    self.assertNotIn("\x1b", err)

    def test_words_that_are_no_text(self):
        code, _, err = run(b"compare", b"\xff\xfe")
        self.assertEqual(code, 3, err)


class Completion(unittest.TestCase):
    def offered(self, *words):
        script = ('source <("$1" completion bash); assay() { "$PROGRAM" "$@"; };'
                  ' PROGRAM=$1; shift; COMP_WORDS=(assay "$@"); COMP_CWORD=$#; _assay;'
                  ' printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, "bash", str(PROGRAM), *words],
                              capture_output=True, check=False, timeout=60, env=environment())
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode().split()

    def test_bash(self):
        self.assertEqual(self.offered("comp"), ["compare", "completion"])
        self.assertIn("h200", self.offered("compare", "b200", "h2"))
        self.assertIn("--precision", self.offered("compare", "--pre"))
        self.assertEqual(self.offered("compare", "--precision", "fp8"), ["fp8"])
        self.assertEqual(self.offered("catalog", "sy"), ["systems"])
        self.assertIn("hgx-h200", self.offered("catalog", "systems", "hgx-h2"))
        self.assertIn("llama-3.1-70b", self.offered("models", "llama-3.1-7"))
        self.assertEqual(self.offered("--format", "c"), ["csv"])


def main():
    global PROGRAM
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assay", required=True, help="the program to run")
    arguments, rest = parser.parse_known_args()
    PROGRAM = Path(arguments.assay).resolve()
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
