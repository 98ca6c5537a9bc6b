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

GOOD = {
    "base/money.h": "#ifndef SERAI_BASE_MONEY_H\n#define SERAI_BASE_MONEY_H\n"
    "struct money { int nanos; };\n#endif\n",
    "base/money.c": '#include "base/money.h"\nint f(struct money m)\n{\n    return m.nanos;\n}\n',
    "ledger/ledger.c": '#include "ledger/store/store.h"\n#include "base/money.h"\n',
    "ledger/store/store.c": '#include <lmdb.h>\n#include "ledger/ledger.h"\n',
    "agents/engine/engine.c": '#include "agents/engine/engine.h"\n#include "sdk/abi.h"\n',
    "site/core/core.c": '#include "agents/agents.h"\n#include "ledger/store/store.h"\n'
    "/* the .nanos of an amount */ const char *text = \"m.nanos\";\n",
    "tests/market/test_price.c": '#include "market/market.h"\nint f = sizeof m.nanos;\n',
    "README.md": "A long line of prose is fine " + "x" * 200 + "\n",
}


class LintTest(unittest.TestCase):
    def complaints(self, rule, extra):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**GOOD, **extra}.items():
                real = os.path.join(root, path)
                os.makedirs(os.path.dirname(real), exist_ok=True)
                with open(real, "w", encoding="utf-8") as handle:
                    handle.write(text)
            return lint.lint(root, [rule])[0]

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
        self.assert_arrow("ledger/store/x.c", "site/core/core.h")
        self.assert_arrow("agents/x.c", "site/core/core.h")
        self.assert_arrow("market/x.h", "tests/check_main.h")

    def test_siblings_that_include_each_other_are_caught(self):
        siblings = ["agents", "market", "channels"]
        for one in siblings:
            for other in siblings:
                if one != other:
                    self.assert_arrow(f"{one}/x.c", f"{other}/{other}.h")

    def test_the_store_is_private_to_the_ledger_and_the_site(self):
        for area in ["agents", "market", "channels", "base"]:
            self.assert_arrow(f"{area}/x.c", "ledger/store/store.h")

    def test_the_sdk_includes_nothing_of_the_host(self):
        self.assert_arrow("sdk/serai.h", "base/money.h")
        self.assert_arrow("sdk/examples/x.c", "agents/agents.h")

    def test_only_the_abi_of_the_sdk_is_read_and_only_by_agents_and_site(self):
        self.assert_arrow("agents/x.c", "sdk/serai.h")
        self.assert_arrow("site/cli/x.c", "sdk/serai.h")
        self.assert_arrow("market/x.c", "sdk/abi.h")
        self.assert_arrow("base/x.c", "sdk/abi.h")

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

    def test_what_was_built_is_not_read(self):
        self.assertEqual(self.complaints("words", {"build/x.c": lint.FORBIDDEN[0]}), [])

    def test_the_exit_status_tells(self):
        def run(root):
            with contextlib.redirect_stdout(io.StringIO()):
                return lint.main(["lint.py", "all", root])

        with tempfile.TemporaryDirectory() as root:
            self.assertEqual(run(root), 1, "an empty tree checks nothing")
            with open(os.path.join(root, "x.md"), "w", encoding="utf-8") as handle:
                handle.write("fine\n")
            self.assertEqual(run(root), 0)
            with open(os.path.join(root, "y.md"), "w", encoding="utf-8") as handle:
                handle.write(lint.FORBIDDEN[0])
            self.assertEqual(run(root), 1)
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(lint.main(["lint.py", "nothing"]), 64)


if __name__ == "__main__":
    unittest.main()
