#!/usr/bin/env python3
"""Each rule of lint.py is shown to catch a planted fault, and to leave a good file alone."""
import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import lint  # noqa: E402

ABI = """/* The guest ABI. */
enum { SERAI_ABI_VERSION = 2 };
enum serai_refusal {
    SERAI_E_SLOT = -1, /* empty */
    SERAI_E_KIND = -2,
};
enum { SERAI_EVENT_BORN = 1, SERAI_LOAD_USE = 4 };
#define SERAI_ORDERS(X)                                                        \\
    /* the event */                                                            \\
    X(0, event_info, "i", FREE, (struct serai_event * to))                     \\
    X(1, self_mark, "il", SELF,                                                \\
      (int32_t self, int64_t balance)) /* 0 takes it away */
"""
ABI_PAGE = """# The guest ABI, version 2

## Results, money and refusals
| refusal | number | meaning |
|---|---|---|
| `SLOT` | -1 | empty |
| `KIND` | -2 | another |

## Events
| 1 | `BORN` | first event |

## Orders
| 0 | `event_info` | i to | 0 | |
| 1 | `self_mark` | i self, l balance (0: none) | 0 | |

## The loader's instructions, version 1
| 4 | `USE` | code id |
"""
PRICES = """`orders.event_info`, `orders.self_mark`, and `orders.default` for all others
| `log.price` | `"0.1"` | per KiB |
| `agents.max` | `100` | agents |
| `orders.default` | `"0.2"` | per call |
| `currency` | `"SRI"` | a name |
"""
BOOK = """PRICE("log.price", log, "0.1", "per KiB"),
COUNT("agents.max", max,
      "100", "agents", 1, 2),
"""
STORE = """#ifndef SERAI_BASE_STORE_H
#define SERAI_BASE_STORE_H
enum store_table {
    STORE_META = 0, /* STORE_META = 7 */
    STORE_LINK = 1,
    STORE_TABLES = 2,
};
enum { STORE_OP_PUT = 0, STORE_BYTES_MAX = 64 };
#endif
"""
LEDGER = """#ifndef SERAI_LEDGER_LEDGER_H
#define SERAI_LEDGER_LEDGER_H
    X(1, MONEY_IN, "money in")
    X(2, FUND, "fund")
#endif
"""
RECORDS = """## The store
| 0 | meta | u8 |
| 1 | link | u32 |

## Codes of transfers
| code | | code | |
|---|---|---|---|
| 1 | money in | 2 | fund |

### What a line says
| 3 | nothing |
"""
COMMANDS = """static const struct command commands[] = {
    {"money.in", money_in},
    /* {"money.no", money_no}, */
};
void core_command(void)
{
    log_write("link.state");
}
"""
CONTRACT = """#ifndef SERAI_SITE_CONTROL_CONTROL_H
#define SERAI_SITE_CONTROL_CONTROL_H
/*
 *   money.in       [customer]
 *   link.add       [name]
 * Reads: site [], logs [agent, limit]
 * Results are maps.
 */
#endif
"""
CONTROL_PAGE = """## Commands
| `money.in` | [customer] |
| `link.add` | [name] |

## Reads
| `site` | [] |
| `logs` | [agent] |
"""

GOOD = {
    "base/money.h": "#ifndef SERAI_BASE_MONEY_H\n#define SERAI_BASE_MONEY_H\n"
    "struct money { int nanos; };\n#endif\n",
    "base/money.c": '#include "base/money.h"\nint f(struct money m)\n{\n    return m.nanos;\n}\n',
    "ledger/ledger.c": '#include "ledger/books.h"\n#include "base/money.h"\n',
    "store/store.c": '#include <lmdb.h>\n#include "base/store.h"\n',
    "engine/engine.c": '#include "engine/engine.h"\n/* See f() in base/money.c. */\n',
    "site/core/core.c": '#include "agents/agents.h"\n#include "sdk/abi.h"\n'
    "/* the .nanos of an amount */ const char *text = \"m.nanos\";\n",
    "site/core/commands.c": COMMANDS,
    "site/core/link_commands.c": 'static const struct row rows[] = {\n    {"link.add", add},\n};\n',
    "site/core/reads.c": 'static const struct read reads[] = {\n    {"site", FOR_EVERYBODY, f},\n'
    '    {"logs", FOR_CUSTOMERS, f},\n};\n',
    "site/control/control.h": CONTRACT,
    "site/cli/commands.c": 'x = {.group = "money",\n     .verb = "in"};\n',
    "sdk/abi.h": "#ifndef SERAI_SDK_ABI_H\n#define SERAI_SDK_ABI_H\n" + ABI + "#endif\n",
    "tests/market/test_price.c": '#include "market/keys.h"\nint f = sizeof m.nanos;\n',
    "README.md": "A long line of prose is fine " + "x" * 200 + "\n"
    "[See](docs/control.md#commands), or [here](https://example.org/x), or `base/money.c`.\n",
    "docs/control.md": CONTROL_PAGE,
    "CONTRIBUTING.md": "## Build and test\n| step | target |\n"
    "| layout | `make format-check` | x |\n| tests | `make check-dev` | y |\n\n"
    "## Recipes\n| a | `make b` |\n",
    "tests/check.sh": "step()\n{\n}\nstep 'layout' format-check\nstep 'tests' check-dev\n",
    "docs/guest-abi.md": ABI_PAGE,
    "docs/prices.md": PRICES,
    "site/metrics/series.c": 'x("serai_turns_total", "Turns.");\ny("serai_turn_seconds");\n',
    "docs/metrics.md": "| `serai_turns_total` | counter |\n| `serai_turn_seconds` | run |\n",
    "ops/rules.yml": "expr: serai_turns_total / serai_turn_seconds_count\n",
    "market/pricebook.c": BOOK,
    "base/store.h": STORE,
    "ledger/ledger.h": LEDGER,
    "docs/records.md": RECORDS,
    "site/cli/options.c": "x = {[OPT_JSON] =\n     {\"json\", NULL, \"print one object\"}};\n",
    "docs/man/serai.1": ".It Cm money in Ar amount\nBook it.\n.It Fl -json\n.Fl -version\n",
}


def includes(headers):
    return "".join(f'#include "{header}"\n' for header in headers)


class LintTest(unittest.TestCase):
    def complaints(self, rule, extra, good=None):
        files = {**(GOOD if good is None else good), **extra}
        read = {path: text if lint.is_read(path) else None for path, text in files.items()}
        return lint.lint(lint.Tree(read), [rule])

    def assert_caught(self, rule, path, text, place):
        found = self.complaints(rule, {path: text})
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{path}:{place}: {rule}: "), found)

    def assert_arrow(self, path, target):
        self.assert_caught("arrows", path, f'\n#include "{target}"\n', 2)

    def test_a_good_tree_draws_no_complaint(self):
        for rule in lint.RULES:
            self.assertEqual(self.complaints(rule, {}), [])

    def test_arrows_that_point_up_are_caught(self):
        self.assert_arrow("base/x.c", "ledger/ledger.h")
        self.assert_arrow("ledger/x.c", "market/market.h")
        self.assert_arrow("store/x.c", "site/core/core.h")
        self.assert_arrow("agents/x.c", "site/core/core.h")
        self.assert_arrow("market/x.h", "tests/check_main.h")

    def test_siblings_that_include_each_other_are_caught(self):
        siblings = ["agents", "audit", "channels"]
        for one in siblings:
            for other in siblings:
                if one != other:
                    self.assert_arrow(f"{one}/x.c", f"{other}/{other}.h")

    def test_arrows_between_the_folders_of_a_part_are_caught(self):
        self.assert_arrow("engine/x.c", "agents/agents.h")
        self.assert_arrow("ledger/x.c", "audit/audit.h")
        self.assert_arrow("channels/x.c", "links/link.h")
        self.assert_arrow("site/compiler/x.c", "site/daemon/daemon.h")
        self.assert_arrow("site/core/x.c", "site/daemon/daemon.h")
        self.assert_arrow("site/control/x.c", "site/core/core.h")
        self.assert_arrow("site/x.c", "site/core/core.h")
        self.assert_arrow("ledger/x.c", "store/store.h")
        self.assert_arrow("agents/pages/x.c", "agents/orders/orders.h")
        self.assert_arrow("agents/turns/x.c", "agents/rows/keys.h")
        self.assert_arrow("agents/pages/x.c", "market/market.h")

    def test_an_arrow_to_a_part_is_one_to_its_folders(self):
        text = {"sim/x.c": '#include "agents/pages/arena.h"\n'}
        self.assertEqual(self.complaints("arrows", text), [])

    def test_the_store_is_seen_by_the_site_alone(self):
        for area in ["agents", "market", "channels", "base", "site/core"]:
            self.assert_arrow(f"{area}/x.c", "store/store.h")

    def test_the_sdk_includes_nothing_of_the_host(self):
        self.assert_arrow("sdk/serai.h", "base/money.h")
        self.assert_arrow("sdk/examples/x.c", "agents/agents.h")

    def test_only_the_abi_of_the_sdk_is_read_and_only_by_agents_and_site(self):
        self.assert_caught("faces", "agents/x.c", '#include "sdk/serai.h"\n', 1)
        self.assert_caught("faces", "site/cli/x.c", '#include "sdk/serai.h"\n', 1)
        self.assert_arrow("market/x.c", "sdk/abi.h")
        self.assert_arrow("base/x.c", "sdk/abi.h")

    def test_private_headers_are_caught_outside_their_folder(self):
        def private(path, target):
            self.assert_caught("faces", path, f'\n#include "{target}"\n', 2)

        private("site/core/x.c", "agents/set.h")
        private("agents/x.c", "engine/code.h")
        private("site/cli/x.c", "site/core/state.h")
        private("sim/x.c", "site/core/map.h")
        private("tests/agents/x.c", "channels/set.h")
        private("site/core/x.c", "agents/pages/arena.h")
        private("exchange/x.c", "agents/turns/turn.h")
        for path, target in [
            ("agents/x.c", "agents/set.h"),
            ("agents/orders/x.c", "agents/set.h"),
            ("agents/x.c", "agents/pages/arena.h"),
            ("tests/agents/x.c", "agents/set.h"),
            ("sim/x.c", "agents/set.h"),
            ("site/core/x.c", "agents/limits.h"),
            ("market/x.c", "base/undo.h"),
        ]:
            self.assertEqual(self.complaints("faces", {path: f'#include "{target}"\n'}), [])

    def test_a_table_that_says_more_than_the_tree_is_caught(self):
        everything = {"tests/lint/lint.py": ""}
        for number, (folder, others) in enumerate(lint.ARROWS.items()):
            targets = [f"{other}/{name}" for other in others.split()
                       for name in (lint.FACES.get(other) or "x.h").split()]
            everything[f"{folder}/x{number}.c"] = includes(targets)
        for number, (folder, headers) in enumerate(lint.PEEKS.items()):
            everything[f"{folder}/y{number}.c"] = includes(headers.split())
        good = {path: text for path, text in GOOD.items() if not path.endswith(".c")}
        everything["site/z.c"] = includes(
            f"{folder}/{name}" for folder, names in lint.FACES.items() for name in names.split()
        )
        self.assertEqual(self.complaints("tables", everything, good), [])
        without = dict(everything)
        del without["site/z.c"]
        path = next(path for path in without if path.startswith("market/"))
        del without[path]
        found = self.complaints("tables", without, good)
        self.assertIn(
            "tests/lint/lint.py:1: tables: ARROWS: market/ includes nothing of base/", found
        )
        without = dict(everything)
        path = next(path for path in without if path.startswith("tests/e2e/"))
        del without[path]
        self.assertIn("tests/lint/lint.py:1: tables: PEEKS: tests/e2e/ does not include "
                      "agents/turns/turn.h", self.complaints("tables", without, good))
        faceless = {path: text for path, text in everything.items()
                    if "site/cli/cli.h" not in text}
        self.assertIn("tests/lint/lint.py:1: tables: FACES: nobody else includes site/cli/cli.h",
                      self.complaints("tables", faceless, good))

    def test_an_include_that_is_not_from_the_root_is_caught(self):
        self.assert_arrow("base/x.c", "money.h")
        self.assert_arrow("base/x.c", "../ledger/ledger.h")

    def test_lmdb_outside_the_store_is_caught(self):
        self.assert_caught("arrows", "site/x.c", "#include <lmdb.h>\n", 1)
        self.assert_caught("arrows", "channels/x.c", "#  include <zmq.h>\n", 1)

    def test_a_folder_without_a_rule_is_caught(self):
        self.assert_caught("arrows", "extras/x.c", "int x;\n", 1)

    def test_raw_money_is_caught(self):
        self.assert_caught("money", "ledger/x.c", "int f = a.nanos;\n", 1)
        self.assert_caught("money", "market/x.c", "\n\nint f = a->nanos;\n", 3)
        self.assert_caught("money", "base/x.c", "/* a\n * b */ m = {.nanos = 3};\n", 2)

    def test_a_number_that_is_only_named_nanos_is_left_alone(self):
        self.assertEqual(self.complaints("money", {"base/x.c": "x = price_nanos + nanos;\n"}), [])
        self.assertEqual(self.complaints("money", {"base/x.c": "x = y.nanos_max;\n"}), [])

    def test_clocks_that_are_read_in_the_wrong_place_are_caught(self):
        self.assert_caught("clocks", "site/x.c", "\nclock_gettime(CLOCK_REALTIME, &t);\n", 2)
        self.assert_caught("clocks", "market/x.c", "t = time(NULL);\n", 1)
        self.assert_caught("clocks", "base/x.c", "gettimeofday(&t, 0);\n", 1)
        self.assertEqual(self.complaints("clocks", {"tests/x.c": "t = time(NULL);\n"}), [])
        self.assertEqual(self.complaints("clocks", {"base/x.c": "t = site_time(NULL);\n"}), [])

    def test_wrong_guards_are_caught(self):
        guard = "#ifndef {0}\n#define {0}\n#endif\n"
        self.assert_caught("guards", "market/price_index.h", guard.format("PRICE_INDEX_H"), 1)
        self.assert_caught("guards", "base/x.h", "#pragma once\n", 1)
        self.assert_caught("guards", "base/x.h", "int x;\n", 1)
        self.assert_caught(
            "guards", "base/x.h", "#ifndef SERAI_BASE_X_H\n#define SERAI_BASE_Y_H\n#endif\n", 1
        )
        good = {"market/price_index.h": guard.format("SERAI_MARKET_PRICE_INDEX_H")}
        self.assertEqual(self.complaints("guards", good), [])

    def test_paths_of_one_machine_are_caught(self):
        for word in lint.FORBIDDEN:
            self.assert_caught("words", "docs/x.md", f"\nsee {word}main\n", 2)
            self.assert_caught("words", ".ci/run", f"cd {word}\n", 1)

    def test_bad_lines_are_caught(self):
        self.assert_caught("lines", "base/x.c", "\n" + "x" * 101 + "\n", 2)
        self.assert_caught("lines", "base/CMakeLists.txt", "x" * 101 + "\n", 1)
        self.assert_caught("lines", "base/x.h", "int x; \n", 1)
        self.assert_caught("lines", "tests/x.py", "\tx\n", 1)
        self.assert_caught("lines", "base/x.c", "int x;", 1)
        self.assertEqual(self.complaints("lines", {"base/x.c": "x" * 100 + "\n"}), [])

    def test_files_that_are_not_there_are_caught(self):
        self.assert_caught("cited", "base/x.c", "/*\n * See gone.c.\n */\n", 2)
        self.assert_caught("cited", "base/x.c", "/* See base/gone.h. */\n", 1)
        self.assert_caught("cited", "base/x.c", "/* Elsewhere there is a core.c. */\n", 1)
        self.assert_caught("cited", "base/x.c", "/* See site/core/gone_*.c. */\n", 1)
        self.assert_caught("cited", "base/x.c", 'static_assert(A == 4, "gone.c counts");\n', 1)
        self.assert_caught("cited", "docs/x.md", "In `agents/gone.c`.\n", 1)
        self.assert_caught("cited", "docs/x.md", "\nIn `gone.c`.\n", 2)
        for path, text in [
            ("base/x.c", "/* money.c, site/core/core.c, site/core/*_commands.c */\n"),
            ("base/x.c", 'f("gone.c");\n'),
            ("tests/base/test_x.c", "/* What money.c does. */\n"),
            ("docs/x.md", "In `core.c`, `control.md` and ../base/money.c; write tests/NAME.sh.\n"),
        ]:
            self.assertEqual(self.complaints("cited", {path: text}), [])

    def test_functions_that_are_not_there_are_caught(self):
        self.assert_caught("cited", "base/x.c", "\n/* As gone() does. */\n", 2)
        self.assert_caught("cited", "base/x.h", "/* Each gone_*() does. */\n", 1)
        self.assert_caught("cited", "docs/x.md", "As `gone()` does.\n", 1)
        self.assert_caught("cited", "base/x.c", '/* gone() */ f("gone", 1);\n', 1)
        good = {"base/x.c": "int there_too(void);\n/* there_too() and each there_*() */\n"}
        self.assertEqual(self.complaints("cited", good), [])

    def test_places_of_documents_that_are_not_there_are_caught(self):
        self.assert_caught("cited", "base/x.c", '/* docs/records.md, "Gone". */\n', 1)
        wrapped = '\n/*\n * docs/records.md,\n * "The\n * gone".\n */\n'
        self.assert_caught("cited", "base/x.c", wrapped, 3)
        good = '/* docs/records.md, "The\n * store"; docs/records.md, "Codes of transfers" */\n'
        self.assertEqual(self.complaints("cited", {"base/x.c": good}), [])

    def test_links_that_lead_nowhere_are_caught(self):
        self.assert_caught("links", "docs/x.md", "\n[a](gone.md)\n", 2)
        self.assert_caught("links", "docs/x.md", "[a](control.md#gone)\n", 1)
        self.assert_caught("links", "docs/x.md", "[a](#gone)\n", 1)
        good = "# Here & *there*\n[a](#here--there) [b](../README.md) [c](man/)\n"
        self.assertEqual(self.complaints("links", {"docs/x.md": good}), [])

    def assert_apart(self, rule, path, old, new, message):
        self.assertIn(old, GOOD[path])
        found = self.complaints(rule, {path: GOOD[path].replace(old, new)})
        self.assertTrue(any(message in one for one in found), found)

    def test_an_abi_that_its_page_does_not_tell_is_caught(self):
        def apart(path, old, new, message):
            self.assert_apart("abi", path, old, new, message)

        header, page = "sdk/abi.h", "docs/guest-abi.md"
        apart(page, "| `KIND` | -2 | another |\n", "", "refusal KIND of sdk/abi.h is not in")
        apart(page, "| -2 |", "| -3 |", "refusal KIND: -2 in sdk/abi.h, -3 in docs")
        apart(header, "    SERAI_E_KIND = -2,\n", "", "refusal KIND of docs/guest-abi.md is not in")
        apart(page, "| 1 | `self_mark`", "| 2 | `self_mark`", "order self_mark")
        apart(page, "l balance", "i balance", "order self_mark")
        apart(page, "l balance", "l amount", "order self_mark")
        apart(header, "self_mark", "self_note", "order self_note of sdk/abi.h is not in")
        apart(page, "| 1 | `BORN`", "| 2 | `BORN`", "event BORN")
        apart(page, "`USE`", "`FETCH`", "instruction USE")
        apart(page, "version 2", "version 1", "version VERSION: 2 in sdk/abi.h, 1 in docs")
        apart("docs/prices.md", "self_mark", "self_note", "price orders.self_mark")
        apart(page, "## Orders", "## Else", "order: none found in docs/guest-abi.md")
        apart(header, "#define SERAI_ORDERS(X)", "", "order: none found in sdk/abi.h")

    def test_prices_that_their_page_does_not_tell_are_caught(self):
        page, book = "docs/prices.md", "market/pricebook.c"
        self.assert_apart("prices", page, "`100`", "`99`", "key agents.max: 100 in market")
        self.assert_apart("prices", page, "`agents.max`", "`agents.most`", "key agents.max of")
        self.assert_apart("prices", book, "log.price", "log.cost", "key log.price of docs")
        self.assert_apart("prices", book, "COUNT(", "OTHER(", "key agents.max of docs/prices.md")

    def test_metrics_that_their_page_does_not_tell_are_caught(self):
        page, code, rules = "docs/metrics.md", "site/metrics/series.c", "ops/rules.yml"
        self.assert_apart("metrics", page, "_turns_total", "_turns", "serai_turns of docs")
        self.assert_apart("metrics", code, "_turn_seconds", "_turn", "serai_turn of site")
        self.assert_apart("metrics", rules, "turn_seconds_count", "frames", "metric serai_frames")

    def test_records_that_their_page_does_not_tell_are_caught(self):
        page = "docs/records.md"
        self.assert_apart("records", page, "| 2 | fund |", "| 3 | fund |", "code fund: 2 in ledger")
        self.assert_apart("records", page, "fund", "fond", "code fund of ledger/ledger.h is not in")
        self.assert_apart("records", "base/store.h", "STORE_LINK = 1", "STORE_LOG = 1", "table log")
        self.assert_apart("records", page, "| 1 | link |", "| 2 | link |", "table link: 1 in base")

    def test_steps_of_the_gate_that_are_told_otherwise_are_caught(self):
        page, gate = "CONTRIBUTING.md", "tests/check.sh"
        self.assert_apart("gate", page, "check-dev", "check-rest", "('tests', 'check-rest')")
        self.assert_apart("gate", page, "| layout |", "| format |", "first that differs")
        self.assert_apart("gate", gate, "step 'tests' check-dev\n", "", "(None, ('tests'")
        self.assert_apart("gate", gate, "step '", "go '", "first that differs")

    def test_commands_that_a_page_does_not_tell_are_caught(self):
        def apart(path, old, new, message):
            self.assert_apart("commands", path, old, new, message)

        apart("site/core/commands.c", "money.in", "money.on", "command money.on of site/core")
        apart("site/core/link_commands.c", "link.add", "link.set", "command link.set of site/core")
        apart("site/core/reads.c", "logs", "codes", "read codes of site/core is not in")
        apart("site/control/control.h", "money.in ", "money.on ", "command money.on of site/con")
        apart("site/control/control.h", "logs [", "lines [", "read logs of site/core is not in")
        apart("docs/control.md", "| `link.add` | [name] |\n", "", "command link.add of site/core")
        apart("docs/control.md", "`logs`", "`lines`", "read lines of docs/control.md is not in")
        apart("docs/man/serai.1", "money in", "money out", "command money in of site/cli")
        apart("docs/man/serai.1", "-json", "-xml", "option json of site/cli/options.c is not in")
        apart("site/core/reads.c", "FOR_", "TO_", "read: none found in site/core")

    def test_the_exit_status_tells(self):
        def run(root):
            with contextlib.redirect_stdout(io.StringIO()):
                return lint.main(["lint.py", "all", root])

        with tempfile.TemporaryDirectory() as root:
            self.assertEqual(run(root), 1, "an empty tree checks nothing")
            with open(os.path.join(root, "x.md"), "w", encoding="utf-8") as handle:
                handle.write("fine\n")
            os.makedirs(os.path.join(root, "build"))
            with open(os.path.join(root, "build", "y.md"), "w", encoding="utf-8") as handle:
                handle.write(lint.FORBIDDEN[0])
            self.assertEqual(run(root), 0, "what was built is not read")
            os.makedirs(os.path.join(root, "docs"))
            with open(os.path.join(root, "docs", "y.md"), "w", encoding="utf-8") as handle:
                handle.write(lint.FORBIDDEN[0])
            self.assertEqual(run(root), 1)
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(lint.main(["lint.py", "nothing"]), 64)


if __name__ == "__main__":
    unittest.main()
