"""Tests of run_cases.py and case_text.py, with a stand-in for the program."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from case_text import matches, updated

RUNNER = Path(__file__).resolve().parent / "run_cases.py"
PROGRAM = f"""#!{sys.executable}
import os, sys
word = sys.argv[1] if len(sys.argv) > 1 else ""
if word == "say":
    print("\\n".join(sys.argv[2:]))
elif word == "fail":
    print("wrong", file=sys.stderr)
    sys.exit(4)
elif word == "read":
    print(sys.stdin.read().strip())
elif word == "env":
    print(os.environ.get(sys.argv[2], "unset"))
elif word == "bare":
    sys.stdout.write("no newline")
"""


class Lines(unittest.TestCase):
    def test_marks(self):
        self.assertTrue(matches(["a", "b"], ["a", "b"]))
        self.assertFalse(matches(["a"], ["a", "b"]))
        self.assertFalse(matches(["a", "b"], ["a"]))
        self.assertTrue(matches(["seed <*>, x"], ["seed 17, x"]))
        self.assertFalse(matches(["seed <*>, x"], ["seed 17, y"]))
        self.assertTrue(matches(["(a.b) [c]*"], ["(a.b) [c]*"]))
        self.assertFalse(matches(["a.b"], ["axb"]))

    def test_any_number_of_lines(self):
        self.assertTrue(matches(["a", "<...>", "z"], ["a", "b", "c", "z"]))
        self.assertTrue(matches(["a", "<...>", "z"], ["a", "z"]))
        self.assertTrue(matches(["<...>"], []))
        self.assertTrue(matches(["<...>", "m", "<...>"], ["m", "m", "m"]))
        self.assertFalse(matches(["a", "<...>", "z"], ["a", "b"]))

    def test_numbers(self):
        self.assertTrue(matches(["best <~ 231 1%> ms"], ["best 233 ms"]))
        self.assertFalse(matches(["best <~ 231 1%> ms"], ["best 234 ms"]))
        self.assertTrue(matches(["<~ 1.0 0.1>"], ["1.1"]))
        self.assertFalse(matches(["<~ 1.0 0.1>"], ["1.2"]))
        self.assertTrue(matches(["$<~ 13,000.50 1%>/month, net"], ["$13,100.00/month, net"]))
        self.assertTrue(matches(["<~ -2 0.5>"], ["-1.6"]))
        self.assertFalse(matches(["<~ 231 1%> ms"], ["fast ms"]))
        self.assertFalse(matches(["<*><~ 31 1%>"], ["231"]))

    def test_update_keeps_marks_that_fit(self):
        self.assertEqual(updated(["a <*>", "old", "t <~ 231 1%>"], ["a 1", "new", "t 232"]),
                         ["a <*>", "new", "t <~ 231 1%>"])

    def test_update_renews_numbers(self):
        self.assertEqual(updated(["t <~ 231 1%> <*>"], ["t 260 ms"]), ["t <~ 260 1%> <*>"])

    def test_update_keeps_any_lines(self):
        self.assertEqual(updated(["old", "<...>", "end"], ["new", "x", "y", "end"]),
                         ["new", "<...>", "end"])
        self.assertEqual(updated(["a", "gone", "<...>"], ["a", "x"]), ["a", "x", "<...>"])

    def test_update_matches_afterwards(self):
        expected = ["h", "<...>", "v <~ 5 1%>", "k <*>", "w"]
        for actual in (["h"], [], ["v 9", "x", "k 1"], ["a", "b", "h", "w", "v 5"]):
            self.assertTrue(matches(updated(expected, actual), actual), actual)


class Runner(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.program = self.folder / "program"
        self.program.write_text(PROGRAM, encoding="utf-8")
        self.program.chmod(0o755)
        (self.folder / "files").mkdir()
        (self.folder / "files" / "in.txt").write_text("from a file\n", encoding="utf-8")

    def run_text(self, text, **variables):
        """(exit code, output, the case's text afterwards)."""
        case = self.folder / "x.case"
        case.write_text(text, encoding="utf-8")
        kept = {key: value for key, value in os.environ.items() if key != "ASSAY_UPDATE"}
        done = subprocess.run([sys.executable, RUNNER, "--assay", self.program, case], text=True,
                              capture_output=True, env=kept | variables, check=False)
        return done.returncode, done.stdout + done.stderr, case.read_text(encoding="utf-8")

    def expect(self, text, code, *words):
        returned, output, after = self.run_text(text)
        self.assertEqual(returned, code, output)
        self.assertEqual(after, text)
        for word in words:
            self.assertIn(word, output)

    def test_passes(self):
        self.expect("# why: it works\n\n$ assay say a '' 'b c'\n> a\n>\n> b c\n", 0, "0 failed")
        self.expect("$ assay fail\n? 4\n! wrong\n\n$ assay say\n>\n# end\n", 0)
        self.expect("$ assay read < in.txt\n> from a file\n", 0)
        self.expect("$ X=1 assay env X\n> 1\n$ assay env ASSAY_UPDATE\n> unset\n", 0)

    def test_steps_share_a_folder(self):
        self.expect("$ assay say a > out.txt\n$ cat out.txt\n> a\n$ assay read < out.txt\n> a\n", 0)
        self.assertFalse((self.folder / "files" / "out.txt").exists())

    def test_fails(self):
        self.expect("$ assay say a\n> b\n", 1, "x.case:1: error", "- > b", "+ > a")
        self.expect("$ assay say a\n", 1, "+ > a")
        self.expect("$ assay fail\n! wrong\n", 1, "exit code 4, expected 0")
        self.expect("$ assay fail\n? 4\n", 1, "+ ! wrong")
        self.expect("$ assay bare\n> no newline\n", 1, "<no newline at the end>")

    def test_refuses_what_it_does_not_understand(self):
        self.expect("assay say a\n", 1, "x.case:1: error: 'assay say a'")
        self.expect("# nothing\n", 1, "no command")
        self.expect("$ sh -c ls\n", 1, "runs no assay")
        self.expect("$ assay say a b\n> a\n\n> b\n", 1, "x.case:4: error", "empty line")

    def test_update(self):
        before = "# why\n$ assay say a '' 'n 12'\n> x\n> n <~ 10 1%>\n\n$ assay fail\n# end\n"
        code, output, after = self.run_text(before, ASSAY_UPDATE="1")
        self.assertEqual(code, 0, output)
        self.assertEqual(after, "# why\n$ assay say a '' 'n 12'\n> a\n>\n> n <~ 12 1%>\n\n"
                                "$ assay fail\n? 4\n! wrong\n# end\n")
        self.expect(after, 0)


if __name__ == "__main__":
    unittest.main()
