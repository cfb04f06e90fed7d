"""case_text.py: expected lines with marks against actual lines, for run_cases.py.

Marks: <*> any text, <~ value tolerance> a number, and a line <...> for any number of lines.
"""
import functools
import re

ANY_LINES = "<...>"
NUMBER = r"[-+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
MARK = re.compile(rf"<\*>|<~\s*({NUMBER})\s+({NUMBER})(%?)\s*>")


@functools.lru_cache(maxsize=None)
def compiled(expected):
    """(pattern, numbers): each number is (value, allowed distance), in the order of the groups."""
    pattern, numbers, end = "", [], 0
    for mark in MARK.finditer(expected):
        pattern += re.escape(expected[end:mark.start()])
        end = mark.end()
        if mark[0] == "<*>":
            pattern += ".*?"
            continue
        value, tolerance = value_of(mark[1]), value_of(mark[2])
        numbers.append((value, abs(value) * tolerance / 100 if mark[3] else tolerance))
        whole = r"(?<!\d)(?<!\d[.,])" if pattern.endswith(".*?") else ""  # not 31 of 231
        pattern += rf"{whole}({NUMBER})"
    return re.compile(pattern + re.escape(expected[end:])), numbers


def value_of(text):
    return float(text.replace(",", ""))


def line_matches(expected, actual, any_number=False):
    if expected == actual:
        return True
    pattern, numbers = compiled(expected)
    match = pattern.fullmatch(actual)
    if match is None:
        return False
    slack = 1 + 1e-9  # so that 1.1 is within 0.1 of 1.0
    return any_number or all(abs(value_of(text) - value) <= distance * slack + 1e-12
                             for text, (value, distance) in zip(match.groups(), numbers))


def matches(expected, actual):
    """Whether the actual lines are what the expected lines allow."""
    reachable = {0}  # how many actual lines the expected lines so far may have used
    for line in expected:
        if line == ANY_LINES:
            reachable = set(range(min(reachable), len(actual) + 1)) if reachable else set()
        else:
            reachable = {used + 1 for used in reachable
                         if used < len(actual) and line_matches(line, actual[used])}
    return len(actual) in reachable


def renewed(expected, actual):
    """The expected line with the actual numbers in its <~ …> marks."""
    pattern, _ = compiled(expected)
    numbers = iter(pattern.fullmatch(actual).groups())
    return MARK.sub(lambda mark: mark[0] if mark[0] == "<*>" else
                    f"<~ {next(numbers)} {mark[2]}{mark[3]}>", expected)


def moves(expected, actual, i, j):
    """Ways to go on from expected[i:] and actual[j:]: (gain, next i, next j, line to write)."""
    has_expected, has_actual = i < len(expected), j < len(actual)
    any_lines = has_expected and expected[i] == ANY_LINES
    if has_expected:
        yield (0.25, i + 1, j, ANY_LINES) if any_lines else (0.0, i + 1, j, None)
    if has_actual:
        yield (0.0, i, j + 1, None) if any_lines else (-0.1, i, j + 1, actual[j])
    if has_expected and has_actual and not any_lines:
        if line_matches(expected[i], actual[j]):
            yield 3.0, i + 1, j + 1, expected[i]
        elif line_matches(expected[i], actual[j], any_number=True):
            yield 2.0, i + 1, j + 1, renewed(expected[i], actual[j])
        else:
            yield 0.5, i + 1, j + 1, actual[j]


def updated(expected, actual):
    """New expected lines that match, with as many of the old lines and marks as still fit."""
    best = {(len(expected), len(actual)): (0.0, None)}
    for i in range(len(expected), -1, -1):
        for j in range(len(actual), -1, -1):
            ways = [(gain + best[(a, b)][0], (a, b, line))
                    for gain, a, b, line in moves(expected, actual, i, j)]
            if ways:
                best[(i, j)] = max(ways, key=lambda way: way[0])
    lines, at = [], (0, 0)
    while best[at][1] is not None:
        i, j, line = best[at][1]
        lines += [] if line is None else [line]
        at = (i, j)
    return lines


def describe(mark, expected, actual):
    """The difference as text: '-' lines were expected, '+' lines came instead."""
    text, old, new = "", list(expected), updated(expected, actual)
    while old or new:
        if old and new and old[0] == new[0]:
            text += f"    {mark} {old.pop(0)}\n"
            new.pop(0)
        elif old and old[0] not in new:
            text += f"  - {mark} {old.pop(0)}\n"
        elif new:
            text += f"  + {mark} {new.pop(0)}\n"
        else:
            text += f"  - {mark} {old.pop(0)}\n"
    return text
