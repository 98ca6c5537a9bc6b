#!/usr/bin/env python3
"""The shape of the tree in figures: sizes, comments, contracts, circles, twins.

    shape.py [options] [ROOT]        the tables of one tree, folder by folder (ROOT: `.`)

    --at REV           measure commit REV of this repository in place of ROOT
    --compare A B      two trees side by side; each is a directory or a commit
    --models DIR ...   other projects, in columns beside this one, by the same method
    --depth N          rows of folders N deep (1)
    --json             the figures for a machine
    -v                 also list the names and places behind the figures

How each figure is taken:
  lines       of a file all of them; of a function in a .c file from its name to its last brace
  comments    the share of lines with text that have none when comments are stripped
  contracts   of prototypes and inline functions in headers: `own` have a comment directly before
              them, or are named (`name()`, `prefix_*()`) in the comment before their block of
              lines; `trailing` have one on their last line instead; a heading or the name of a
              file is neither
  circles     .c files that reach each other by naming functions that are not static: in a body, in
              a table or by a macro; a call through a pointer is not seen
  same names  static functions, and structs that are defined, under one name in two or more files
  twins       lines in runs of six or more that stand in two places; comments, blanks, includes and
              lines of brackets alone are left out first
  unused      functions that a header declares and a .c file defines, and that nobody, or only a
              test, names
"""
import argparse
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter, defaultdict
from itertools import pairwise
from statistics import median
from typing import NamedTuple

SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__"}
TEST_FOLDERS = {"test", "tests", "testing", "unittest", "unittests"}
TEST_NAMES = re.compile(r"test_.*|.*_test\.[ch]")
PRODUCT, TESTS = "product", "tests"  # the two wholes: all folders but the tests, and the tests
TWIN_LINES = 6

COMMENT_OR_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
MACRO = re.compile(r"[ \t]*#[ \t]*define[ \t]+(\w+)(.*)", re.S)
CONDITIONAL = re.compile(r"[ \t]*#[ \t]*(if|elif|else|endif)(\w*[ \t]*\S*)")
TAGGED = {"struct", "union", "enum"}
WORD = re.compile(r"[A-Za-z_]\w*")
TOKEN = re.compile(r"#[^\n]*|[A-Za-z_]\w*|\.\.\.|->|[^\s\w]")
NO_FUNCTION = set(
    "if for while switch return sizeof do else void char short int long signed unsigned float "
    "double bool _Bool _Static_assert static_assert _Alignas alignas _Generic typeof __typeof__ "
    "__attribute__ __declspec __asm__ asm".split()
)
HEADING = re.compile(r"[/*\s]*(?:--|==|[\w/]+\.[ch][*/\s]*$|$)")


# ---- the text of a file ----


class Comment(NamedTuple):
    first: int  # lines, from 1
    last: int
    alone: bool  # nothing stands before it on its first line
    text: str


def blank_out(text, what):
    """Replace each match that `what` accepts by blanks, keeping lines and columns."""

    def blank(match):
        found = match.group(0)
        return re.sub(r"[^\n]", " ", found) if what(found) else found

    return COMMENT_OR_LITERAL.sub(blank, text)


def is_comment(found):
    return found.startswith("/")


def without_comments(text):
    return blank_out(text, is_comment)


def comments_of(text):
    comments, line, offset = [], 1, 0
    for match in COMMENT_OR_LITERAL.finditer(text):
        line += text.count("\n", offset, match.start())
        offset = match.start()
        if is_comment(match.group(0)):
            before = text[text.rfind("\n", 0, offset) + 1 : offset]
            last = line + match.group(0).count("\n")
            comments.append(Comment(line, last, not before.strip(), match.group(0)))
    return comments


def comment_lines(text):
    """How many lines have text, and how many of them have none without comments."""
    written = [line.strip() for line in text.split("\n")]
    left = [line.strip() for line in without_comments(text).split("\n")]
    return sum(map(bool, written)), sum(bool(a) and not b for a, b in zip(written, left))


def is_never_taken(rest):
    """Whether what follows `#if` opens a branch that C never takes."""
    return rest.split() in (["0"], ["def", "__cplusplus"])


class Token(NamedTuple):
    text: str
    line: int


def tokens_of(code):
    """The tokens of code without comments and literals; of directives only the conditionals."""

    def keep(match):
        if CONDITIONAL.match(match.group(0)):
            return match.group(0)
        return re.sub(r"[^\n]", " ", match.group(0))

    line, offset = 1, 0
    text = DIRECTIVE.sub(keep, code)
    for match in TOKEN.finditer(text):
        line += text.count("\n", offset, match.start())
        offset = match.start()
        yield Token(match.group(0), line)


# ---- declarations ----


class Function(NamedTuple):
    name: str
    line: int
    last: int  # the line of its last brace, or of the semicolon of a prototype
    starts: tuple  # the lines on which its declaration has text, up to its name
    static: bool
    parameters: int
    body: tuple  # the tokens between its braces; None of a prototype


def skip_round(tokens, index):
    """The index behind the round bracket that opens at `index`."""
    depth = 0
    while index < len(tokens):
        depth += {"(": 1, ")": -1}.get(tokens[index].text, 0)
        index += 1
        if depth == 0:
            break
    return index


def count_parameters(tokens):
    inner = [token.text for token in tokens[1:-1]]
    if inner in ([], ["void"]):
        return 0
    depth, count = 0, 1
    for text in inner:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(text, 0)
        count += text == "," and depth == 0
    return count


def function_of(declaration, body):
    """The function that a declaration at the top of a file declares, or None."""
    texts = [token.text for token in declaration]
    if "=" in texts or "typedef" in texts:
        return None
    found, index = [], 0
    while index + 1 < len(declaration):
        if texts[index] != "(":
            index += 1
            continue
        end = skip_round(declaration, index)
        if index and WORD.match(texts[index - 1]) and texts[index - 1] not in NO_FUNCTION:
            found.append((index - 1, end))
        index = end
    found = [one for one in found if texts[one[0] + 2 : one[0] + 3] != ["*"]]
    named = [one for one in found if not texts[one[0]].isupper()]
    if not named and not (found and body is not None):
        return None
    at, end = (named or found)[0]
    if named and at == 0 and body is None:
        return None  # a macro that is used as a statement
    arguments = declaration[at + 1 : end]
    name = declaration[at]
    if not named and len(arguments) == 3:
        name = arguments[1]  # START_TEST(name)
    return Function(
        name=name.text,
        line=declaration[at].line,
        last=declaration[-1].line,
        starts=tuple(sorted({token.line for token in declaration[: at + 1]})),
        static="static" in texts[:at],
        parameters=count_parameters(arguments) if named else 0,
        body=body,
    )


class Reader:
    """Reads the declarations at the top of a file; what stands in braces is a body."""

    def __init__(self, code):
        self.functions = []
        self.tags = []
        self.tables = []  # the tokens of values that stand in braces
        self.depth = 0
        self.declaration = []
        self.body = []
        self.branches = []  # of each open #if: the depth where it began, and whether we skip
        for token in tokens_of(code):
            if token.text.startswith("#") and len(token.text) > 1:
                self.conditional(token.text)
            elif not any(skip for _, skip in self.branches):
                self.token(token)

    def conditional(self, text):
        name, rest = CONDITIONAL.match(text).groups()
        if name == "if":
            self.branches.append((self.depth, is_never_taken(rest)))
        elif not self.branches:
            return
        elif name == "endif":
            self.branches.pop()
        else:
            depth, skip = self.branches[-1]
            # Only alternatives that are whole declarations are all read.
            whole = depth == 0 and self.depth == 0 and not self.declaration
            self.branches[-1] = (depth, not (skip or whole))

    def token(self, token):
        if token.text == "{":
            if [token.text for token in self.declaration] == ["extern"]:  # "C"
                self.declaration = []
                return
            if self.depth == 0:
                self.tag()
            self.depth += 1
            if self.depth == 1:
                return
        elif token.text == "}":
            self.depth = max(self.depth - 1, 0)
            if self.depth == 0:
                self.close(token)
                return
        if self.depth:
            self.body.append(token)
        elif token.text == ";":
            self.declaration.append(token)
            self.end()
        else:
            self.declaration.append(token)

    def tag(self):
        """`struct tag {` at the top of a file defines that tag."""
        texts = [token.text for token in self.declaration]
        if len(texts) >= 2 and texts[-2] in TAGGED - {"enum"} and WORD.match(texts[-1]):
            self.tags.append((texts[-1], self.declaration[-1].line))

    def close(self, brace):
        """A brace closes at the top: of a function, or of a struct or value whose end follows."""
        function = function_of(self.declaration, tuple(self.body))
        if function:
            self.functions.append(function._replace(last=brace.line))
            self.declaration = []
        elif any(token.text == "=" for token in self.declaration):
            self.tables.append(tuple(self.body))
        self.body = []

    def end(self):
        """A semicolon ends a declaration at the top."""
        function = function_of(self.declaration, None)
        if function:
            self.functions.append(function)
        self.declaration = []


# ---- one file ----


def contract_of(function, comments, lines):
    """`own`, `trailing` or None: whose comment tells what this function does."""
    before = {comment.last: comment for comment in comments if comment.alone}
    for line in function.starts:
        comment = before.get(line - 1)
        if comment and not HEADING.match(comment.text):
            return "own"
    top = function.starts[0] - 1
    while top > 0 and lines[top - 1].strip() and top not in before:
        top -= 1
    if top in before and names(before[top].text, function.name):
        return "own"
    if any(not one.alone and one.first == function.last for one in comments):
        return "trailing"
    return None


def names(text, function):
    """Whether a comment names a function: in full, or by the beginning of its name."""
    for name, star in re.findall(r"\b(\w+)(\*?)\(\)", text):
        if function == name or (star and function.startswith(name)):
            return True
    return False


class File:
    """What is counted of one file."""

    def __init__(self, path, text):
        self.path = path
        self.header = path.endswith(".h")
        self.lines = text.count("\n") + (text != "" and not text.endswith("\n"))
        self.written, self.comments = comment_lines(text)
        bare = without_comments(text)
        code = blank_out(bare, lambda found: True)
        reader = Reader(code)
        self.functions = [one for one in reader.functions if one.body is not None]
        self.prototypes = [one for one in reader.functions if one.body is None]
        self.tags, self.tables = reader.tags, reader.tables
        self.macros = macros_of(code)
        self.names = Counter(WORD.findall(code))
        comments, lines = comments_of(text), text.split("\n")
        self.contracts = {
            one: contract_of(one, comments, lines) for one in self.prototypes + self.functions
        }
        self.bare = list(bare_lines(bare))

    def declared(self):
        """What a header offers: its prototypes, and the functions that it defines itself."""
        return self.prototypes + self.functions

    def mentions(self):
        """The names in its bodies and tables, but for those of members."""
        for body in [one.body for one in self.functions] + self.tables:
            for before, token in pairwise((Token("{", 0), *body)):
                if before.text not in (".", "->", *TAGGED) and WORD.match(token.text):
                    yield token.text


def macros_of(code):
    """{name: words of what it stands for} of the macros that a file defines."""
    macros = defaultdict(set)
    for directive in DIRECTIVE.findall(code):
        definition = MACRO.match(directive)
        if definition:
            macros[definition.group(1)].update(WORD.findall(definition.group(2)))
    return macros


def bare_lines(bare):
    """(line, text) of what is compared with other places."""
    for number, line in enumerate(bare.split("\n"), 1):
        line = " ".join(line.split())
        if re.search(r"\w", line) and not line.startswith("#include"):
            yield number, line


# ---- a tree ----


def read_tree(root):
    files = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(names):
            real = os.path.join(folder, name)
            if name.endswith((".c", ".h")) and not os.path.islink(real):
                with open(real, encoding="utf-8", errors="replace") as handle:
                    path = os.path.relpath(real, root).replace(os.sep, "/")
                    files.append(File(path, handle.read()))
    return files


def is_test(file):
    *folders, name = file.path.split("/")
    return bool(not TEST_FOLDERS.isdisjoint(folders) or TEST_NAMES.fullmatch(name))


def folder_of(path, depth):
    return "/".join(path.split("/")[:-1][:depth]) or "."


def circles(files):
    """Lists of two or more .c files that reach each other, the longest first."""
    homes = defaultdict(set)
    for file in files:
        for function in file.functions:
            if not function.static and not file.header:
                homes[function.name].add(file.path)
    macros = defaultdict(set)
    for file in files:
        if file.header:
            for name, inner in file.macros.items():
                macros[name] |= inner
    arrows = {}
    for file in files:
        names = expand(set(file.mentions()), [file.macros, macros])
        names -= {function.name for function in file.functions}
        arrows[file.path] = {home for name in names for home in nearest(homes[name], file.path)}
    found = [group for group in components(arrows) if len(group) > 1]
    return sorted(found, key=lambda group: (-len(group), group))


def expand(names, tables):
    """The names, with all that those of macros stand for."""
    found, new = set(), names
    while new:
        found |= new
        new = {inner for name in new for table in tables for inner in table.get(name, ())} - found
    return found


def nearest(homes, path):
    """Of the files that define a name the only one, or the only one in the folder of `path`."""
    if len(homes) > 1:
        homes = {home for home in homes if os.path.dirname(home) == os.path.dirname(path)}
    return homes if len(homes) == 1 else set()


def components(arrows):
    """The strongly connected components of a graph (Tarjan, without recursion)."""
    order, low, stack, on_stack, found = {}, {}, [], set(), []

    def enter(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        on_stack.add(node)
        return node, iter(sorted(arrows[node]))

    for start in sorted(arrows):
        work = [] if start in order else [enter(start)]
        while work:
            node, following = work[-1]
            other = next(following, None)
            if other is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    cut = stack.index(node)
                    found.append(sorted(stack[cut:]))
                    on_stack.difference_update(stack[cut:])
                    del stack[cut:]
            elif other not in order:
                work.append(enter(other))
            elif other in on_stack:
                low[node] = min(low[node], order[other])
    return found


def shared(pairs):
    """{name: files} of the names that stand in two or more files."""
    places = defaultdict(set)
    for name, path in pairs:
        places[name].add(path)
    return {name: sorted(paths) for name, paths in sorted(places.items()) if len(paths) > 1}


def same_statics(files):
    return shared(
        (one.name, file.path)
        for file in files
        for one in file.functions
        if one.static and not file.header
    )


def same_tags(files):
    return shared((tag, file.path) for file in files for tag, _ in file.tags)


def twins(files):
    """{path: {line: (path, line) of another place}} of lines in runs that stand in two places."""
    places = defaultdict(list)
    for number, file in enumerate(files):
        texts = [text for _, text in file.bare]
        for at in range(len(texts) - TWIN_LINES + 1):
            places[tuple(texts[at : at + TWIN_LINES])].append((number, at))
    found = defaultdict(dict)
    for same in places.values():
        for number, at in same:
            apart = (p for p in same if p[0] != number or abs(p[1] - at) >= TWIN_LINES)
            other = next(apart, None)
            if other:
                for step in range(TWIN_LINES):
                    line = files[number].bare[at + step][0]
                    place = files[other[0]].path, files[other[0]].bare[other[1] + step][0]
                    found[files[number].path].setdefault(line, place)
    return found


def uses(files):
    """How often each name is used: not counted where it is declared, defined or calls itself."""
    count = Counter()
    for file in files:
        count.update(file.names)
        for one in file.prototypes + file.functions:
            count[one.name] -= 1
            if one.body is not None:
                count[one.name] -= sum(token.text == one.name for token in one.body)
    return count


def unused(product, tests):
    """(name, path) of public functions that nobody uses, and of those that only tests use."""
    declared = {one.name for file in product if file.header for one in file.prototypes}
    here, there = uses(product), uses(tests)
    nobody, tests_only = set(), set()
    for file in product:
        for one in file.functions:
            if one.static or file.header or one.name not in declared or here[one.name] > 0:
                continue
            (tests_only if there[one.name] > 0 else nobody).add((one.name, file.path))
    return sorted(nobody), sorted(tests_only)


# ---- figures ----


def rank(values, percent):
    """The smallest value that `percent` of all do not exceed; 0 of none."""
    values = sorted(values)
    return values[max(-(-len(values) * percent // 100) - 1, 0)] if values else 0


def spread(prefix, values, percents=(90,)):
    row = {f"{prefix} median": median(values) if values else 0}
    row.update({f"{prefix} p{percent}": rank(values, percent) for percent in percents})
    row[f"{prefix} max"] = max(values, default=0)
    return row


def share(part, whole):
    return round(100 * part / whole, 1) if whole else 0.0


def sizes(files):
    sources = [file for file in files if not file.header]
    headers = [file for file in files if file.header]
    functions = [one for file in sources for one in file.functions]
    header_lines = spread(".h lines", [file.lines for file in headers])
    del header_lines[".h lines p90"]
    return {
        ".c files": len(sources),
        **spread(".c lines", [file.lines for file in sources]),
        ".h files": len(headers),
        **header_lines,
        "functions": len(functions),
        **spread("function lines", [one.last - one.line + 1 for one in functions], (90, 99)),
        **spread("parameters", [one.parameters for one in functions]),
    }


def words(files):
    sources = [file for file in files if not file.header]
    headers = [file for file in files if file.header]
    contracts = [file.contracts[one] for file in headers for one in file.declared()]
    statics = [file.contracts[one] for file in sources for one in file.functions if one.static]
    return {
        ".c comments %": share(sum(f.comments for f in sources), sum(f.written for f in sources)),
        ".h comments %": share(sum(f.comments for f in headers), sum(f.written for f in headers)),
        "prototypes": len(contracts),
        "contracts own %": share(contracts.count("own"), len(contracts)),
        "contracts trailing %": share(contracts.count("trailing"), len(contracts)),
        "statics": len(statics),
        "statics with comment %": share(statics.count("own"), len(statics)),
    }


class Joins:
    """What is only seen of many files at once."""

    def __init__(self, files, tests):
        self.circles = circles(files)
        self.statics = same_statics(files)
        self.tags = same_tags(files)
        self.twins = twins(files)
        self.nobody, self.tests_only = unused(files, tests)

    def of(self, files):
        paths = {file.path for file in files}
        sources = [file for file in files if not file.header]
        circled = sum(path in paths for circle in self.circles for path in circle)
        bare = sum(len(file.bare) for file in files)
        twin_lines = sum(len(self.twins[path]) for path in paths if path in self.twins)
        return {
            "circles": sum(not paths.isdisjoint(circle) for circle in self.circles),
            "files in circles": circled,
            "files in circles %": share(circled, len(sources)),
            "same static names": sum(not paths.isdisjoint(f) for f in self.statics.values()),
            "same struct tags": sum(not paths.isdisjoint(f) for f in self.tags.values()),
            "twin lines": twin_lines,
            "twin lines %": share(twin_lines, bare),
            "unused by all": sum(path in paths for _, path in self.nobody),
            "used by tests only": sum(path in paths for _, path in self.tests_only),
        }


class Tree:
    """The figures of one tree: a row for each folder, and for the two wholes."""

    def __init__(self, name, files, depth=1):
        self.name = name
        tests = [file for file in files if is_test(file)]
        product = [file for file in files if not is_test(file)]
        self.joins = {PRODUCT: Joins(product, tests), TESTS: Joins(tests, [])}
        folders = defaultdict(list)
        for file in product:
            folders[folder_of(file.path, depth)].append(file)
        self.rows = {folder: self.row(PRODUCT, folders[folder]) for folder in sorted(folders)}
        self.rows[PRODUCT] = self.row(PRODUCT, product)
        if tests:
            self.rows[TESTS] = self.row(TESTS, tests)
        self.uncontracted = [
            f"{file.path}:{one.line} {one.name}"
            for file in product
            if file.header
            for one in file.declared()
            if not file.contracts[one]
        ]

    def row(self, whole, files):
        return {**sizes(files), **words(files), **self.joins[whole].of(files)}


def tree_of_commit(revision, depth):
    packed = subprocess.run(
        ["git", "archive", "--format=tar", revision], check=True, stdout=subprocess.PIPE
    ).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder)
        return Tree(revision, read_tree(folder), depth)


def tree_of(name, depth):
    """A tree by name: a directory, or else a commit of this repository."""
    if os.path.isdir(name):
        title = os.path.basename(os.path.abspath(name))
        return Tree(title, read_tree(name), depth)
    return tree_of_commit(name, depth)


# ---- print ----

# The tables of one tree: for each column its head and its figures, "median / p90 / max".
TABLES = {
    "Sizes": [
        (".c", [".c files"]),
        ("lines", [".c lines median", ".c lines p90", ".c lines max"]),
        (".h", [".h files"]),
        ("lines", [".h lines median", ".h lines max"]),
        ("functions", ["functions"]),
        ("lines", [f"function lines {which}" for which in ("median", "p90", "p99", "max")]),
        ("parameters", ["parameters median", "parameters p90", "parameters max"]),
    ],
    "Words": [
        ("comments .c %", [".c comments %"]),
        (".h %", [".h comments %"]),
        ("prototypes", ["prototypes"]),
        ("own contract %", ["contracts own %"]),
        ("trailing %", ["contracts trailing %"]),
        ("statics", ["statics"]),
        ("with comment %", ["statics with comment %"]),
    ],
    "Joins": [
        ("circles", ["circles"]),
        ("files in them", ["files in circles"]),
        ("%", ["files in circles %"]),
        ("same statics", ["same static names"]),
        ("same tags", ["same struct tags"]),
        ("twin lines", ["twin lines"]),
        ("%", ["twin lines %"]),
        ("unused", ["unused by all"]),
        ("by tests only", ["used by tests only"]),
    ],
}


def cell(row, names):
    return " / ".join(f"{row[name]:g}" for name in names)


def print_table(head, rows):
    """Columns as wide as they need, the first to the left and the others to the right."""
    table = [head, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def print_tree(tree):
    for title, columns in TABLES.items():
        print(f"{title}, {tree.name}")
        rows = [
            [folder, *(cell(row, names) for _, names in columns)]
            for folder, row in tree.rows.items()
        ]
        print_table(["folder", *(head for head, _ in columns)], rows)
        print()
    print_circles(tree)


def print_circles(tree):
    for circle in tree.joins[PRODUCT].circles:
        print(f"circle of {len(circle)}: {' '.join(circle)}")


def print_side_by_side(trees):
    """Figures as rows, trees as columns: of the product, then of the tests where all have some."""
    for whole in (PRODUCT, TESTS):
        if not all(whole in tree.rows for tree in trees):
            continue
        names = list(trees[0].rows[whole])
        rows = [[name, *(cell(tree.rows[whole], [name]) for tree in trees)] for name in names]
        print_table([whole, *(tree.name for tree in trees)], rows)
        print()


def print_names(tree):
    joins = tree.joins[PRODUCT]
    for title, found in (("static", joins.statics), ("struct", joins.tags)):
        for name, paths in found.items():
            print(f"{title} {name}: {' '.join(paths)}")
    for path, lines in sorted(joins.twins.items()):
        for first, last, other in runs(lines):
            print(f"twin {path}:{first}-{last} is {other[0]}:{other[1]}")
    for name, path in joins.nobody:
        print(f"used by nobody: {name} of {path}")
    for name, path in joins.tests_only:
        print(f"used by tests only: {name} of {path}")
    for place in tree.uncontracted:
        print(f"without a contract: {place}")


def runs(lines):
    """(first, last, other place) of twins that go on together at the other place."""
    found = []
    for line, (path, other) in sorted(lines.items()):
        if found and found[-1][2][0] == path and 0 < other - found[-1][3] <= TWIN_LINES:
            found[-1][1], found[-1][3] = line, other
        else:
            found.append([line, line, (path, other), other])
    return [(first, last, place) for first, last, place, _ in found]


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", nargs="?", default=".")
    parser.add_argument("--at", metavar="REV")
    parser.add_argument("--compare", nargs=2, metavar=("A", "B"), default=[])
    parser.add_argument("--models", nargs="+", metavar="DIR", default=[])
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    if options.at:
        trees = [tree_of_commit(options.at, options.depth)]
    else:
        names = options.compare or [options.root]
        trees = [tree_of(name, options.depth) for name in names]
    trees += [tree_of(name, options.depth) for name in options.models]
    if not any(tree.rows[PRODUCT][".c files"] + tree.rows[PRODUCT][".h files"] for tree in trees):
        print("no C files found", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({tree.name: tree.rows for tree in trees}, indent=2))
    elif len(trees) > 1:
        print_side_by_side(trees)
    else:
        print_tree(trees[0])
    if options.verbose and not options.json:
        for tree in trees:
            print_names(tree)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
