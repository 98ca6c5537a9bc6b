#!/usr/bin/env python3
"""Each figure of shape.py is shown on a small tree of which the answer is known."""
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import shape  # noqa: E402

TWIN = "".join(f"    total += weight[{number}];\n" for number in range(6))


def plant(root, files):
    for path, text in files.items():
        real = os.path.join(root, path)
        os.makedirs(os.path.dirname(real), exist_ok=True)
        with open(real, "w", encoding="utf-8") as handle:
            handle.write(text)


def tree_of(files, depth=1):
    with tempfile.TemporaryDirectory() as root:
        plant(root, files)
        return shape.Tree("fixture", shape.read_tree(root), depth)


def product_of(files):
    return tree_of(files).rows[shape.PRODUCT]


def file_of(text, path="a/x.c"):
    return shape.File(path, text)


class FunctionsTest(unittest.TestCase):
    def functions(self, text):
        return [(one.name, one.line, one.last) for one in file_of(text).functions]

    def test_a_function_reaches_from_its_name_to_its_last_brace(self):
        text = "static int\nf(int a)\n{\n    if (a) {\n        return 1;\n    }\n    return 2;\n}\n"
        self.assertEqual(self.functions(text), [("f", 2, 8)])

    def test_values_types_and_calls_are_no_functions(self):
        text = (
            "struct s {\n    int (*open)(void);\n};\nint (*pointer)(int);\ntypedef int kind(int);\n"
            "static int table[] = {size(3)};\nenum { A = 1 };\nLIST(a, b);\nint x = f(3);\n"
        )
        file = file_of(text)
        self.assertEqual(file.functions + file.prototypes, [])

    def test_braces_in_literals_comments_and_directives_do_not_count(self):
        text = 'int f(void)\n{\n    /* { */ g("{", \'{\');\n}\n#define OPEN {\nint h(void)\n{\n}\n'
        self.assertEqual(self.functions(text), [("f", 1, 4), ("h", 6, 8)])

    def test_of_a_conditional_that_splits_a_function_the_first_branch_is_read(self):
        text = (
            "#if A\nint f(int a)\n{\n#else\nint f(void)\n{\n#endif\n    g();\n}\n"
            "int h(void)\n{\n}\n"
        )
        self.assertEqual(self.functions(text), [("f", 2, 9), ("h", 10, 12)])

    def test_of_a_conditional_between_functions_each_branch_is_read(self):
        text = (
            "#if A\nint f(void)\n{\n}\n#elif B\nint g(void)\n{\n}\n#endif\n"
            "#if 0\nint h(void)\n{\n}\n#endif\n"
        )
        self.assertEqual([name for name, _, _ in self.functions(text)], ["f", "g"])

    def test_a_test_has_the_name_that_its_macro_is_given(self):
        text = "START_TEST(it_holds)\n{\n    ck(1);\n}\nEND_TEST\n\nstatic int g(void)\n{\n}\n"
        self.assertEqual(self.functions(text), [("it_holds", 1, 4), ("g", 7, 9)])

    def test_what_surrounds_a_name_does_not_hide_it(self):
        text = (
            "MUST_CHECK int f(void) PRINTF(1, 2);\n"
            "PRINTF(1, 2) void g(const char *format, ...);\n"
            'extern "C" {\nint __attribute__((noreturn)) h(int (*each)(int a, int b), int c);\n}\n'
        )
        found = [(one.name, one.parameters) for one in file_of(text, "a/x.h").prototypes]
        self.assertEqual(found, [("f", 0), ("g", 2), ("h", 2)])

    def test_sizes_are_ranked(self):
        body = "int f{0}({1})\n{{\n{2}}}\n"
        functions = "".join(body.format(n, "int a", "    g();\n" * n) for n in range(10))
        row = product_of({"a/x.c": functions, "a/y.c": "int y;\n", "a/x.h": "int z;\n\n\n"})
        lines = [row[f".c lines {which}"] for which in ("median", "p90", "max")]
        self.assertEqual([row[".c files"], *lines], [2, 38, 75, 75])
        self.assertEqual([row[".h files"], row[".h lines max"]], [1, 3])
        lines = [row[f"function lines {which}"] for which in ("median", "p90", "p99", "max")]
        self.assertEqual([row["functions"], *lines], [10, 7.5, 11, 12, 12])
        self.assertEqual([row["parameters median"], row["parameters max"]], [1, 1])


class WordsTest(unittest.TestCase):
    def contracts(self, text):
        file = file_of(text, "a/x.h")
        return [file.contracts[one] for one in file.prototypes]

    def test_comment_lines_are_those_that_nothing_is_left_of(self):
        text = '/* one\n * two */\n\nint a; /* beside */\n// three\nchar *b = "/* no */";\n'
        self.assertEqual(shape.comment_lines(text), (5, 3))
        self.assertEqual(product_of({"a/x.c": text})[".c comments %"], 60)
        self.assertEqual(product_of({"a/x.h": text})[".h comments %"], 60)

    def test_a_comment_directly_before_is_a_contract(self):
        text = "/* Do it. */\nint f(void);\nint g(void);\n"
        self.assertEqual(self.contracts(text), ["own", None])
        self.assertEqual(self.contracts("/* One.\n * Two. */\nint\nf(void);\n"), ["own"])

    def test_a_comment_further_up_or_behind_other_text_is_none(self):
        self.assertEqual(self.contracts("/* Of this file. */\n\nint f(void);\n"), [None])
        self.assertEqual(self.contracts("int a; /* of a */\nint f(void);\n"), [None])

    def test_a_heading_is_no_contract(self):
        self.assertEqual(self.contracts("/* ---- life ---- */\nint f(void);\n"), [None])
        self.assertEqual(self.contracts("/* life.c */\nint f(void);\n"), [None])
        self.assertEqual(self.contracts("/***/\nint f(void);\n"), [None])
        self.assertEqual(self.contracts("/** Do it. */\nint f(void);\n"), ["own"])

    def test_a_comment_on_the_last_line_is_counted_apart(self):
        self.assertEqual(self.contracts("int f(int a,\n      int b); /* do */\n"), ["trailing"])
        self.assertEqual(self.contracts("int f(int a, /* of */\n      int b);\n"), [None])

    def test_a_comment_before_a_block_counts_for_those_it_names(self):
        block = (
            "/* add() adds, sub() subtracts. */\n"
            "int add(void);\nint sub(void);\nint mul(void);\n"
        )
        self.assertEqual(self.contracts(block), ["own", "own", None])
        self.assertEqual(self.contracts(block.replace("sub()", "m*()")), ["own", None, "own"])
        self.assertEqual(self.contracts(block + "\nint sub(int a);\n")[3], None)

    def test_shares_are_of_what_headers_offer_and_of_statics_in_sources(self):
        row = product_of(
            {
                "a/x.h": "/* Do it. */\nint f(void);\nint g(void); /* too */\nint h(void);\n"
                "int i(void);\n/* Own. */\nstatic inline int j(void)\n{\n}\n",
                "a/x.c": "int k(void);\n/* Helps. */\nstatic void l(void)\n{\n}\n\nstatic void "
                "m(void)\n{\n}\n/* Not static. */\nvoid n(void)\n{\n}\n",
            }
        )
        self.assertEqual([row["prototypes"], row["statics"]], [5, 2])
        self.assertEqual([row["contracts own %"], row["contracts trailing %"]], [40, 20])
        self.assertEqual(row["statics with comment %"], 50)


class JoinsTest(unittest.TestCase):
    def circles(self, files):
        return tree_of(files).joins[shape.PRODUCT].circles

    def test_files_that_call_each_other_are_a_circle(self):
        files = {
            "a/x.c": "int x(void)\n{\n    return y();\n}\n",
            "a/y.c": "int y(void)\n{\n    return z();\n}\n",
            "b/z.c": "int z(void)\n{\n    return x();\n}\n",
            "b/below.c": "int below(void)\n{\n    return 0;\n}\n",
            "b/above.c": "int above(void)\n{\n    return x() + below();\n}\n",
        }
        self.assertEqual(self.circles(files), [["a/x.c", "a/y.c", "b/z.c"]])
        rows = tree_of(files).rows
        self.assertEqual(rows["a"]["files in circles"], 2)
        self.assertEqual(rows["b"]["files in circles %"], 33.3)
        self.assertEqual([rows[folder]["circles"] for folder in ("a", "b", "product")], [1, 1, 1])

    def test_a_table_and_a_macro_of_a_header_name_functions_too(self):
        files = {
            "a/x.c": "int x(void)\n{\n    CHECK(1);\n}\n",
            "a/x.h": "#define CHECK(c) \\\n    FAILED(c)\n#define FAILED(c) failed(c)\n",
            "a/failed.c": "int failed(void)\n{\n}\nstatic struct row rows[] = {{1, x}};\n",
        }
        self.assertEqual(self.circles(files), [["a/failed.c", "a/x.c"]])

    def test_statics_members_and_tags_join_nothing(self):
        files = {
            "a/x.c": "static int own(void)\n{\n}\nint x(struct y *p)\n{\n    own();\n"
            "    p->y = q.y;\n    struct y z;\n}\n",
            "a/y.c": "int y(void)\n{\n    return x();\n}\nint own(void)\n{\n}\n",
        }
        self.assertEqual(self.circles(files), [])

    def test_of_a_name_with_two_homes_the_near_one_is_meant(self):
        files = {
            "a/x.c": "int x(void)\n{\n    return port();\n}\n",
            "a/port.c": "int port(void)\n{\n    return x();\n}\n",
            "b/port.c": "int port(void)\n{\n    return x();\n}\n",
        }
        self.assertEqual(self.circles(files), [["a/port.c", "a/x.c"]])

    def test_names_that_stand_in_two_files_are_found(self):
        text = "struct page {\n    int a;\n};\nstruct page;\nstatic int add(struct page *p)\n{\n}\n"
        other = "struct page *open(void);\nstatic int add(void)\n{\n}\nint open(void)\n{\n}\n"
        joins = tree_of({"a/x.c": text, "b/y.c": text, "c/z.c": other}).joins[shape.PRODUCT]
        self.assertEqual(joins.statics, {"add": ["a/x.c", "b/y.c", "c/z.c"]})
        self.assertEqual(joins.tags, {"page": ["a/x.c", "b/y.c"]})

    def test_six_equal_lines_in_two_places_are_twins(self):
        one = f"int f(void)\n{{\n{TWIN}}}\n"
        other = f"int g(void)\n{{\n{TWIN.replace('   ', '/* so */  ')}\n    end();\n}}\n"
        tree = tree_of({"a/x.c": one, "b/y.c": other})
        self.assertEqual(tree.rows[shape.PRODUCT]["twin lines"], 12)
        runs = shape.runs(tree.joins[shape.PRODUCT].twins["a/x.c"])
        self.assertEqual(runs, [(3, 8, ("b/y.c", 3))])
        self.assertEqual(product_of({"a/x.c": one + other})["twin lines"], 12)

    def test_five_lines_a_test_and_brackets_alone_are_no_twins(self):
        five = "".join(TWIN.splitlines(True)[:5])
        self.assertEqual(product_of({"a/x.c": five, "b/y.c": five})["twin lines"], 0)
        brackets = "#include <stdio.h>\n{\n}\n" * 6
        self.assertEqual(product_of({"a/x.c": brackets, "b/y.c": brackets})["twin lines"], 0)
        self.assertEqual(product_of({"a/x.c": TWIN, "tests/x.c": TWIN})["twin lines"], 0)
        self.assertEqual(product_of({"a/x.c": "    run();\n" * 8})["twin lines"], 0)

    def test_public_functions_without_a_user_are_found(self):
        files = {
            "a/x.h": "int used(void);\nint dead(void);\nint tested(void);\nint macro(void);\n"
            "#define M macro()\nint missing(void);\n",
            "a/x.c": "int used(void)\n{\n}\nint dead(void)\n{\n    return dead();\n}\n"
            "#if A\nint tested(void)\n{\n}\n#endif\n"
            "int tested(void)\n{\n}\nint macro(void)\n{\n}\nint private(void)\n{\n}\n",
            "a/y.c": "/* dead() */ static int (*f)(void) = used;\n",
            "tests/x.c": "int main(void)\n{\n    return tested() + used();\n}\n",
        }
        tree = tree_of(files)
        self.assertEqual(tree.joins[shape.PRODUCT].nobody, [("dead", "a/x.c")])
        self.assertEqual(tree.joins[shape.PRODUCT].tests_only, [("tested", "a/x.c")])
        row = tree.rows[shape.PRODUCT]
        self.assertEqual([row["unused by all"], row["used by tests only"]], [1, 1])


class CommandTest(unittest.TestCase):
    def run_shape(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            status = shape.main(list(arguments))
        return status, out.getvalue()

    def test_rows_are_folders_as_deep_as_is_asked(self):
        files = {"a/b/x.c": "int x;\n", "a/y.c": "int y;\n", "tests/b/x.c": "int z;\n"}
        self.assertEqual(list(tree_of(files).rows), ["a", "product", "tests"])
        self.assertEqual(list(tree_of(files, 2).rows), ["a", "a/b", "product", "tests"])

    def test_tests_are_known_by_their_folder_or_their_name(self):
        files = {"a/tests/x.c": "", "a/test_y.c": "", "a/y_test.h": "", "a/testing.c": ""}
        tree = tree_of(files)
        self.assertEqual(tree.rows[shape.PRODUCT][".c files"], 1)
        self.assertEqual([tree.rows[shape.TESTS][f"{kind} files"] for kind in (".c", ".h")], [2, 1])

    def test_a_tree_is_printed_with_its_names_or_as_json(self):
        with tempfile.TemporaryDirectory() as root:
            plant(root, {"a/x.h": "int f(void);\n", "a/x.c": "int f(void)\n{\n}\n"})
            status, text = self.run_shape("-v", root)
            self.assertEqual(status, 0)
            self.assertIn("used by nobody: f of a/x.c\n", text)
            self.assertIn("without a contract: a/x.h:1 f\n", text)
            _, text = self.run_shape("--json", root)
            self.assertEqual(json.loads(text)[os.path.basename(root)]["a"]["functions"], 1)

    def test_trees_are_compared_side_by_side(self):
        with tempfile.TemporaryDirectory() as root:
            names = [os.path.join(root, name) for name in ("one", "two", "three")]
            plant(root, {f"{name}/x.c": "int x;\n" * (n + 1) for n, name in enumerate(names)})
            _, text = self.run_shape("--compare", *names[:2], "--models", names[2])
            self.assertEqual(text.split("\n")[0].split(), ["product", "one", "two", "three"])
            self.assertIn([".c", "lines", "max", "1", "2", "3"], map(str.split, text.split("\n")))

    @unittest.skipUnless(shutil.which("git"), "needs git")
    def test_a_commit_is_measured_as_it_was(self):
        with tempfile.TemporaryDirectory() as root:
            plant(root, {"a/x.c": "int x;\n"})
            git = ["git", "-C", root, "-c", "user.name=t", "-c", "user.email=t@t"]
            for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "t: t"]):
                subprocess.run(git + command, check=True)
            plant(root, {"a/y.c": "int y;\n"})
            here = os.getcwd()
            os.chdir(root)
            try:
                _, text = self.run_shape("--json", "--at", "HEAD")
                _, side = self.run_shape("--compare", "HEAD", ".")
            finally:
                os.chdir(here)
            self.assertEqual(json.loads(text)["HEAD"]["a"][".c files"], 1)
            self.assertIn([".c", "files", "1", "2"], map(str.split, side.split("\n")))

    def test_a_tree_without_c_is_refused(self):
        with tempfile.TemporaryDirectory() as root, contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(self.run_shape(root)[0], 1)


if __name__ == "__main__":
    unittest.main()
