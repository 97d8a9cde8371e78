#!/usr/bin/env python3
"""clang-tidy, and the shapes of coroutines that other compilers get wrong, for the C++ files that standard input names.

What was found right is remembered by the text that the compiler sees, in ~/.cache/holdfast/lint: nothing is looked at twice. With
--minutes it begins nothing after so long, and says what it left out: CI has a limit, and looks at the rest next time.
Exits with 1 when something is to be mended.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

TOO_LONG = 300  # seconds for one file; they take 10 to 30


def command_of(entry):
    words = shlex.split(entry["command"])
    return words[1:] if os.path.basename(words[0]) == "ccache" else words


def text_seen(entry):
    """What the compiler reads, without the lines that say where it is from; nothing when it does not compile."""
    words = command_of(entry)
    words = words[: words.index("-o")] if "-o" in words else words
    done = subprocess.run([*words, "-E", "-P", "-w", entry["file"]], cwd=entry["directory"], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def findings(build, file, shapes):
    tidy = subprocess.run(
        ["clang-tidy-19", "-p", build, "--quiet", "--warnings-as-errors=*", file],
        capture_output=True, text=True, timeout=TOO_LONG, check=False,
    )
    found = tidy.stdout + tidy.stderr if tidy.returncode != 0 else ""
    if not file.startswith("tests/") and "co_await" in pathlib.Path(file).read_text():
        query = subprocess.run(
            ["clang-query-19", "-p", build, "-f", shapes, file], capture_output=True, text=True, timeout=TOO_LONG, check=False
        )
        places = [line for line in query.stdout.splitlines() if re.match(r"\S*" + re.escape(file) + r":\d+", line)]
        if places:
            found += "name the awaitable on the line before and move it in (CONTRIBUTING.md, The compiler):\n" + "\n".join(places)
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", default="build/debug")
    options.add_argument("--minutes", type=float, default=None)
    options = options.parse_args()
    begun = time.monotonic()
    here = pathlib.Path(__file__).resolve().parent
    entries = {
        os.path.relpath(os.path.join(entry["directory"], entry["file"])): entry
        for entry in json.loads(pathlib.Path(options.build, "compile_commands.json").read_text())
    }
    # A file that this machine does not compile (fuzz targets, say) cannot be looked at.
    files = [file for file in sys.stdin.read().split() if file in entries]
    right = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "holdfast", "lint")
    right.mkdir(parents=True, exist_ok=True)
    rules = pathlib.Path(".clang-tidy").read_bytes() + (here / "coroutine_shapes.query").read_bytes() + pathlib.Path(__file__).read_bytes()

    def look(file):
        if options.minutes is not None and time.monotonic() - begun > options.minutes * 60:
            return file, None
        text = text_seen(entries[file])
        if text is None:
            return file, "it does not compile\n"
        mark = right / hashlib.sha256(rules + file.encode() + text).hexdigest()
        if mark.exists():
            mark.touch()
            return file, ""
        try:
            found = findings(options.build, file, str(here / "coroutine_shapes.query"))
        except subprocess.TimeoutExpired:
            return file, None
        if not found:
            mark.touch()
        return file, found

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(look, files))
    old = time.time() - 30 * 24 * 3600
    for mark in right.iterdir():
        if mark.stat().st_mtime < old:
            mark.unlink(missing_ok=True)
    for file, found in results:
        if found:
            print(f"{file}:\n{found}")
    left = [file for file, found in results if found is None]
    if left:
        print(f"Not looked at, for want of time (./dev lint without --minutes looks at all): {' '.join(left)}")
    print(f"clang-tidy: {len(results) - len(left)} files in {time.monotonic() - begun:.0f} s")
    return 1 if any(found for _, found in results) else 0


sys.exit(main())
