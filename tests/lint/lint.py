#!/usr/bin/env python3
"""Rules of the tree that no compiler knows.

    lint.py RULE [ROOT]      check one rule, or `all`; exit 1 and name each place when it is broken

Each rule is a function from the tree to (path, line, message) triples; most look at one file at a
time and are written as such (each_file).  test_lint.py plants a bad file for each and sees it
caught.
"""
import fnmatch
import os
import posixpath
import re
import sys

LINE_MAX = 100
C_SUFFIXES = (".c", ".h", ".cpp", ".hpp")
CODE_SUFFIXES = C_SUFFIXES + (".py", ".sh", ".cmake", "CMakeLists.txt", "Makefile")
TEXT_SUFFIXES = CODE_SUFFIXES + (
    ".md", ".txt", ".json", ".toml", ".wat", ".yml", ".in", ".inc", ".1", ".js", ".pml",
)
SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__"}

# Which folder includes which: the arrows that there are, and no other may be drawn.  A folder may
# always include itself, and tests may include everything.  A new arrow, or one that is used no
# more, changes this table.
ARROWS = {
    "base": "",
    "store": "base",
    "engine": "base",
    "ledger": "base",
    "audit": "base ledger",
    "archive": "base ledger",
    "agents": "agents/pages agents/turns base engine ledger market sdk",
    "agents/orders": "agents agents/pages agents/turns base engine",
    "agents/pages": "agents agents/rows base engine",
    "agents/rows": "agents agents/pages base",
    "agents/turns": "agents agents/orders agents/pages base engine sdk",
    "market": "base",
    "channels": "base",
    "links": "base channels",
    "exchange": "agents base channels ledger links market",
    "site/control": "base",
    "site/config": "base market site/compiler site/metrics",
    "site/testing": "agents base engine ledger market sdk sdk/loader sdk/mock site/control"
    " site/core",
    "site/core": "agents audit base channels exchange ledger links market sdk site/control",
    "site/compiler": "agents base engine site/control site/core",
    "site/metrics": "base site/core",
    "site/page": "base ledger site/control site/metrics",
    "site/daemon": "agents base links market site/compiler site/control site/core site/metrics"
    " site/page store",
    "site/cli": "agents archive audit base engine ledger links sdk sdk/loader site/config"
    " site/control site/core site/daemon site/testing store",
    "site": "site/cli",
    "sdk": "",
    "sdk/examples": "",
    "sdk/examples/cpp": "",
    "sdk/examples/spritely": "",
    "sdk/loader": "",
    "sdk/mock": "",
    "sdk/vat": "sdk",
    "sdk/wire": "sdk sdk/vat",
    "sim": "agents base exchange ledger links market sdk/loader site/control site/core",
}
# Parts with sub-folders: a header that is private to the part is private to all of them.
PARTS = {"agents": "agents/orders agents/pages agents/rows agents/turns"}
LIBRARIES = {
    "lmdb.h": ("store/",), "zmq.h": ("site/",), "microhttpd.h": ("site/metrics/",),
    "curses.h": ("site/cli/",), "zstd.h": ("archive/",),
}

# The headers of a folder that others include.  All others are private to it and to its own tests
# (tests/FOLDER).  The headers of base/ are all for everybody.
FACES = {
    "store": "store.h",
    "engine": "engine.h inspect.h lines.h native.h",
    "ledger": "account.h accounts.h journal.h ledger.h reading.h record.h",
    "audit": "audit.h reconcile.h",
    "archive": "archive.h",
    "agents": "agents.h cap.h desk.h life.h life_events.h limits.h message.h modules.h quotas.h "
              "turn.h views.h",
    "market": "market.h",
    "channels": "channels.h",
    "links": "acceptance.h clearing.h invitations.h link.h settlement.h specie.h",
    "exchange": "exchange.h",
    "site/control": "control.h exit_code.h invite.h keyfile.h paths.h place.h",
    "site/config": "config.h",
    "site/core": "core.h figures.h",
    "site/compiler": "settings.h tier1.h",
    "site/metrics": "board.h http.h limits.h metrics.h settings.h",
    "site/page": "page.h",
    "site/daemon": "daemon.h offline.h signals.h",
    "site/testing": "test_expect.h test_file.h test_print.h test_run.h",
    "site/cli": "cli.h",
    "sdk": "abi.h",
    "sdk/loader": "loader_wasm.h",
    "sdk/mock": "mock_wasm.h",
    "sdk/vat": "",
    "sdk/wire": "",
    "sim": "",
}
# Who looks behind a face all the same: the simulator, which compares what a site has before and
# after a crash, and tests that drive a part from within another.
PEEKS = {
    "sim": "agents/agent.h agents/caps.h agents/code.h agents/customers.h agents/facets.h"
    " agents/objects.h agents/pages/arena.h agents/pages/page_cache.h agents/pages/page_owner.h"
    " agents/pages/paged.h agents/promise_queue.h agents/set.h agents/sleep.h"
    " agents/turns/turn.h exchange/ends.h"
    " links/parcel.h"
    " site/core/state.h",
    "sdk/vat": "sdk/serai.h",
    "sdk/wire": "sdk/serai.h sdk/serai_outbox.h sdk/vat/syrup.h",
    "tests/agents/guests": "sdk/serai.h sdk/serai_outbox.h sdk/wire/ops.h",
    "tests/audit": "ledger/ahead.h",
    "tests/bench": "engine/code.h engine/ops.h site/cli/client.h site/cli/render.h"
    " site/core/state.h",
    "tests/differential": "engine/code.h engine/native_text.h engine/operators.h",
    "tests/e2e": "agents/turns/turn.h links/parcel.h site/daemon/curve.h",
    "tests/fuzz": "engine/code.h exchange/ends.h links/link_set.h links/parcel.h ledger/entry.h"
    " ledger/record.h sdk/vat/syrup.h sdk/wire/ops.h site/config/toml.h site/core/state.h",
    "tests/hostile": "agents/accrual.h engine/code.h exchange/limits.h",
    "tests/store": "ledger/record.h",
    "tests/site/core": "agents/accrual.h agents/agent.h agents/code.h agents/customers.h"
    " agents/death.h agents/objects.h agents/orders/dispatch.h agents/imports.h"
    " agents/rent.h agents/set.h agents/turns/turn.h links/parcel.h channels/set.h"
    " exchange/limits.h sim/portrait.h",
    "tests/sdk/spritely": "agents/agent.h",
    "tests/sdk/vat": "agents/agent.h",
    "tests/site/daemon": "site/cli/client.h",
}

NANOS_FILES = {"base/money.c", "base/money.h"}

# The last one tells how fast it was.
CLOCK_FILES = {"base/clock.c", "base/log.c", "sim/main.c"}

# Paths of the machine that happened to build this, split so that this file may name them.
FORBIDDEN = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/"]

# Files that are named and that are the reader's own, the system's, or made by a script.
FILES_OF_OTHERS = {"alice.c", "hello.c", "kernels.h", "string.h", "stdlib.h"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
COMMENT_OR_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S
)


def is_read(path):
    """Whether any rule reads the file."""
    return path.endswith(TEXT_SUFFIXES) or posixpath.basename(posixpath.dirname(path)) == ".ci"


def read_tree(root):
    """path -> text of each file; None where no rule reads it."""
    files = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS]
        for name in names:
            real = os.path.join(folder, name)
            path = os.path.relpath(real, root).replace(os.sep, "/")
            files[path] = None
            if is_read(path):
                with open(real, encoding="utf-8") as handle:
                    files[path] = handle.read()
    return files


class Tree:
    """The texts of the files that rules read, and the paths of all files there are."""

    def __init__(self, files):
        self.texts = {path: text for path, text in files.items() if text is not None}
        self.paths = set(files)
        self.names = {posixpath.basename(path) for path in files}

    def each(self, suffixes=""):
        for path in sorted(self.texts):
            if path.endswith(suffixes):
                yield path, self.texts[path]

    def is_whole(self):
        """Whether this is the whole tree, and not a part of it or one that a test planted."""
        return "tests/lint/lint.py" in self.paths


def each_file(rule):
    def check(tree):
        for path, text in tree.each():
            for line, message in rule(path, text):
                yield path, line, message

    check.__doc__ = rule.__doc__
    return check


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def strip_comments(text):
    """Blank out comments and literals, keeping the line structure."""
    return COMMENT_OR_LITERAL.sub(blank, text)


def strip_only_comments(text):
    return COMMENT_OR_LITERAL.sub(lambda m: blank(m) if m[0].startswith("/") else m[0], text)


def comments(text):
    """(offset, text) of each comment of C, and of each reason of a static_assert."""
    for match in COMMENT_OR_LITERAL.finditer(text):
        if match[0].startswith("/"):
            yield match.start(), match[0]
    for match in re.finditer(r'static_assert\([^;]*?("[^"]*")\)', text):
        yield match.start(1), match[1]


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def part_of(folder):
    """The part that a folder is a sub-folder of, or the folder itself."""
    for part, folders in PARTS.items():
        if folder in folders.split():
            return part
    return folder


def may_include(folder, other):
    """Within a part each arrow is listed; from outside it is one folder."""
    allowed = ARROWS[folder].split()
    return other in allowed if part_of(folder) == part_of(other) else part_of(other) in allowed


def rule_arrows(path, text):
    """Includes point where ARROWS says, are written from the root, and libraries have a home."""
    if not path.endswith(C_SUFFIXES) or "/" not in path or path.startswith("tests/"):
        return
    folder = posixpath.dirname(path)
    if folder not in ARROWS:
        yield 1, f"no include rule for the folder {folder}/ (ARROWS of tests/lint/lint.py)"
        return
    for match in INCLUDE.finditer(text):
        line, target = line_of(text, match.start()), match.group(2)
        other = posixpath.dirname(target)
        if match.group(1) == "<":
            homes = LIBRARIES.get(target)
            if homes and not path.startswith(homes):
                yield line, f"<{target}> belongs to {' and '.join(homes)}"
        elif "/" not in target or ".." in target:
            yield line, f'include "{target}" is not written from the root'
        elif other != folder and not may_include(folder, other):
            yield line, f"{folder}/ may not include {target}"


def rule_faces(path, text):
    """A header that is private to a part is included there, in its tests, and by PEEKS."""
    if not path.endswith(C_SUFFIXES):
        return
    folder = posixpath.dirname(path)
    for match in INCLUDE.finditer(text):
        target = match.group(2)
        other, name = posixpath.split(target)
        part = part_of(other)
        if match.group(1) == "<" or part not in FACES or part == part_of(folder):
            continue
        if (part == other and name in FACES[part].split()) or folder == "tests/" + part:
            continue
        if target not in PEEKS.get(folder, "").split():
            yield line_of(text, match.start()), f"{target} is private to {part}/"


def included(tree):
    """(folder, header) of each include of the project's own."""
    for path, text in tree.each(C_SUFFIXES):
        for match in INCLUDE.finditer(text):
            if match.group(1) == '"':
                yield posixpath.dirname(path), match.group(2)


def rule_tables(tree):
    """The tables of this file are true: nothing stands in them that is used no more."""
    if not tree.is_whole():
        return
    found = set(included(tree))
    arrows = {(folder, posixpath.dirname(header)) for folder, header in found}
    abroad = {header for folder, header in found
              if not folder.startswith("tests") and posixpath.dirname(header) != folder}
    here = "tests/lint/lint.py"
    for folder, others in ARROWS.items():
        for other in others.split():
            if (folder, other) not in arrows:
                yield here, 1, f"ARROWS: {folder}/ includes nothing of {other}/"
    for folder, names in FACES.items():
        for name in names.split():
            if f"{folder}/{name}" not in abroad:
                yield here, 1, f"FACES: nobody else includes {folder}/{name}"
    for folder, headers in PEEKS.items():
        for header in headers.split():
            if (folder, header) not in found:
                yield here, 1, f"PEEKS: {folder}/ does not include {header}"


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


# ---- what comments and documents name ----

# A path or a name, with * for any part of it; not one that goes on in a word or a call.
FILE_NAME = re.compile(
    r"(?<![\w.*/<$-])((?:[\w*-]+/)*[\w*-]+\.(?:c|h|cpp|py|sh|md|js|cmake|pml))\b(?![\w/(])"
)
FUNCTION_NAME = re.compile(r"(?<![\w.*-])([a-z_][a-z0-9_]*\*?)\(\)")


def names_one(names, pattern):
    """Whether the pattern fits one of the names."""
    return bool(fnmatch.filter(names, pattern))


def names_a_file(tree, name, folders):
    """Whether there is a file of that name in one of the folders ("" is the root)."""
    wanted = [posixpath.normpath(posixpath.join(folder, name)) for folder in folders]
    if "*" not in name:
        return any(path in tree.paths for path in wanted)
    return any(names_one(tree.paths, one) for one in wanted)


def cited_files(tree, path, text):
    """Names of files in `text`, a part of the file `path`, that lead nowhere: (offset, name)."""
    folder = posixpath.dirname(path)
    tested = folder[len("tests/"):] if folder.startswith("tests/") else "tests/" + folder
    shown = set(re.findall(r"^`([\w.-]+)`:$", text, re.M))  # a page has the whole file
    for match in FILE_NAME.finditer(text):
        name = match[1]
        if name in FILES_OF_OTHERS | shown or re.search(r"\b[A-Z]+\b[^.]*\.", name):
            continue
        if path.endswith(".md"):
            good = names_a_file(tree, name, ["", folder])
            if "/" not in name:
                good = name in tree.names if "*" not in name else names_one(tree.names, name)
        else:
            # In code a bare name is a file beside this one, or the one that it tests.
            homes = [folder, ""] if "/" in name else [folder, tested, "tests"]
            good = names_a_file(tree, name, homes)
        if not good:
            yield match.start(), name


HEADING_CITED = re.compile(r'(docs/[\w-]+\.md),\s+(?:\*\s+)?"([^"]+)"')


def cited_headings(tree, text):
    """Places of documents that a comment names by their words and that are not there."""
    for match in HEADING_CITED.finditer(text):
        words = re.sub(r"\n\s*\*?\s*", " ", match[2])
        page = " ".join(tree.texts.get(match[1], "").split())
        if page and words not in page:
            yield match.start(), match[1], words


def rule_cited(tree):
    """Files, functions and places of documents that comments and documents name exist."""
    known = set()
    for _, text in tree.each(C_SUFFIXES):
        known.update(re.findall(r"[A-Za-z_]\w*", strip_comments(text)))
    for path, text in tree.each(C_SUFFIXES + (".md",)):
        parts = [(0, text)] if path.endswith(".md") else comments(text)
        for begin, part in parts:
            for offset, name in cited_files(tree, path, part):
                yield path, line_of(text, begin + offset), f"there is no file {name}"
            if not path.endswith(".md"):
                for offset, page, words in cited_headings(tree, part):
                    yield path, line_of(text, begin + offset), f'there is no "{words}" in {page}'
            for match in FUNCTION_NAME.finditer(part):
                name = match[1]
                if name not in known and not (
                    name.endswith("*") and any(one.startswith(name[:-1]) for one in known)
                ):
                    line = line_of(text, begin + match.start())
                    yield path, line, f"there is no function {name}()"


def anchors(text):
    """What a heading is linked by."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


def rule_links(tree):
    """Links within documents lead somewhere, to a heading too."""
    for path, text in tree.each((".md",)):
        for match in re.finditer(r"\]\(([^)\s]+)\)", text):
            target, _, anchor = match[1].partition("#")
            line = line_of(text, match.start())
            if re.match(r"[a-z]+:", target):
                continue
            file = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            file = path if target == "" else file
            if file not in tree.paths and not any(p.startswith(file + "/") for p in tree.paths):
                yield path, line, f"the link {match[1]} leads to no file"
            elif anchor and anchor not in anchors(tree.texts.get(file, "")):
                yield path, line, f"the link {match[1]} leads to no heading"


# ---- tables that stand in two places ----


def section(text, heading):
    """From the line that begins with `heading` to the next heading of its level."""
    level = heading.split(" ")[0]
    match = re.search(rf"^{re.escape(heading)}.*?(?=^{level} |\Z)", text, re.M | re.S)
    return match[0] if match else ""


def differences(what, code, document, here, there):
    """Complaints about two dicts that should be equal; an empty one is blind, and no agreement."""
    if not code or not document:
        yield 1, f"{what}: none found in {there if code else here}"
        return
    for name in sorted(code.keys() | document.keys(), key=str):
        if name not in document:
            yield 1, f"{what} {name} of {here} is not in {there}"
        elif name not in code:
            yield 1, f"{what} {name} of {there} is not in {here}"
        elif code[name] != document[name]:
            yield 1, f"{what} {name}: {code[name]} in {here}, {document[name]} in {there}"


def enum_values(text, prefix):
    return dict(re.findall(rf"\b{prefix}(\w+) = (-?\d+)", text))


def abi_orders(text):
    """name -> (number, "i facet, l money") of SERAI_ORDERS."""
    row = re.compile(r'X\((\d+), (\w+), "([il]*)", (\w+),\s*\((.*?)\)\)', re.S)
    orders = {}
    table = text.partition("#define SERAI_ORDERS(X)")[2].replace("\\\n", "\n")
    for number, name, letters, _, prototype in row.findall(table):
        names = [re.search(r"(\w+)\s*$", one)[1] for one in prototype.split(",")]
        if len(names) != len(letters):
            letters = "?" * len(names)
        orders[name] = (number, ", ".join(" ".join(pair) for pair in zip(letters, names)))
    return orders


def document_orders(text):
    orders = {}
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| ([^|]*) \|", section(text, "## Orders"), re.M)
    for number, name, arguments in rows:
        pairs = [" ".join(one.split()[:2]) for one in arguments.split(",")]
        orders[name] = (number, ", ".join(pairs))
    return orders


def rule_abi(tree):
    """sdk/abi.h and docs/guest-abi.md have the same orders, refusals, events and instructions."""
    here, there = "sdk/abi.h", "docs/guest-abi.md"
    if not {here, there} & tree.texts.keys():
        return
    header = strip_only_comments(tree.texts.get(here, ""))
    page = tree.texts.get(there, "")

    def rows(heading, pattern):
        return dict(re.findall(pattern, section(page, heading), re.M))

    def numbered(heading):
        return {name: number for number, name in rows(heading, r"^\| (\d+) \| `(\w+)` \|").items()}

    tables = [
        ("order", abi_orders(header), document_orders(page)),
        ("refusal", enum_values(header, "SERAI_E_"),
         rows("## Results", r"^\| `(\w+)` \| (-\d+) \|")),
        ("event", enum_values(header, "SERAI_EVENT_"), numbered("## Events")),
        ("instruction", enum_values(header, "SERAI_LOAD_"), numbered("## The loader's")),
        ("version", enum_values(header, "SERAI_ABI_"),
         {"VERSION": number for number in re.findall(r"^# The guest ABI, version (\d+)", page)}),
        ("price", {"orders." + name: True for name in abi_orders(header)},
         {name: True for name in
          re.findall(r"`(orders\.[a-z]+_?[a-z_]*)`", tree.texts.get("docs/prices.md", ""))
          if name != "orders.default"}),
    ]
    for what, code, document in tables:
        page_name = "docs/prices.md" if what == "price" else there
        for line, message in differences(what, code, document, here, page_name):
            yield here, line, message


def rule_prices(tree):
    """market/pricebook.c and docs/prices.md have the same keys with the same defaults."""
    here, there = "market/pricebook.c", "docs/prices.md"
    if here not in tree.texts:
        return
    row = r'\b(?:PRICE|COUNT|SIZE)\("([a-z_.]+)",\s*\w+,\s*"([^"]*)"'
    code = dict(re.findall(row, strip_only_comments(tree.texts[here])))
    told = r'^\| `([a-z_]+\.[a-z_]+)` \| `"?([^`"]+)"?` \|'
    told = re.findall(told, tree.texts.get(there, ""), re.M)
    document = {key: value for key, value in told if not key.startswith("orders.")}
    for line, message in differences("key", code, document, here, there):
        yield there, line, message


def rule_metrics(tree):
    """The metrics of site/metrics are those of docs/metrics.md, and ops/ asks for no others."""
    here, there = "site/metrics", "docs/metrics.md"
    if there not in tree.texts:
        return
    code, named = {}, r"\bserai_[a-z_]+"
    for path, text in tree.each((".c",)):
        if path.startswith(here + "/"):
            code.update(dict.fromkeys(re.findall(r'"(serai_[a-z_]+)"', strip_only_comments(text)),
                                      True))
    rows = dict.fromkeys(re.findall(r"^\| `(serai_[a-z_]+)` \|", tree.texts[there], re.M), True)
    for line, message in differences("metric", code, rows, here, there):
        yield there, line, message
    for path, text in tree.each():
        if not path.startswith("ops/"):
            continue
        for match in re.finditer(named, text):
            name = re.sub(r"_(bucket|sum|count)$", "", match[0])
            if name not in code and match[0] not in code:
                yield path, line_of(text, match.start()), f"there is no metric {match[0]}"


def pairs_of_cells(text):
    """{second: first} of the cells of a table that stand two by two in its rows."""
    cells = []
    for row in re.findall(r"^\| (.*) \|$", text, re.M):
        cells += [cell.strip() for cell in row.split("|")]
    return {name: number for number, name in zip(cells[::2], cells[1::2]) if number.isdigit()}


def rule_records(tree):
    """Codes of transfers and tables of the store are those of docs/records.md."""
    ledger, store, page = "ledger/ledger.h", "base/store.h", "docs/records.md"
    if page not in tree.texts:
        return
    text = tree.texts[page]
    codes = re.findall(r'X\((\d+), \w+, "([^"]+)"\)', tree.texts.get(ledger, ""))
    enum = re.search(r"enum store_table \{.*?\}", tree.texts.get(store, ""), re.S)
    tables = enum_values(strip_only_comments(enum[0] if enum else ""), "STORE_")
    tables.pop("TABLES", None)
    tables = {name.lower(): number for name, number in tables.items()}
    listed = re.findall(r"^\| (\d+) \| (\w+) \|", section(text, "## The store"), re.M)
    for what, code, document, here in [
        ("code", {name: number for number, name in codes},
         pairs_of_cells(section(text, "## Codes of transfers").split("### ")[0]), ledger),
        ("table", tables, {name: number for number, name in listed}, store),
    ]:
        for line, message in differences(what, code, document, here, page):
            yield page, line, message


def core_commands(tree):
    """The rows of the core's table of commands."""
    names = {}
    for path, text in tree.each((".c",)):
        if path.startswith("site/core/"):
            code = strip_only_comments(text)
            for name in re.findall(r'^ *\{"([a-z]+\.[a-z-]+)",', code, re.M):
                names[name] = True
    return names


def core_reads(tree):
    text = tree.texts.get("site/core/reads.c", "")
    return dict.fromkeys(re.findall(r'^ *\{"([a-z]+)", FOR_', text, re.M), True)


def rule_commands(tree):
    """The core, control.h, docs/control.md, the command and its manual have the same commands."""
    contract, page, manual = "site/control/control.h", "docs/control.md", "docs/man/serai.1"
    core, table, options = "site/core", "site/cli/commands.c", "site/cli/options.c"
    if not {contract, page, manual, table} & tree.texts.keys():
        return
    header, document = tree.texts.get(contract, ""), tree.texts.get(page, "")
    reads = re.search(r"Reads:(.*?)Results", header, re.S)
    option_table = tree.texts.get(options, "")

    def listed(pattern, text):
        return dict.fromkeys(re.findall(pattern, text, re.M), True)

    def words(pattern, path):
        found = re.findall(pattern, tree.texts.get(path, ""), re.M)
        return {" ".join(pair): True for pair in found}

    pairs = [
        ("command", core_commands(tree), listed(r"^ \*   ([a-z]+\.[a-z-]+)\b", header),
         core, contract),
        ("command", core_commands(tree),
         listed(r"^\| `([a-z]+\.[a-z-]+)` \|", section(document, "## Commands")), core, page),
        ("read", core_reads(tree), listed(r"\b([a-z]+) \[", reads[1] if reads else ""),
         core, contract),
        ("read", core_reads(tree), listed(r"^\| `([a-z]+)` \|", section(document, "## Reads")),
         core, page),
        ("option", dict.fromkeys(re.findall(r'\[OPT_\w+\] =\s*\{"([a-z-]+)"', option_table), True),
         {name: True for name in re.findall(r"\bFl -([a-z-]+)", tree.texts.get(manual, ""))
          if name != "version"}, options, manual),
        ("command", words(r'\.group = "(\w+)",\s*\.verb = "([\w-]+)"', table),
         words(r"^\.It Cm (\w+) ([\w-]+)", manual), table, manual),
    ]
    for what, code, other, here, there in pairs:
        for line, message in differences(what, code, other, here, there):
            yield there, line, message


def rule_gate(tree):
    """The steps of tests/check.sh are those that CONTRIBUTING.md tells, in the same order."""
    here, there = "tests/check.sh", "CONTRIBUTING.md"
    if here not in tree.texts:
        return
    steps = re.findall(r"^step '([^']+)' (\S+)$", tree.texts[here], re.M)
    rows = re.findall(r"^\| ([^|]+) \| `make ([a-z-]+)` \|",
                      section(tree.texts.get(there, ""), "## Build and test"), re.M)
    if steps != rows or not steps:
        apart = next((pair for pair in zip(steps + [None], rows + [None]) if pair[0] != pair[1]), 0)
        yield there, 1, f"the steps of {here} are others; the first that differs: {apart}"


RULES = {
    "arrows": each_file(rule_arrows),
    "faces": each_file(rule_faces),
    "tables": rule_tables,
    "money": each_file(rule_money),
    "clocks": each_file(rule_clocks),
    "guards": each_file(rule_guards),
    "words": each_file(rule_words),
    "lines": each_file(rule_lines),
    "cited": rule_cited,
    "links": rule_links,
    "abi": rule_abi,
    "prices": rule_prices,
    "metrics": rule_metrics,
    "records": rule_records,
    "commands": rule_commands,
    "gate": rule_gate,
}


def lint(tree, rules):
    """All complaints as "path:line: rule: message"."""
    complaints = []
    for name in rules:
        for path, line, message in RULES[name](tree):
            complaints.append(f"{path}:{line}: {name}: {message}")
    return complaints


def main(arguments):
    if not 2 <= len(arguments) <= 3 or arguments[1] not in [*RULES, "all"]:
        sys.stderr.write(f"usage: lint.py {'|'.join([*RULES, 'all'])} [ROOT]\n")
        return 64
    root = arguments[2] if len(arguments) == 3 else "."
    tree = Tree(read_tree(root))
    complaints = lint(tree, list(RULES) if arguments[1] == "all" else [arguments[1]])
    for complaint in complaints:
        print(complaint)
    if not tree.texts:
        print(f"no files under {root}")
        return 1
    print(f"{arguments[1]}: {len(complaints)} places in {len(tree.texts)} files")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
