#!/usr/bin/env python3
"""Rules of the tree that no compiler knows.

    lint.py RULE [ROOT]      check one rule, or `all`; exit 1 and name each place when it is broken

Each rule is a function from (path, text) to (line, message) pairs; test_lint.py plants a bad file
for each and sees it caught.
"""
import os
import re
import sys

LINE_MAX = 100
C_SUFFIXES = (".c", ".h", ".cpp")
CODE_SUFFIXES = C_SUFFIXES + (".py", ".sh", ".cmake", "CMakeLists.txt", "Makefile")
TEXT_SUFFIXES = CODE_SUFFIXES + (".md", ".txt", ".json", ".toml", ".wat", ".yml", ".in", ".inc")
SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__"}

# Who may include whom, by the first folder; a folder may always include itself.
ARROWS = {
    "base": set(),
    "ledger": {"base"},
    "agents": {"ledger", "base"},
    "market": {"ledger", "base"},
    "channels": {"ledger", "base"},
    "site": {"agents", "market", "channels", "ledger", "base"},
    "sim": {"site", "agents", "market", "channels", "ledger", "base"},
    "sdk": set(),
}
ABI_READERS = {"agents", "site", "sim"}  # of sdk/abi.h and nothing else of sdk/ ...
LOADER_READERS = {"site", "sim"}  # ... but for the embedded loader
STORE_READERS = {"ledger", "site"}  # of ledger/store/
EVERYTHING = {"tests"}
LIBRARIES = {"lmdb.h": ("ledger/store/",), "zmq.h": ("site/",)}

NANOS_FILES = {"base/money.c", "base/money.h"}

# The last one tells how fast it was.
CLOCK_FILES = {"base/clock.c", "base/log.c", "sim/main.c"}

# Paths of the machine that happened to build this, split so that this file may name them.
FORBIDDEN = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/"]


def strip_comments(text):
    """Blank out comments and literals, keeping the line structure."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return re.sub(pattern, blank, text, flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def rule_arrows(path, text):
    """Includes point one way: site -> agents, market, channels -> ledger -> base."""
    if not path.endswith(C_SUFFIXES):
        return
    area = path.split("/")[0]
    if area in EVERYTHING or "/" not in path:
        return
    if area not in ARROWS:
        yield 1, f"no include rule for the folder {area}/"
        return
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', text, re.M):
        line, target = line_of(text, match.start()), match.group(2)
        if match.group(1) == "<":
            homes = LIBRARIES.get(target)
            if homes and not path.startswith(homes):
                yield line, f"<{target}> belongs to {' and '.join(homes)}"
            continue
        other = target.split("/")[0]
        if "/" not in target or ".." in target:
            yield line, f'include "{target}" is not written from the root'
        elif target == "sdk/abi.h" and area in ABI_READERS:
            continue
        elif target == "sdk/loader/loader_wasm.h" and area in LOADER_READERS:
            continue
        elif target.startswith("ledger/store/") and area not in STORE_READERS:
            yield line, f"{area}/ may not include {target}: the store is the ledger's own"
        elif other != area and other not in ARROWS[area]:
            yield line, f"{area}/ may not include {target}"


def rule_money(path, text):
    """Only base/money.[ch] and tests look at the raw number of an amount."""
    if not path.endswith(C_SUFFIXES) or path in NANOS_FILES or path.startswith("tests/"):
        return
    code = strip_comments(text)
    for match in re.finditer(r"(?:\.|->)\s*nanos\b", code):
        yield line_of(code, match.start()), "the raw number of an amount outside base/money.c"


def rule_clocks(path, text):
    """The system's clocks are read in base/clock.c, and by the log for its own lines."""
    if not path.endswith(C_SUFFIXES) or path in CLOCK_FILES or path.startswith("tests/"):
        return
    code = strip_comments(text)
    pattern = r"\b(?:clock_gettime|gettimeofday|timespec_get|time\s*\(\s*(?:NULL|0)\s*\))"
    for match in re.finditer(pattern, code):
        yield line_of(code, match.start()), "a clock is read outside base/clock.c"


def rule_guards(path, text):
    """Header guards are SERAI_PATH_FILE_H."""
    if not path.endswith(".h"):
        return
    name = "SERAI_" + re.sub(r"[/.-]", "_", path).upper()
    directives = re.findall(r"^[ \t]*#[ \t]*(.*?)[ \t]*$", strip_comments(text), re.M)
    if directives[:2] != [f"ifndef {name}", f"define {name}"] or directives[-1] != "endif":
        yield 1, f"the header guard is not {name}"


def rule_words(path, text):
    """Nothing names a path of the machine that built it."""
    for number, line in enumerate(text.split("\n"), 1):
        for word in FORBIDDEN:
            if word in line:
                yield number, f"names a path of one machine ({word})"


def rule_lines(path, text):
    """Lines of code hold at most 100 columns, no tab indents and no blanks at the end."""
    if not path.endswith(CODE_SUFFIXES):
        return
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LINE_MAX:
            yield number, f"{len(line)} columns, more than {LINE_MAX}"
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if line.startswith("\t") and not path.endswith("Makefile"):
            yield number, "a tab indents"
    if text and not text.endswith("\n"):
        yield line_of(text, len(text)), "no newline at the end of the file"


RULES = {
    "arrows": rule_arrows,
    "money": rule_money,
    "clocks": rule_clocks,
    "guards": rule_guards,
    "words": rule_words,
    "lines": rule_lines,
}


def files(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
        for name in sorted(names):
            if name.endswith(TEXT_SUFFIXES) or os.path.basename(folder) == ".ci":
                path = os.path.join(folder, name)
                yield os.path.relpath(path, root).replace(os.sep, "/"), path


def lint(root, rules):
    """All complaints as "path:line: rule: message", and the number of files read."""
    complaints, count = [], 0
    for path, real in files(root):
        with open(real, encoding="utf-8") as handle:
            text = handle.read()
        count += 1
        for name in rules:
            for line, message in RULES[name](path, text):
                complaints.append(f"{path}:{line}: {name}: {message}")
    return complaints, count


def main(arguments):
    if not 2 <= len(arguments) <= 3 or arguments[1] not in [*RULES, "all"]:
        sys.stderr.write(f"usage: lint.py {'|'.join([*RULES, 'all'])} [ROOT]\n")
        return 64
    root = arguments[2] if len(arguments) == 3 else "."
    complaints, count = lint(root, list(RULES) if arguments[1] == "all" else [arguments[1]])
    for complaint in complaints:
        print(complaint)
    if count == 0:
        print(f"no files under {root}")
        return 1
    print(f"{arguments[1]}: {len(complaints)} places in {count} files")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
