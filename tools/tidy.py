#!/usr/bin/env python3
"""tidy.py [root]: the house rules that a machine can check (CONTRIBUTING.md lists them).

Prints `path:line: error: what, use what instead` and exits 1 if there is any finding.
No false alarm is worth a cleverer parser: code is read by tools/cpp_text.py, not by a compiler.
"""
import ast
import re
import sys
from pathlib import Path
from typing import NamedTuple

from cpp_text import functions, masked

FILE_LINES, FUNCTION_LINES, COLUMNS = 500, 60, 100

# The arrows of docs/architecture.md: what each room may include besides itself.
ARROWS = {
    "base": "",
    "document": "base",
    "catalog": "base document",
    "workload": "base document catalog",
    "model": "base catalog workload",
    "simulate": "base catalog workload model",
    "search": "base catalog workload model simulate",
    "market": "base document catalog",
    "fleet": "base market",
    "plan": "base document catalog workload model simulate search market fleet",
    "evidence": "base document catalog workload model simulate search market fleet",
    "present": "base document catalog workload model simulate search market fleet plan evidence",
}
ARROWS = {room: set(text.split()) for room, text in ARROWS.items()}

# Headers that are slow to compile, or that only an adapter may know: (include, files allowed).
CONFINED = [
    (r"CLI/", r"src/present/cli\.cpp"),
    (r"nlohmann/json\.hpp", r"src/(document|plan|evidence|present)/\w+\.cpp|src/\w+/\w+_test\.cpp"),
    (r"yaml\.h|zlib\.h|simdjson\.h|csv\.h", r"src/document/\w+\.cpp"),
    (r"valijson/", r"src/\w+/\w+_test\.cpp"),
    (r"httplib\.h", r"src/present/http\.cpp"),
    (r"(oneapi/)?tbb/", r"src/base/parallel\.(h|cpp)"),
    (r"xxhash\.h", r"src/base/hash\.cpp"),
    (r"spdlog/", r"src/present/http\.cpp"),
]
HEADER_LIBRARIES = r"tl/expected\.hpp|fmt/core\.h|nlohmann/json_fwd\.hpp"

TRY_FILES = r"src/(document/\w+|fleet/solve|present/cli|present/http|main)\.cpp"
# (what, where it is allowed, what to use), for C++ under src/.
BANNED = [
    (r"\bstd::\w+_distribution\b", "", "the draws of base/random.h, equal with every library"),
    (r"\bstd::random_device\b|(?<![\w.>])s?rand\s*\(", "", "a seeded Rng that is passed in"),
    (r"\busing\s+namespace\s+std\s*;", "", "the names' own prefixes"),
    (r"\bstd::hash\b", "", "content_hash of base/hash.h, equal on every machine"),
    (r"\bstd::c(out|err|log)\b|(?<!\w)(f?printf|puts)\s*\(|\bfmt::print\b",
     r"src/(main|base/assert|present/\w+)\.(h|cpp)", "a value that present/ renders"),
    (r"\btry\b", TRY_FILES, "Result of base/error.h; exceptions stop at the adapters"),
    (r"\b(system|steady|high_resolution)_clock\b|\b(clock_gettime|gettimeofday|std::clock)\b"
     r"|\btime\s*\(\s*(nullptr|NULL|0)\s*\)", r"src/main\.cpp", "a clock that is passed in"),
    (r"\bgetenv\b", r"src/main\.cpp", "an Environment that is passed in"),
]
FAST_MATH = re.compile(r"-f(fast-math|unsafe-math-optimizations|associative-math)|-Ofast")
BUILD_FILES = re.compile(r"CMakeLists\.txt|CMakePresets\.json|Makefile|.*\.cmake")
CODE_FILES = re.compile(r".*\.(h|cpp|py|sh|cmake)|CMakeLists\.txt|CMakePresets\.json|Makefile")
FOLDERS = ["src", "bench", "fuzz", "tests", "tools", "cmake", ".ci"]


class Finding(NamedTuple):
    path: str
    line: int
    what: str

    def __str__(self):
        return f"{self.path}:{self.line}: error: {self.what}"


class Source:
    """One file: its path from the root, its lines, and its C++ without comments and strings."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        self.is_cpp = path.suffix in (".h", ".cpp")
        self.code = masked(self.text) if self.is_cpp else ""
        parts = self.path.split("/")
        self.room = parts[1] if parts[0] == "src" and len(parts) == 3 else None

    def find(self, pattern, text):
        for match in re.finditer(pattern, text):
            yield text.count("\n", 0, match.start()) + 1, match

    def includes(self):
        """(line, name, quoted) of each #include."""
        for number, line in enumerate(self.code.splitlines(), 1):
            if re.match(r"\s*#\s*include\b", line):
                match = re.search(r'#\s*include\s*(<([^>]+)>|"([^"]+)")', self.lines[number - 1])
                if match:
                    yield number, match[2] or match[3], bool(match[3])


def check_size(source):
    if len(source.lines) > FILE_LINES:
        yield Finding(source.path, FILE_LINES + 1, f"the file has {len(source.lines)} lines, use at"
                      f" most {FILE_LINES}: split it by meaning")
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS:
            yield Finding(source.path, number, f"the line has {len(line)} columns, use at most"
                          f" {COLUMNS}")


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno


def check_functions(source):
    found = ()
    if source.is_cpp:
        found = functions(source.code)
    elif source.path.endswith(".py"):
        found = python_functions(source.text)
    for name, first, last in found:
        if last - first + 1 > FUNCTION_LINES:
            yield Finding(source.path, first, f"{name} has {last - first + 1} lines, use at most"
                          f" {FUNCTION_LINES}: name its steps")


def check_banned(source):
    if not source.path.startswith("src/"):
        return
    for pattern, allowed, instead in BANNED:
        if allowed and re.fullmatch(allowed, source.path):
            continue
        for line, match in source.find(pattern, source.code):
            word = re.sub(r"\s*\($", "", match[0])
            yield Finding(source.path, line, f"'{word}' does not belong here, use {instead}")


def check_fast_math(source):
    if not BUILD_FILES.fullmatch(source.path.split("/")[-1]) and not source.is_cpp:
        return
    for number, line in enumerate(source.lines, 1):
        match = FAST_MATH.search(line if source.is_cpp else line.split("#")[0])
        if match:
            yield Finding(source.path, number, f"'{match[0]}' makes results depend on the compiler,"
                          " use exact arithmetic")


def check_header(source):
    if not source.path.endswith(".h"):
        return
    name = source.path.split("/")[-1]
    if not re.search(r"^#pragma once$", source.code, re.MULTILINE):
        yield Finding(source.path, 1, "no include guard, use #pragma once")
    opening = source.lines[:2]
    if len(opening) < 2 or not all(line.startswith("//") for line in opening):
        yield Finding(source.path, 1, "no opening comment, use two lines or more: what it is, the"
                      " contract, units, threads, source")
    elif name not in opening[0]:
        yield Finding(source.path, 1, f"the opening names another file, use '// {name} — …'")


def check_libraries(source):
    for line, name, _ in source.includes():
        confined = [files for header, files in CONFINED if re.match(header, name)]
        for files in confined:
            if not re.fullmatch(files, source.path) and source.path.startswith("src/"):
                yield Finding(source.path, line, f"<{name}> is confined, use it in {files} only")
        is_std = "/" not in name and "." not in name
        is_ours = name.split("/")[0] in ARROWS
        is_public = source.room and re.search(r"(?<!_test)(?<!_test_support)\.h$", source.path)
        if (is_public and not confined and not is_std and not is_ours
                and not re.fullmatch(HEADER_LIBRARIES, name)):
            yield Finding(source.path, line, f"<{name}> in a public header, use it in a .cpp file")


def check_arrows(source):
    if source.room is None:
        return
    if source.room not in ARROWS:
        yield Finding(source.path, 1, f"unknown room '{source.room}', use one of"
                      f" {', '.join(ARROWS)} (tools/tidy.py holds the table)")
        return
    allowed = ARROWS[source.room] | {source.room}
    for line, name, quoted in source.includes():
        room = name.split("/")[0]
        if quoted and "/" not in name:
            yield Finding(source.path, line, f'"{name}" has no room, use "{source.room}/{name}"')
        elif room in ARROWS and room not in allowed:
            lower = ", ".join(other for other in ARROWS if other in allowed)
            yield Finding(source.path, line, f"{source.room} may not include {room}/, use only"
                          f" {lower}")


def check_room_list(root, room, sources):
    """The room's CMakeLists.txt names every .cpp file, and USES every room that is included."""
    leaf = root / "src" / room / "CMakeLists.txt"
    path = f"src/{room}/CMakeLists.txt"
    if not leaf.exists():
        return
    words = re.sub(r"#.*", "", leaf.read_text(encoding="utf-8")).split()
    uses = re.search(r"\bUSES\b((?:\s+[a-z_]+\b(?!\.))*)", " ".join(words))
    uses = set(uses[1].split()) if uses else set()
    for source in sources:
        name = source.path.split("/")[-1]
        if name.endswith(".cpp") and name not in words:
            yield Finding(path, 1, f"{name} is not built, use SOURCES or TESTS to name it")
        for line, include, _ in source.includes():
            other = include.split("/")[0]
            if other in ARROWS and other != room and other not in uses:
                yield Finding(source.path, line, f"{other} is not among the arrows of {path}, use"
                              f" USES {other} there, or another include")


CHECKS = [check_size, check_functions, check_banned, check_fast_math, check_header,
          check_libraries, check_arrows]


def check_tree(root):
    root = Path(root)
    paths = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*"))]
    paths += [path for path in sorted(root.iterdir())]
    sources = [Source(root, path) for path in paths
               if path.is_file() and CODE_FILES.fullmatch(path.name)]
    findings = [finding for source in sources for check in CHECKS for finding in check(source)]
    for room in ARROWS:
        findings += check_room_list(root, room, [s for s in sources if s.room == room])
    return sorted(set(findings))


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    findings = check_tree(root)
    for finding in findings:
        print(finding)
    print(f"tidy: {len(findings)} findings" if findings else "tidy: nothing to tidy")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
