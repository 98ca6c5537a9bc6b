#!/usr/bin/env python3
"""The WebAssembly test suite (.wast files) on the engine, in each tier.

    spec.py PROGRAM FOLDER [--tier 0|1|both] [--strict] [--only FILE]

PROGRAM is the build's `spec`, FOLDER holds .wast files; wabt's wast2json makes modules of them.
Prints a table of the files that the profile covers, then what is outside it and why, then what
failed.  --strict: nothing may be outside.  Exits with 1 when something failed.

Three things are changed in the text on its way.  A memory without a maximum gets one of 256 pages,
for the profile demands one.  In a module of many functions those that use what is outside the
profile become empty ones, so that the others are tested; what is asked of them is listed as
outside.  Forms that this wast2json does not know (the newest proposals) are left out one by one,
with the assertions of a module that went; each is listed.
"""
import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

# Files about proposals alone, by what their names begin with or contain.
OTHER = [
    (r"^simd_|_relaxed_|^relaxed_|^i8x16|^i16x8|^i32x4", "SIMD"),
    (r"(?<!^[fi])64\.wast$|^memory64|_64\.wast$|_mixed", "memory64"),
    (r"^array|^struct|^i31|^ref|^type-|^br_on_|^extern|^binary-gc|call_ref|^instance|^local_init|"
     r"^table-sub", "references or garbage collection"),
    (r"^return_call", "tail calls"),
    (r"^throw|^try_|^tag|^unwind_", "exception handling"),
    (r"-multi\.wast$|^memory_size_import|[a-z]0\.wast$|[a-z][1-4]\.wast$", "multi-memory"),
    (r"^annotations|^custom_ann", "annotations of the text format"),
]
# Assertions that the profile's bounds answer otherwise, by what stands on their line.
BOUNDS = [
    ("call.wast", '(invoke "as-memory.grow-value")', "grows memory by 306 pages at once"),
    ("call_indirect.wast", '(invoke "as-memory.grow-value")', "grows memory by 306 pages at once"),
]
MEMORY = re.compile(
    r'\(memory(\s+\$[^\s()]+)?((?:\s*\(export\s+"[^"]*"\s*\))*)\s+(0x[0-9a-fA-F]+|\d+)\s*\)')


# What the profile does not have, in the text of a function, type or element segment.
FOREIGN = [
    (r"\(result(\s+[\w$.]+){2,}|\(result[^()]*\)\s*\(result", "multi-value"),
    (r"\b(block|loop|if)(\s+\$[^\s()]+)?\s*\((param|type)", "multi-value"),
    (r"\b(externref|funcref|exnref|anyref)\b|\(ref\b|\bref\.|\bcall_ref|select\s*\(result",
     "reference types"),
    (r"\btable\.(get|set|grow|size|fill|copy|init)|\belem\.drop", "table mutation"),
    (r"\bdata\.drop|\bmemory\.init", "passive segments"),
    (r"\breturn_call", "tail calls"),
    (r"\(param(\s+\w+){65,}", "more than 64 parameters"),
    (r"br_table(\s+[\w$]+){4097,}", "a br_table of more than 4096 entries"),
]


def forms(text, start=0, size=None):
    """Forms of the outermost level as (start, end) in text."""
    depth, i = 0, start
    size = len(text) if size is None else size
    while i < size:
        two = text[i:i + 2]
        if two == ";;":
            end = text.find("\n", i)
            i = size if end < 0 else end
            continue
        if two == "(;":
            level, i = 1, i + 2
            while level > 0 and i < size:
                if text[i:i + 2] == "(;":
                    level, i = level + 1, i + 2
                elif text[i:i + 2] == ";)":
                    level, i = level - 1, i + 2
                else:
                    i += 1
            continue
        if text[i] == '"':
            i += 1
            while i < size and text[i] != '"':
                i += 2 if text[i] == "\\" else 1
        elif text[i] == "(":
            if depth == 0:
                start = i
            depth += 1
        elif text[i] == ")":
            depth -= 1
            if depth == 0:
                yield start, i + 1
        i += 1


def blank(text):
    """Nothing, on as many lines."""
    return re.sub(r"[^\n]", " ", text)


def fields(text, start, stop):
    """The fields of a module in text form as (start, end)."""
    head = re.match(r"\(\s*module\b(\s+\$[^\s()]+)?(\s+(binary|quote|instance|definition)\b)?",
                    text[start:stop])
    if not head or head.group(2):
        return []
    return list(forms(text, start + head.end(), stop - 1))


def emptied(field):
    """A field that does nothing, on as many lines; None when it has to stay."""
    head = re.match(r"\(\s*(func|type|table)\b(\s+\$[^\s()]+)?", field)
    if not head:
        return None
    kind, name = head.group(1), head.group(2) or ""
    lines = "\n" * field.count("\n")
    if kind == "table":
        return lines
    if kind == "func":
        return None if "(import" in field else "(func" + name + lines + ")"
    return "(type" + name + " (func)" + lines + ")"


def foreign_fields(text, start, stop):
    """What to empty in one module as {(first, last): why}; who uses a function that goes, goes."""
    found, names = {}, {}
    every = fields(text, start, stop)
    while True:
        before = len(found)
        for first, last in every:
            field = text[first:last]
            if (first, last) in found or emptied(field) is None:
                continue
            table = re.match(r"\(\s*table\b", field)
            if table and not re.search(r"externref|\(ref\b", field):
                continue
            why = next((why for pattern, why in FOREIGN if re.search(pattern, field)), None)
            if any(len(text.encode("utf-8", "surrogateescape")) > 256
                   for text in re.findall(r'"([^"]*)"', field)):
                why = "a name of more than 256 bytes"
            why = why or next((names[use] for use in re.findall(r"\$[^\s()]+", field)
                               if use in names), None)
            if why:
                found[first, last] = why
                name = re.match(r"\(\s*\w+\s+(\$[^\s()]+)", field)
                if name:
                    names[name.group(1)] = why
        if len(found) == before:
            return found


def without_foreign(name, text, report):
    """The same text with what is outside the profile emptied, function by function."""
    parts, at = [], 0
    for start, stop in forms(text):
        if not is_module(text[start:stop]):
            continue
        for (first, last), why in sorted(foreign_fields(text, start, stop).items()):
            report.emptied(name, text[first:last], why)
            parts += [text[at:first], emptied(text[first:last])]
            at = last
    return "".join(parts) + text[at:]


def is_module(form):
    return re.match(r"\(\s*module\b", form) is not None


def with_maximum(text):
    def put(match):
        return "(memory%s%s %s %d)" % (match.group(1) or "", match.group(2) or "", match.group(3),
                                       max(256, int(match.group(3), 0)))
    return MEMORY.sub(put, text)


class Report:
    def __init__(self):
        self.passed = collections.Counter()
        self.outside = []  # (file, line, type, why)
        self.failed = []   # (file, tier, text)
        self.lines = {}    # file -> its lines
        self.gone = {}     # (file, export) -> why

    def emptied(self, name, field, why):
        for export in re.findall(r'\(export\s+"((?:\\.|[^"\\])*)"', field):
            self.gone[name, export] = why


def convert(name, text, folder, report):
    """The JSON of wast2json, after leaving out what it does not know."""
    path = os.path.join(folder, name)
    json = os.path.join(folder, name[:-5] + ".json")
    for _ in range(2000):
        if not any(True for _ in forms(text)):
            return None
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as out:
            out.write(text)
        done = subprocess.run(["wast2json", path, "-o", json], capture_output=True, text=True,
                              errors="replace", check=False)
        if done.returncode == 0:
            return json
        errors = re.findall(r":(\d+):\d+: error: ([^\n]*)", done.stderr)
        all_forms = list(forms(text))
        gone, edits, blamed = set(), {}, []
        for number, why in errors:
            offset = sum(len(line) + 1 for line in text.split("\n")[:int(number) - 1])
            end = text.find("\n", offset)
            end = len(text) if end < 0 else end
            field = field_at(text, all_forms, offset, end)
            if field:
                edits[field] = why
                continue
            for index, (start, stop) in enumerate(all_forms):
                if start < end and stop > offset and index not in gone:
                    blamed.append((index, "wast2json: " + why))
                    break
        for (first, last), why in sorted(edits.items(), reverse=True):
            field = text[first:last]
            report.emptied(name, field, "wast2json: " + why)
            text = text[:first] + emptied(field) + text[last:]
        if edits:
            continue
        for index, why in blamed:
            if index not in gone:
                gone.add(index)
                drop(name, text, all_forms, index, why, gone, report)
        if not gone:
            # It gave up without saying where: look at each form alone.
            gone = {i for i, (start, stop) in enumerate(all_forms)
                    if not converts(path, json, text[start:stop])}
            for index in sorted(gone):
                drop(name, text, all_forms, index, "wast2json: it crashes", gone, report)
        if not gone:
            report.failed.append((name, "-", "wast2json: " + done.stderr.strip()[:200]))
            return None
        for index in gone:
            start, stop = all_forms[index]
            text = text[:start] + blank(text[start:stop]) + text[stop:]
    return None


def field_at(text, all_forms, offset, end):
    """The function on that line that an empty one can stand for."""
    for start, stop in all_forms:
        if start >= end or stop <= offset or not is_module(text[start:stop]):
            continue
        for first, last in fields(text, start, stop):
            field = text[first:last]
            if first < end and last > offset and re.match(r"\(\s*func\b", field):
                empty = emptied(field)
                return (first, last) if empty is not None and len(empty) < len(field) else None
    return None


def converts(path, json, form):
    if not is_module(form):
        return True
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as out:
        out.write(form)
    return subprocess.run(["wast2json", path, "-o", json], capture_output=True,
                          check=False).returncode == 0


def drop(name, text, all_forms, index, why, gone, report):
    def note(i, reason):
        start, stop = all_forms[i]
        kind = re.match(r"\(\s*(\w+)", text[start:stop])
        report.outside.append((name, text.count("\n", 0, start) + 1,
                               kind.group(1) if kind else "?", reason))

    lost = re.search(r'unknown function export "(.*)"', why)
    if lost and (name, lost.group(1)) in report.gone:
        why = "function: " + report.gone[name, lost.group(1)]
    note(index, why)
    form = text[slice(*all_forms[index])]
    if not is_module(form) and not re.match(r"\(\s*invoke\b", form):
        return
    for i in range(index + 1, len(all_forms)):
        form = text[slice(*all_forms[i])]
        if is_module(form):
            return
        if re.match(r"\(\s*(assert_return|assert_trap|assert_exhaustion|invoke|get|register)\b",
                    form) and not re.match(r"\(\s*assert_trap\s*\(\s*module", form):
            gone.add(i)
            note(i, ("module: " if is_module(text[slice(*all_forms[index])])
                     else "left out before it: ") + why)


def run(program, json, name, tier, report):
    done = subprocess.run([program, json, str(tier)], capture_output=True, text=True,
                          errors="replace", check=False)
    if done.returncode not in (0, 1):
        report.failed.append((name, tier, "%d: %s" % (done.returncode, done.stderr.strip()[-300:])))
    for line in done.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word == "passed":
            report.passed[name, tier] += int(rest)
        elif word == "fail":
            missing = re.match(r'(\d+) (\w+) no (?:export|global) "(.*)"$', rest)
            if missing and (name, missing.group(3)) in report.gone:
                if tier == min(TIERS):
                    report.outside.append((name, int(missing.group(1)), missing.group(2),
                                           "function: " + report.gone[name, missing.group(3)]))
            elif bound_of(name, rest, report):
                if tier == min(TIERS):
                    report.outside.append((name, int(rest.split()[0]), rest.split()[1],
                                           "bound: " + bound_of(name, rest, report)))
            else:
                report.failed.append((name, tier, rest))
        elif word == "outside" and tier == min(TIERS):
            number, kind, why = rest.split(" ", 2)
            report.outside.append((name, int(number), kind, why))


def bound_of(name, rest, report):
    line = report.lines[name][int(rest.split()[0]) - 1]
    return next((why for file, text, why in BOUNDS if file == name and text in line), None)


def group_of(why):
    """A reason without its place and its particulars."""
    why = re.sub(r", at byte 0x[0-9a-f]+$", "", why)
    why = re.sub(r'"[^"]*"', '"..."', why)
    why = re.sub(r"\b\d+\b|\b0x[0-9a-f]+\b", "n", why)
    return why[:110]


def print_report(names, skipped, report, tiers):
    head = ["file"] + ["tier %d" % tier for tier in tiers] + ["outside"]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    per_file = collections.Counter(name for name, *_ in report.outside)
    for name in names:
        if any(report.passed[name, tier] for tier in tiers) or per_file[name]:
            print("| `%s` | %s | %d |" % (
                name, " | ".join(str(report.passed[name, tier]) for tier in tiers),
                per_file[name]))
    total = [sum(report.passed[name, tier] for name in names) for tier in tiers]
    print("| all | %s | %d |" % (" | ".join(map(str, total)), len(report.outside)))
    print("\n| outside, and why | commands | files |\n|---|---|---|")
    groups = collections.defaultdict(list)
    for name, _, _, why in report.outside:
        groups[group_of(why)].append(name)
    for why, where in sorted(groups.items(), key=lambda item: -len(item[1])):
        files = sorted(set(where))
        shown = ", ".join("`%s`" % f for f in files[:4]) + (
            " and %d more" % (len(files) - 4) if len(files) > 4 else "")
        print("| %s | %d | %s |" % (why.replace("|", "\\|"), len(where), shown))
    if skipped:
        print("\n| files not run | about |\n|---|---|")
        about = collections.defaultdict(list)
        for name, why in skipped:
            about[why].append(name)
        for why, files in about.items():
            print("| %s | %s |" % (", ".join("`%s`" % f for f in files), why))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--tier", default="both")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--only")
    args = parser.parse_args()
    global TIERS
    TIERS = [0, 1] if args.tier == "both" else [int(args.tier)]
    report = Report()
    names, skipped = [], []
    for name in sorted(os.listdir(args.folder)):
        if not name.endswith(".wast") or (args.only and args.only not in name):
            continue
        other = None if args.strict else next(
            (why for pattern, why in OTHER if re.search(pattern, name)), None)
        if other:
            skipped.append((name, other))
        else:
            names.append(name)
    if not names:
        sys.exit("spec: no .wast files in " + args.folder)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            with open(os.path.join(args.folder, name), encoding="utf-8",
                      errors="surrogateescape") as file:
                text = with_maximum(file.read())
            report.lines[name] = text.split("\n")
            if not args.strict:
                text = without_foreign(name, text, report)
            json = convert(name, text, folder, report)
            for tier in TIERS if json else []:
                run(args.program, json, name, tier, report)
    print_report(names, skipped, report, TIERS)
    for name, tier, text in report.failed:
        print("FAILED %s, tier %s: %s" % (name, tier, text))
    if args.strict and report.outside:
        for name, line, kind, why in report.outside:
            print("OUTSIDE %s:%d %s %s" % (name, line, kind, why))
        sys.exit(1)
    print("\nspec: %d failed" % len(report.failed))
    sys.exit(1 if report.failed else 0)


TIERS = []
if __name__ == "__main__":
    main()
