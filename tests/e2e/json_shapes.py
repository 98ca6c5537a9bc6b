#!/usr/bin/env python3
"""What commands print with --json is what docs/json.md says.

    json_shapes.py check DOC COMMAND <output     every line has the fields of its command
    json_shapes.py draft COMMAND <output         a row for the document, with types as they are seen
    json_shapes.py missing DOC HELP CHECKED      commands that the document or the test lacks

A row of the document is "| `COMMAND` | what a line is | fields |"; a field is "`name` type", with a
"?" behind the type if it may be missing.  "(name)" is the fields of the row "| (name) | ...".
"""
import json
import re
import sys

AMOUNT = re.compile(r"-?[0-9]+\.[0-9]{9}\Z")
EXACT = 2 ** 53 - 1
TYPES = {
    "text": lambda v: isinstance(v, str),
    "amount": lambda v: isinstance(v, str) and AMOUNT.match(v) is not None,
    "hex": lambda v: isinstance(v, str) and re.match(r"([0-9a-f]{2})*\Z", v) is not None,
    "large": lambda v: is_number(v) or isinstance(v, str) and v.isdigit() and int(v) > EXACT,
    "number": lambda v: is_number(v),
    "bool": lambda v: isinstance(v, bool),
    "list": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
}
FIELD = re.compile(r"`([a-z0-9_.]+)` (\w+)(\?)?")
# Commands that print no JSON, and the form that docs/records.md describes.
NO_JSON = {"site run", "ledger export"}


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= EXACT


def rows(doc):
    found = {}
    with open(doc, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"\| (?:`([a-z -]+)`|(\([a-z]+\))) \| [^|]* \| (.*) \|$",
                             line.rstrip("\n"))
            if match:
                found[match.group(1) or match.group(2)] = match.group(3)
    for command, text in found.items():
        for name in re.findall(r"\([a-z]+\)", text):
            found[command] = found[command].replace(name, found[name])
    return found


def fields(text):
    left = FIELD.sub("", text).replace(",", "").strip()
    if left:
        sys.exit(f"docs/json.md: no field: {left}")
    return {name: (kind, optional == "?") for name, kind, optional in FIELD.findall(text)}


def unique(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        sys.exit(f"a name stands twice: {names}")
    return dict(pairs)


def lines(command):
    for number, line in enumerate(sys.stdin, 1):
        try:
            yield number, json.loads(line, object_pairs_hook=unique)
        except ValueError as error:
            sys.exit(f"{command}: line {number} is no JSON: {error}: {line!r}")


def wrong(value, expected):
    for name, (kind, optional) in expected.items():
        if name not in value:
            if not optional:
                return f"{name} is missing"
        elif not TYPES[kind](value[name]):
            return f"{name} is no {kind}: {value[name]!r}"
    other = set(value) - set(expected)
    return f"not in docs/json.md: {sorted(other)}" if other else None


def check(doc, command):
    found = rows(doc)
    if command not in found:
        sys.exit(f"docs/json.md has no row for `{command}`")
    expected = fields(found[command])
    count = 0
    for number, value in lines(command):
        error = wrong(value, expected) if isinstance(value, dict) else "it is no object"
        if error:
            sys.exit(f"serai {command} --json: line {number}: {error}")
        count += 1
    if count == 0:
        sys.exit(f"serai {command} --json: it prints nothing")


def kind_of(value):
    for kind in ("bool", "number", "amount", "list", "object"):
        if TYPES[kind](value):
            return kind
    if isinstance(value, str) and len(value) >= 32 and TYPES["hex"](value):
        return "hex"
    return "text"


def draft(command):
    seen, count = {}, 0
    for _, value in lines(command):
        count += 1
        for name, item in value.items():
            kinds, times = seen.get(name, (set(), 0))
            seen[name] = (kinds | {kind_of(item)}, times + 1)
    parts = [f"`{name}` {'/'.join(sorted(kinds))}{'?' if times < count else ''}"
             for name, (kinds, times) in sorted(seen.items())]
    print(f"| `{command}` | | {', '.join(parts)} |")


def missing(doc, help_file, checked):
    with open(checked, encoding="utf-8") as file:
        done = set(file.read().splitlines())
    with open(help_file, encoding="utf-8") as file:
        known = set(re.findall(r"^  ([a-z]+ [a-z-]+)", file.read(), re.M))
    documented = {name for name in rows(doc) if not name.startswith("(")}
    commands = {name.split(" --")[0] for name in documented}
    for what, names in (("not in docs/json.md", known - NO_JSON - commands),
                        ("in docs/json.md, and no command", commands - known),
                        ("not checked", documented - done)):
        if names:
            sys.exit(f"{what}: {', '.join(sorted(names))}")


if __name__ == "__main__":
    {"check": check, "draft": draft, "missing": missing}[sys.argv[1]](*sys.argv[2:])
