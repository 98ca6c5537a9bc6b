#!/usr/bin/env python3
"""Play a transcript of tests/sdk/spritely over several sites.

    transcript.py SERAI WORK BUILD TRANSCRIPT SERVER CLIENT [DOOR VIA]

Agents that name another one in their arguments (bob=@other) are deployed at site CLIENT, all others
at SERVER; names of sites are folders of WORK.  With a DOOR, a client reaches what it names through
the wire agent behind that number, over the links VIA.  What each agent writes after a command has
to be what the transcript says; in what order different agents write is not looked at.
"""
import json
import os
import re
import subprocess
import sys
import time

SERAI, WORK, BUILD, PATH, SERVER, CLIENT = sys.argv[1:7]
DOOR, VIA = (sys.argv[7:9] + [None, None])[:2]
SECONDS = 20
# Agents of one customer have names of their own, and a transcript may be played again.
TAG = f"t{os.getpid()}-{SERVER}{CLIENT}"


class Player:
    def __init__(self, name, site, module, args):
        self.site = site
        text = serai(site, "agent", "deploy", module, "--name", f"{TAG}-{name}", "--money", "0.3",
                     "--json", *(["--args", args] if args else []))
        self.agent = str(json.loads(text)["agent"])
        self.seen = 0

    def lines(self):
        """What it wrote, and what its site wrote of it."""
        text = serai(self.site, "agent", "logs", self.agent, "--json", "--limit", "256")
        rows = [json.loads(line) for line in text.splitlines()]
        return [("" if row["by"] == "agent" else "*") + plain(row["text"]) for row in rows]

    def numbers(self):
        return [line[7:] for line in self.lines() if line.startswith("number ")]

    def new_lines(self, count):
        """The lines since the last call, as soon as there are that many, and a moment later."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found = [line for line in self.lines() if not line.startswith("number ")]
            if len(found) >= self.seen + count:
                break
            time.sleep(0.05)
        new = found[self.seen:]
        self.seen = len(found)
        return new


def serai(site, *words):
    done = subprocess.run([SERAI, *words, "--site", f"{WORK}/{site}"], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{PATH}: serai {' '.join(words)}: {done.stderr}")
    return done.stdout


def plain(text):
    """A line of the site as a transcript has it: without the place in the program."""
    return re.sub(r", in function .*?; fuel and fees stand", "", text)


def find(number_of, players):
    name, _, index = number_of.partition(".")
    return players[name].numbers()[int(index or 1) - 1]


def deploy(words, players):
    name, program, *args = words
    named = any("@" in arg for arg in args)
    args = [re.sub(r"@([a-z.0-9]+)", lambda m: find(m.group(1), players), arg) for arg in args]
    if named and DOOR:
        args += [f"door={DOOR}", f"via={VIA}"]
    module = f"{BUILD}/sdk/examples/spritely/{program}.wasm"
    players[name] = Player(name, CLIENT if named else SERVER, module, " ".join(args))


def send(words, players):
    name, *text = words
    serai(players[name].site, "agent", "send", players[name].agent, " ".join(text))


def commands():
    """Each command with the lines that follow it."""
    command, lines = None, []
    for line in open(PATH, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("#"):
            continue
        if line.startswith("$ "):
            if command:
                yield command, lines
            command, lines = line[2:].split(), []
        else:
            lines.append(line)
    yield command, lines


def check(lines, players, command):
    expected = {name: [] for name in players}
    for line in lines:
        name, _, text = line.partition(": ")
        expected[name.lstrip("*")].append(("*" if name[0] == "*" else "") + text)
    for name, texts in expected.items():
        found = players[name].new_lines(len(texts))
        if sorted(found) != sorted(texts):
            sys.exit(f"{PATH}: after {' '.join(command)}, {name} writes {found}, not {texts}")


def main():
    players = {}
    for (verb, *words), lines in commands():
        if verb == "deploy":
            deploy(words, players)
        elif verb in ("send", "queue"):
            send(words, players)
        elif verb != "turns" and verb != "restart":
            sys.exit(f"{PATH}: {verb} is not played over sites")
        if verb not in ("turns", "queue"):
            check(lines, players, [verb, *words])


main()
