#!/usr/bin/env python3
"""Write the declarations of the guest ABI in Rust and AssemblyScript, from sdk/abi.h.

usage: bindings.py [--check]

The files are kept in the tree, so that a crate or package needs no Python.  With --check nothing is
written: the status is 1 when one of them is not what this writes.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
RUST = HERE / "rust/src/abi.rs"
ASSEMBLYSCRIPT = HERE / "assemblyscript/abi.ts"
NOTE = "// Written by sdk/bindings.py from sdk/abi.h, which describes each of them: change that.\n"

# C types of parameters and fields, their letter in the table, and what other languages call them.
TYPES = {
    "int32_t": ("i", "i32", "i32"),
    "int64_t": ("l", "i64", "i64"),
    "uint64_t": ("l", "u64", "u64"),
    "void *": ("i", "*mut u8", "usize"),
    "const void *": ("i", "*const u8", "usize"),
    "const int32_t *": ("i", "*const i32", "usize"),
    "uint64_t *": ("i", "*mut u64", "usize"),
    "struct serai_event *": ("i", "*mut Event", "usize"),
    "struct serai_leash *": ("i", "*mut Leash", "usize"),
}
# Pointers without a size of their own: what they point at is as long as this bound.
FIXED = {"number": "HEAP_NUMBER_BYTES", "id": "CODE_ID_BYTES", "code_id": "CODE_ID_BYTES",
         "key": "SITE_KEY_BYTES"}
# Words that are a parameter here and a keyword there.
KEYWORDS = {"self": "own", "interface": "interface_number"}


def read_constants(text):
    """Every enumerator of the header: a list of (enum's name or None, [(name, value), ...])."""
    known = {}
    enums = []
    for match in re.finditer(r"\benum(?:\s+(\w+))?\s*\{([^{}#]*)\}", text):
        items = []
        value = -1
        for item in filter(None, map(str.strip, match.group(2).split(","))):
            name, _, expression = map(str.strip, item.partition("="))
            value = eval(expression, {}, known) if expression else value + 1  # our own header
            known[name] = value
            items.append((name.removeprefix("SERAI_"), value))
        enums.append((match.group(1), items))
    return enums


def read_structs(text):
    """A list of (name, [(field, type, how many)])."""
    structs = []
    for match in re.finditer(r"\bstruct serai_(\w+)\s*\{([^{}]*)\}", text):
        fields = []
        for field in filter(None, map(str.strip, match.group(2).split(";"))):
            kind, name, count = re.fullmatch(r"(\w+) (\w+)(?:\[(\d+)\])?", field).groups()
            fields.append((name, kind, int(count or 1)))
        structs.append((match.group(1).capitalize(), fields))
    return structs


def read_orders(text):
    """A list of (number, name, [(parameter, C type)]); each type has the letter of the table."""
    orders = []
    table = text[text.index("#define SERAI_ORDERS(X)"):text.index("enum serai_order")]
    table = re.sub(r"\\\n", " ", table)
    for match in re.finditer(r'X\((\d+), (\w+), "(\w+)", \w+,\s*\(([^()]*)\)\)', table):
        number, name, letters, prototype = match.groups()
        parameters = []
        for parameter in prototype.split(","):
            kind, parameter = re.fullmatch(r"\s*(.*?)\s*(\w+)\s*", parameter).groups()
            parameters.append((parameter, kind))
        if "".join(TYPES[kind][0] for _, kind in parameters) != letters:
            sys.exit(f"bindings.py: the letters of {name} are not those of its prototype")
        if int(number) != len(orders):
            sys.exit(f"bindings.py: {name} is order {number}, and should be {len(orders)}")
        orders.append((int(number), name, parameters))
    count = re.search(r"SERAI_ORDER_COUNT = (\d+)", text)
    if len(orders) != int(count.group(1)):
        sys.exit("bindings.py: not every order of the table was understood")
    return orders


def safe_parameters(parameters):
    """What a safe function of Rust takes: (its parameters, what it hands to the order)."""
    takes = []
    gives = []
    rest = list(parameters)
    while rest:
        name, kind = rest.pop(0)
        mine = KEYWORDS.get(name, name)
        if "*" not in kind:
            takes.append(f"{mine}: {TYPES[kind][1]}")
            gives.append(mine)
            continue
        const = kind.startswith("const")
        way = "&" if const else "&mut "
        pointer = ".as_ptr()" if const else ".as_mut_ptr()"
        if name in FIXED:
            takes.append(f"{mine}: {way}[u8; {FIXED[name]} as usize]")
            gives.append(mine + pointer)
        elif "struct" in kind or kind == "uint64_t *":
            takes.append(f"{mine}: &mut {TYPES[kind][1].removeprefix('*mut ')}")
            gives.append(mine)
        else:
            # The next number is the size, wherever it stands.
            size = next(i for i, (other, _) in enumerate(rest)
                        if other in ("size", f"{name}_size", f"{name.removesuffix('s')}_count"))
            takes.append(f"{mine}: {way}[{'i32' if 'int32_t' in kind else 'u8'}]")
            gives.append(mine + pointer)
            between = rest[:size]
            for other, other_kind in between:
                takes.append(f"{other}: {TYPES[other_kind][1]}")
                gives.append(other)
            gives.append(f"size_of_slice({mine}.len())")
            rest = rest[size + 1:]
    return takes, gives


def wrap(head, items, tail, width=100):
    """`head(items)tail` on one line, or with an item a line."""
    line = f"{head}({', '.join(items)}){tail}"
    if len(line) <= width:
        return line + "\n"
    indent = " " * (len(head) - len(head.lstrip()) + 4)
    return f"{head}(\n" + "".join(f"{indent}{item},\n" for item in items) \
        + " " * (len(indent) - 4) + f"){tail}\n"


def bytes_of(fields):
    """The size of a struct; every field of ours lies at a multiple of its size."""
    return sum(int(TYPES[kind][1][1:]) // 8 * count for _, kind, count in fields)


def rust(enums, structs, orders):
    out = [NOTE, "\n//! The guest ABI: constants, and each order as a function.\n\n"]
    for name, items in enums:
        if name == "serai_order":
            continue
        out += [f"pub const {item}: i32 = {value};\n" for item, value in items]
        out.append("\n")
    for name, fields in structs:
        out.append("#[repr(C)]\n#[derive(Clone, Copy, Default)]\n")
        out.append(f"pub struct {name} {{\n")
        for field, kind, count in fields:
            word = TYPES[kind][1]
            out.append(f"    pub {field}: {word if count == 1 else f'[{word}; {count}]'},\n")
        out.append("}\n\n")
        size = f"core::mem::size_of::<{name}>() == {bytes_of(fields)}"
        out.append(f"const _: () = assert!({size});\n\n")
    out.append("/// The orders as the site offers them.\npub mod raw {\n")
    out.append("    use super::{Event, Leash};\n\n")
    out.append('    #[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "serai"))]\n')
    out.append('    extern "C" {\n')
    for _, name, parameters in orders:
        items = [f"{KEYWORDS.get(p, p)}: {TYPES[kind][1]}" for p, kind in parameters]
        out.append(wrap(f"        pub fn {name}", items, " -> i64;"))
    out.append("    }\n}\n\n")
    out.append("/// A slice as an order takes it: none of the memory of 32 bits is longer.\n")
    out.append("#[inline(always)]\nfn size_of_slice(size: usize) -> i32 {\n    size as i32\n}\n")
    for number, name, parameters in orders:
        takes, gives = safe_parameters(parameters)
        out.append(f"\n/// Order {number}.\n#[inline(always)]\n")
        out.append(wrap(f"pub fn {name}", takes, " -> crate::Answer {"))
        call = f"    crate::answer(unsafe {{ raw::{name}({', '.join(gives)}) }})\n"
        if len(call) > 100:
            call = "    let result = unsafe {\n" + wrap(f"        raw::{name}", gives, "") \
                + "    };\n    crate::answer(result)\n"
        out.append(call + "}\n")
    return "".join(out)


def assemblyscript(enums, structs, orders):
    out = [NOTE, "\n"]
    for name, items in enums:
        if name == "serai_order":
            continue
        out += [f"export const {item}: i32 = {value};\n" for item, value in items]
        out.append("\n")
    for name, fields in structs:
        out.append(f"export const {name.upper()}_BYTES: i32 = {bytes_of(fields)};\n\n")
        out.append(f"@unmanaged\nexport class {name} {{\n")
        for field, kind, count in fields:
            for i in range(count):
                out.append(f"  {field}{i if count > 1 else ''}: {TYPES[kind][2]} = 0;\n")
        out.append("}\n\n")
    for number, name, parameters in orders:
        items = [f"{KEYWORDS.get(p, p)}: {TYPES[kind][2]}" for p, kind in parameters]
        out.append(f'// Order {number}.\n@external("serai", "{name}")\n')
        out.append(wrap(f"export declare function {name}", items, ": i64;"))
    return "".join(out)


def main():
    text = (HERE / "abi.h").read_text()
    text = re.sub(r"/\*.*?\*/", lambda found: re.sub(r"[^\n\\]", " ", found.group()), text,
                  flags=re.S)
    enums, structs, orders = read_constants(text), read_structs(text), read_orders(text)
    wrong = False
    for path, words in ((RUST, rust(enums, structs, orders)),
                        (ASSEMBLYSCRIPT, assemblyscript(enums, structs, orders))):
        if sys.argv[1:] != ["--check"]:
            path.write_text(words)
        elif not path.is_file() or path.read_text() != words:
            print(f"sdk/{path.relative_to(HERE)} is not what sdk/bindings.py makes of sdk/abi.h: "
                  "run it")
            wrong = True
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
