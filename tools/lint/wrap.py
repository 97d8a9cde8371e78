#!/usr/bin/env python3
"""Breaks the lines of Markdown files that are longer than 120 columns: text and items of lists, not tables, code and headings.

    tools/lint/wrap.py FILE…            rewrites them
    tools/lint/wrap.py --check FILE…    names the lines, and exits with 1 where there are any

A paragraph is only touched from its first long line on, and nothing is broken inside of `code`.
"""

import argparse
import pathlib
import re
import sys

COLUMNS = 120
ITEM = re.compile(r"^(\s*)([-*+]|\d+[.)])(\s+)")
# What Markdown would take for something else at the start of a line.
MEANS_MORE = re.compile(r"^([-*+>#|=]|\d+[.)]$|~~~|```)")
CODE_OR_WORD = re.compile(r"(?:`+[^`]*`+|[^\s`])+")


def is_text(line):
    """Whether a line can be broken: not a table, a heading, HTML or the definition of a link."""
    return not re.match(r"^\s*(\||#|<|\[[^\]]+\]:)", line) and line.strip() != ""


def broken(text, first, rest):
    """The words of a text in lines, of which the first begins with `first` and the others with `rest`."""
    lines = []
    line = first
    is_empty = True
    for word in CODE_OR_WORD.findall(text):
        fits = len(line) + (0 if is_empty else 1) + len(word) <= COLUMNS
        if not is_empty and not fits and not MEANS_MORE.match(word):
            lines.append(line)
            line, is_empty = rest, True
        line += word if is_empty else " " + word
        is_empty = False
    return lines + [line]


def wrapped(text):
    lines = text.split("\n")
    out = []
    fence = None
    i = 0
    while i < len(lines):
        line = lines[i]
        mark = re.match(r"^\s*(```+|~~~+)", line)
        if mark:
            fence = None if fence else mark.group(1)[:3]
        is_code = fence or mark or (line.startswith("    ") and not is_inside_item(out))
        if is_code or not is_text(line) or len(line) <= COLUMNS:
            out.append(line)
            i += 1
            continue
        item = ITEM.match(line)
        first = item.group(0) if item else re.match(r"^\s*", line).group(0)
        rest = " " * len(first)
        parts = [line[len(first):]]
        # To the end of the paragraph; two spaces at a line's end are a break that is meant.
        while i + 1 < len(lines) and is_text(lines[i + 1]) and not ITEM.match(lines[i + 1]) \
                and not re.match(r"^\s*(```|~~~|>)", lines[i + 1]) and not lines[i].endswith("  "):
            i += 1
            parts.append(lines[i].strip())
        out += broken(" ".join(parts), first, rest)
        i += 1
    return "\n".join(out)


def is_inside_item(out):
    for line in reversed(out):
        if ITEM.match(line):
            return True
        if line != "" and not line.startswith(" "):
            return False
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    failed = False
    for path in options.files:
        text = path.read_text(encoding="utf-8")
        new = wrapped(text)
        if new == text:
            continue
        if options.check:
            failed = True
            print(f"{path}: has lines of more than {COLUMNS} columns: tools/lint/wrap.py {path}", file=sys.stderr)
        else:
            path.write_text(new, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
