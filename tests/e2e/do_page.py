#!/usr/bin/env python3
"""Do what a page says, and compare what each command prints with what the page shows.

    do_page.py TREE BUILD PAGE FOLDER

A block of code after a line that is a file's name alone, `hello.c`:, goes into that file.  An
indented line that begins with $ is a command, and the indented lines after it are what it prints.
All commands are given to one shell, in FOLDER, where sdk and build/dev lead to those of the TREE.

What is another thing each time is not compared: keys, hashes, times of the clock and of the site.
An amount may be off by what rent is for a while.  A line "..." stands for any number of lines.
"""
import os
import re
import subprocess
import sys
import time

TREE, BUILD, PAGE, FOLDER = sys.argv[1:5]
SECONDS = 15         # how long a list may take to become what the page shows
NANOS_OFF = 3000     # rent of a minute or so
COMMANDS_MIN = 5

NOT_HERE = re.compile(r"make |apt |\$EDITOR|sudo |systemctl |journalctl ")
READS = re.compile(r"serai (agent (ls|logs|show|statement)|ledger|audit|heap|events|customer ls|"
                   r"call ls|cap ls)")
AMOUNT = re.compile(r"\d+\.\d{9}")
VARIES = re.compile("|".join([
    r"^ +\d+(?=  (turn|request|tick) )",  # the frame of a line
    r"[0-9a-f]{64}",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    r"\d+\.\d{6}(?!\d)",
    r"frame \d+",
]))


class Command:
    def __init__(self, line):
        self.line = line
        self.shows = []


def read_page():
    """The files and the commands of the page."""
    files, commands = {}, []
    name, inside, shows = None, False, False
    for line in open(PAGE, encoding="utf-8").read().splitlines():
        named = re.fullmatch(r"`([a-z0-9-]+\.(?:c|json))`:", line)
        if line.startswith("```"):
            name = None if inside else name
            inside = not inside
        elif inside:
            if name:
                files.setdefault(name, []).append(line)
        elif named:
            name = named.group(1)
        elif commands and commands[-1].line.endswith("\\") and line.startswith("    "):
            commands[-1].line += "\n" + line.strip()
        elif line.startswith("    $ "):
            commands.append(Command(line[6:]))
            shows = True
        elif line.startswith("    ") and shows:
            commands[-1].shows.append(line[4:])
        else:
            shows = False
    return files, [c for c in commands if not NOT_HERE.match(c.line)]


def is_line(found, expected):
    """Whether a line is as the page has it, as far as it is the same each time."""
    if re.sub(VARIES, "~", found) == re.sub(VARIES, "~", expected):
        return True
    amounts = [(int(a.replace(".", "")), int(b.replace(".", "")))
               for a, b in zip(AMOUNT.findall(found), AMOUNT.findall(expected))]
    found, expected = (re.sub(VARIES, "~", re.sub(AMOUNT, "#", text))
                       for text in (found, expected))
    return found == expected and all(abs(a - b) <= NANOS_OFF for a, b in amounts)


def is_shown(found, expected):
    if not expected:
        return not found
    if expected[0] == "...":
        return any(is_shown(found[i:], expected[1:]) for i in range(len(found) + 1))
    return bool(found) and is_line(found[0], expected[0]) and is_shown(found[1:], expected[1:])


class Shell:
    def __init__(self):
        self.ends, told = os.pipe()
        env = dict(os.environ, PATH=f"{BUILD}/site:{TREE}/sdk:{os.environ['PATH']}", TOLD=str(told))
        self.bash = subprocess.Popen(["bash"], stdin=subprocess.PIPE, text=True, cwd=FOLDER,
                                     pass_fds=[told], env=env)
        os.close(told)
        self.count = 0

    def run(self, line):
        """Give a command; returns its exit code and what it printed."""
        self.count += 1
        said = f"{FOLDER}/{self.count}.said"
        self.bash.stdin.write(f"{{ {line}\n}} >{said} 2>&1; echo $? >&$TOLD\n")
        self.bash.stdin.flush()
        code = int(os.read(self.ends, 16) or b"1")
        if line.endswith("&"):  # it says when it is ready
            wait_for(lambda: os.path.getsize(said) > 0)
        return code, open(said, encoding="utf-8", errors="replace").read().splitlines()

    def end(self):
        self.bash.stdin.write('kill $(jobs -p) 2>/dev/null; wait\n')
        self.bash.stdin.close()
        self.bash.wait()


def wait_for(condition):
    end = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)


def complain(command, code, found):
    return "\n".join([f"{PAGE}: {command.line}", f"exits {code} and prints", *found,
                      "and the page shows", *command.shows])


def play(shell, command):
    """Give one command; None, or what is wrong with it."""
    end = time.monotonic() + SECONDS
    while True:
        code, found = shell.run(command.line)
        while found and not found[0]:
            found.pop(0)
        if not command.shows and code == 0:
            return None
        if command.shows and is_shown(found, command.shows):
            return None  # what fails may be what the page shows
        if not READS.match(command.line) or time.monotonic() > end:
            return complain(command, code, found)
        time.sleep(0.2)


def main():
    files, commands = read_page()
    os.makedirs(f"{FOLDER}/build")
    os.symlink(BUILD, f"{FOLDER}/build/dev")
    os.symlink(f"{TREE}/sdk", f"{FOLDER}/sdk")
    for name, lines in files.items():
        with open(f"{FOLDER}/{name}", "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
    if len(commands) < COMMANDS_MIN:
        sys.exit(f"{PAGE}: only {len(commands)} commands are found")
    shell = Shell()
    wrong = None
    for command in commands:
        wrong = play(shell, command)
        if wrong:
            break
    shell.end()
    for name in files:
        if not wrong and name.endswith(".c") and not os.path.exists(f"{FOLDER}/{name[:-2]}.wasm"):
            wrong = f"{PAGE}: {name} is shown and never built"
    if wrong:
        sys.exit(wrong)
    print(f"{PAGE}: {len(commands)} commands do what the page says")


main()
