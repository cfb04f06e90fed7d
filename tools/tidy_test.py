"""Tests of tidy.py and cpp_text.py: each rule finds its mistake, and clean code passes."""
import tempfile
import unittest
from pathlib import Path

from cpp_text import functions, masked
from tidy import check_tree

HEADER = "// thing.h — a thing for the test.\n// Nothing else.\n#pragma once\n"


def tidy(files):
    """Findings as text for a tree of {path: content}."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        return [str(finding) for finding in check_tree(folder)]


class Tidy(unittest.TestCase):
    def expect(self, files, start, *words):
        found = [line for line in tidy(files) if line.startswith(start + ": error: ")]
        self.assertEqual(len(found), 1, f"{start} in {tidy(files)}")
        for word in words:
            self.assertIn(word, found[0])

    def expect_clean(self, files):
        self.assertEqual(tidy(files), [])

    def test_clean_code_passes(self):
        self.expect_clean({
            "src/model/thing.h": HEADER + '#include <vector>\n#include <tl/expected.hpp>\n'
                                          '#include "base/error.h"\n#include "catalog/fact.h"\n',
            "src/model/thing.cpp": '#include "model/thing.h"\n',
            "src/model/CMakeLists.txt": "assay_room(model SOURCES thing.cpp USES base catalog)\n"})

    def test_upward_include(self):
        files = {"src/model/thing.cpp": '#include "base/text.h"\n#include "market/offer.h"\n'}
        self.expect(files, "src/model/thing.cpp:2", "model may not include market/", "use only")

    def test_search_may_not_read_documents(self):
        self.expect({"src/search/thing.cpp": '#include "document/node.h"\n'},
                    "src/search/thing.cpp:1", "document")

    def test_unknown_room(self):
        self.expect({"src/utils/thing.cpp": "int x;\n"}, "src/utils/thing.cpp:1", "utils")

    def test_include_without_room(self):
        self.expect({"src/base/thing.cpp": '#include "text.h"\n'}, "src/base/thing.cpp:1",
                    '"base/text.h"')

    def test_include_that_the_room_list_does_not_use(self):
        self.expect({"src/model/thing.cpp": '#include "catalog/fact.h"\n',
                     "src/model/CMakeLists.txt": "assay_room(model SOURCES thing.cpp USES base)\n"},
                    "src/model/thing.cpp:1", "USES catalog")

    def test_source_that_is_not_built(self):
        self.expect({"src/base/thing.cpp": "int x;\n",
                     "src/base/CMakeLists.txt": "assay_room(base)\n"},
                    "src/base/CMakeLists.txt:1", "thing.cpp")

    def test_long_function(self):
        body = "int f() {\n" + "  g();\n" * 58 + "}\n"
        self.expect_clean({"src/base/thing.cpp": body})
        body = "int x;\n\nint f() {\n" + "  g();\n" * 59 + "}\n"
        self.expect({"src/base/thing.cpp": body}, "src/base/thing.cpp:3", "f has 61 lines")

    def test_long_python_function(self):
        self.expect({"tools/thing.py": "def f():\n" + "    g()\n" * 60}, "tools/thing.py:1", "61")

    def test_long_file_and_line(self):
        self.expect({"src/base/thing.cpp": "int x;\n" * 501}, "src/base/thing.cpp:501", "501")
        self.expect_clean({"src/base/thing.cpp": "// " + "é" * 97 + "\n"})
        self.expect({"src/base/thing.cpp": "// " + "é" * 98 + "\n"}, "src/base/thing.cpp:1", "101")

    def test_banned_words(self):
        for line, word in {
            "std::normal_distribution<double> d;": "normal_distribution",
            "using namespace std;": "using namespace std",
            "void f() { std::cout << 1; }": "std::cout",
            'void f() { std::printf("x"); }': "printf",
            "void f() { try { g(); } catch (...) {} }": "try",
            "int x = rand();": "rand",
            "auto h = std::hash<int>{}(3);": "std::hash",
            "auto t = std::chrono::steady_clock::now();": "steady_clock",
            'auto e = std::getenv("HOME");': "getenv",
            "auto t = time(nullptr);": "time",
        }.items():
            self.expect({"src/base/thing.cpp": line + "\n"}, "src/base/thing.cpp:1", word, "use ")

    def test_banned_words_where_they_belong(self):
        self.expect_clean({"src/document/yaml.cpp": "void f() { try { g(); } catch (...) {} }\n",
                           "src/main.cpp": 'auto e = std::getenv("HOME");\n',
                           "src/present/cli.cpp": "void f() { std::cout << 1; }\n"})

    def test_words_in_comments_strings_and_other_names(self):
        self.expect_clean({"src/base/thing.cpp":
                           '// try std::cout\n/* rand() */\nauto s = "getenv rand()";\n'
                           'auto r = R"(try "std::hash")";\nint x = brand(1), retry, my.rand(3);\n'
                           "auto big = 327'680; char c = '\"'; // try '\n"})

    def test_fast_math(self):
        self.expect({"CMakeLists.txt": "# never -ffast-math\nadd_compile_options(-ffast-math)\n"},
                    "CMakeLists.txt:2", "-ffast-math")

    def test_header_without_guard_or_opening(self):
        self.expect({"src/base/thing.h": "// thing.h — a thing.\n// Pure.\n"},
                    "src/base/thing.h:1", "#pragma once")
        self.expect({"src/base/thing.h": "#pragma once\nint x;\n"}, "src/base/thing.h:1", "opening")
        self.expect({"src/base/other.h": HEADER}, "src/base/other.h:1", "other.h")

    def test_confined_and_heavy_headers(self):
        self.expect({"src/plan/thing.cpp": "#include <CLI/CLI.hpp>\n"}, "src/plan/thing.cpp:1",
                    "CLI/CLI.hpp")
        self.expect({"src/plan/thing.h": HEADER + "#include <nlohmann/json.hpp>\n"},
                    "src/plan/thing.h:4", "nlohmann/json.hpp")
        self.expect({"src/base/thing.h": HEADER + "#include <fmt/format.h>\n"},
                    "src/base/thing.h:4", "public header")
        self.expect_clean({"src/base/base_test_support.h":
                           "// base_test_support.h — for tests.\n// Pure.\n#pragma once\n"
                           "#include <gtest/gtest.h>\n",
                           "src/present/cli.cpp": "#include <CLI/CLI.hpp>\n",
                           "src/document/json.cpp": "#include <nlohmann/json.hpp>\n",
                           "src/base/thing_test.cpp": "#include <nlohmann/json.hpp>\n"})


class CppText(unittest.TestCase):
    def names(self, code):
        return [name for name, _, _ in functions(masked(code))]

    def test_functions_of_every_shape(self):
        self.assertEqual(self.names("namespace a {\nint f() { return 1; }\n}\n"), ["f"])
        self.assertEqual(self.names("struct S {\n int g(int a) const { if (a) {} }\n};\n"), ["g"])
        self.assertEqual(self.names("S::S(int a) : a_{a}, b_(1) {\n}\nvoid h() {}\n"),
                         ["S::S", "h"])
        self.assertEqual(self.names("template <class T>\nauto f(T a) -> int {\n}\n"), ["f"])
        self.assertEqual(self.names("void f(Options o = {}) {\n}\n"), ["f"])
        self.assertEqual(self.names("TEST(A, B) {\n}\n"), ["TEST"])

    def test_values_and_declarations_are_not_functions(self):
        self.assertEqual(self.names("constexpr std::array k{1, 2};\nint a[] = {3};\n"), [])
        self.assertEqual(self.names("enum class E : int { a };\nclass C : B { int x; };"), [])
        self.assertEqual(self.names("template <class T> concept C = requires(T a) { a; };\n"), [])

    def test_lines(self):
        code = '#define M(x) \\\n  { x }\n\n// f {\nint f() {\n  auto s = "}";\n}\n'
        self.assertEqual(list(functions(masked(code))), [("f", 5, 7)])


if __name__ == "__main__":
    unittest.main()
