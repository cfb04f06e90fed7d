"""cpp_text.py: C++ as text, for tidy.py: masks comments and literals, finds function bodies.

A reader of tokens, not a parser: it knows braces, parentheses and the words before a brace.
"""
import re

RAW = re.compile(r'R"([^()\\\s]{0,16})\(')
TOKEN = re.compile(r"""
    (?P<line>//[^\n]*)
  | (?P<block>/\*.*?(\*/|\Z))
  | (?P<raw>(u8|[uUL])?R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)")
  | (?P<string>"(\\.|[^"\\\n])*")
  | (?P<number>\b\d['\w.]*)
  | (?P<char>'(\\.|[^'\\\n])+')
""", re.VERBOSE | re.DOTALL)


def masked(text):
    """The text with comments and the insides of literals blanked; lines stay where they are."""
    def blank(match):
        token = match[0]
        if match.lastgroup == "number" or match["number"]:
            return token.replace("'", "_")
        if match["line"] or match["block"]:
            return re.sub(r"[^\n]", " ", token)
        return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1]
    return TOKEN.sub(blank, text)


DECLARATION = re.compile(
    r"(inline\s+|typedef\s+|export\s+)*(namespace|class|struct|union|enum|extern\s*\"\s*\")(?!\w)")
QUALIFIED_CALL = re.compile(r"\)\s*(const|noexcept|override|final|&|->.*|\s)*$", re.DOTALL)
INITIALISERS = re.compile(r"\)\s*(noexcept\s*)?:(?!:)")


def kind_of(head):
    """What a brace after these words opens: 'declarations', 'function' or 'value'."""
    head = re.sub(r"\b(public|private|protected)\s*:(?!:)", " ", head)
    head = re.sub(r"^\s*template\s*<[^{]*?>\s*(?=\w)", " ", head).strip()
    if DECLARATION.match(head) and not QUALIFIED_CALL.search(head):
        return "declarations"
    if "(" not in head or re.search(r"\brequires\s*(\([^()]*\))?$", head):
        return "value"
    if INITIALISERS.search(head) and head[-1] not in ")}":
        return "value"
    return "function"


def name_of(head):
    match = re.search(r"([\w:~]+|operator\s*\S+)\s*\(", head)
    return match[1] if match else "function"


def closing(code, opening):
    """Index of the brace that closes the one at `opening`."""
    depth = 0
    for index in range(opening, len(code)):
        depth += (code[index] == "{") - (code[index] == "}")
        if depth == 0:
            return index
    return len(code) - 1


def functions(code):
    """(name, first line, last line) of every function body in masked code."""
    code = re.sub(r"^[ \t]*#([^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), code,
                  flags=re.MULTILINE)
    index, head_start, parentheses = 0, 0, 0
    while index < len(code):
        char = code[index]
        parentheses += (char == "(") - (char == ")")
        if (char == ";" and parentheses == 0) or char == "}":
            head_start = index + 1
        elif char == "{":
            head = code[head_start:index]
            kind = "value" if parentheses else kind_of(head)
            if kind == "declarations":
                head_start = index + 1
            else:
                end = closing(code, index)
                if kind == "function":
                    first = head_start + len(head) - len(head.lstrip())
                    yield (name_of(head), code.count("\n", 0, first) + 1,
                           code.count("\n", 0, end) + 1)
                    head_start = end + 1
                index = end
        index += 1
