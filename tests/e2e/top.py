#!/usr/bin/env python3
"""What a person sees of `serai top` in a terminal; top.sh has made the site.

    top.py SERAI MARK      MARK is a file: touched when the site is to be stopped and started again
"""
import os
import re
import signal
import subprocess
import sys
import time

from screen import Screen

serai, site, mark = sys.argv[1], os.environ["SERAI_SITE"], sys.argv[2]
checks = 0


def top(rows=24, columns=80, term="vt100", interval="0.2", **more):
    env = {"TERM": term, "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "SERAI_SITE": site}
    env.update(more)
    return Screen([serai, "top", "--interval", interval], rows, columns, env, draws=term == "vt100")


def holds(what, truth, screen):
    global checks
    checks += 1
    if not truth:
        raise SystemExit(f"FAILED: {what}\n{screen.text()}")


def comes(what, truth, screen):
    global checks
    checks += 1
    try:
        screen.until(truth, what)
    except AssertionError as wrong:
        raise SystemExit(f"FAILED: {wrong}")


def order(screen):
    """The names of the agents, from above."""
    return re.findall(r"^ *\d+ (busy|idle|rich) ", screen.text(), re.M)


def test_screen():
    with top() as screen:
        before = screen.mode()
        screen.wait(r"^revenue 0\.\d+/h  earned")
        screen.wait(r"^ *\d+ busy .* 0\.0\d+")
        comes("money is the second line", lambda: screen.lines()[1].startswith("revenue"), screen)
        holds("no line is wider", all(len(line) <= 80 for line in screen.lines()), screen)
        comes("the keys are last", lambda: "q quit" in screen.lines()[23], screen)
        comes("who burns most is first", lambda: order(screen)[:1] == ["busy"], screen)
        screen.keys("b")
        screen.wait(r"BALANCE\*")
        comes("who has most is first", lambda: order(screen)[:1] == ["rich"], screen)
        screen.keys("r")
        screen.wait(r"by balance \(turned\)")
        comes("and last, turned round", lambda: order(screen)[-1:] == ["rich"], screen)
        screen.keys("/ri")
        screen.wait(r"filter: ri_")
        screen.keys("\r")
        screen.wait(r"only ri ")
        comes("the filter hides the others", lambda: order(screen) == ["rich"], screen)
        screen.keys("\x1b")
        screen.wait(r"/ filter")
        screen.keys("c")
        screen.keys("r")
        screen.wait(r"BURN/h\*")
        screen.keys("u")
        screen.wait(r"BURN/d\*")
        screen.keys("w")
        screen.wait(r"w now")
        screen.keys("?")
        screen.wait(r"^Enter +follow")
        screen.keys("?")
        screen.wait(r"BURN/d\*")
        screen.keys("q")
        holds("q ends it with 0", screen.end() == 0, screen)
        holds("the terminal is as it was", screen.mode() == before, screen)


def test_follow():
    with top() as screen:
        screen.wait(r"^ *\d+ busy .* 0\.0\d+")
        screen.keys("g\r")
        found = screen.wait(r"^agent:(\d+) busy  customer:4096  running")
        holds("the first row is followed", int(found[1]) > 4096, screen)
        screen.wait(r"^ *\d+ +-0\.0+\d* to   revenue:compute +compute +\d+$")
        first = screen.wait(r"^ *(\d+) +-.*\n.*\nEsc back")[1]
        end = time.monotonic() + 20
        while screen.wait(r"^ *(\d+) +[-+].*\nEsc back")[1] == first:
            holds("new lines come", time.monotonic() < end, screen)
            screen.read()
        screen.keys("\x1b")
        screen.wait(r"BURN/h\*")
        screen.keys("q")
        holds("q ends it", screen.end() == 0, screen)


def test_lines():
    """Lines that came since the last look are there once, when their agent is followed and when
    it is followed again."""
    with top(interval="60") as screen:
        screen.wait(r"^ *\d+ rich")
        subprocess.run([serai, "agent", "send", "rich", "hello"], check=True, capture_output=True)
        screen.keys("/rich\r\r")
        screen.wait(r"^agent:\d+ rich ")
        screen.wait(r"^ *\d+ +-0\.0+\d* to   revenue:compute +compute +\d+$")
        screen.read(0.5)
        frames = [int(frame) for frame in re.findall(r"^ *(\d+) +[-+]", screen.text(), re.M)]
        holds("each frame is after the one above it", frames == sorted(frames), screen)
        screen.keys("\x1b")
        screen.wait(r"only rich ")
        screen.keys("\r")
        screen.wait(r"^ *\d+ +\+3\.0+ from customer:4096 +endowment")
        screen.keys("q")
        holds("q ends it", screen.end() == 0, screen)


def test_sizes():
    with top() as screen:
        screen.wait(r"^ *\d+ busy")
        screen.resize(12, 44)
        screen.wait(r"^ *\d+ busy")
        comes("the keys are in the last row", lambda: "q quit" in screen.lines()[11], screen)
        screen.resize(5, 20)
        screen.wait(r"^too small")
        screen.resize(40, 160)
        screen.wait(r"CUSTOMER")
        screen.keys("q")
        holds("q ends it", screen.end() == 0, screen)


def test_looks():
    colour = re.compile(rb"\x1b\[[0-9;]*3[0-7]m")
    for no_colour in ("1", ""):
        with top(NO_COLOR=no_colour, term="xterm-256color") as screen:
            end = time.monotonic() + 20
            while b"busy" not in screen.bytes and time.monotonic() < end:
                screen.read()
            screen.read(0.5)
            holds("colours, unless none is wanted",
                  bool(colour.search(screen.bytes)) == (no_colour == ""), screen)
    with top(LANG="C") as screen:
        screen.wait(r"^ *\d+ busy")
        holds("nothing but ASCII", all(byte < 0x80 for byte in screen.bytes), screen)
        screen.keys("q")
        screen.end()
    for term in ("dumb", "unknown-kind"):
        with top(term=term) as screen:
            code = screen.end()
            holds(f"{term} is refused", code == 64 and "--once" in screen.bytes.decode(), screen)


def test_signals():
    for number, keys in ((signal.SIGINT, "\x03"), (signal.SIGTERM, None), (signal.SIGHUP, None)):
        with top() as screen:
            before = screen.mode()
            screen.wait(r"^ *\d+ busy")
            if keys:
                screen.keys(keys)
            else:
                os.kill(screen.pid, number)
            holds(f"{number!r} ends it with 0", screen.end() == 0, screen)
            holds(f"{number!r} leaves the terminal as it was", screen.mode() == before, screen)


def test_outage():
    with top() as screen:
        screen.wait(r"^ *\d+ busy")
        open(mark + ".stop", "w").close()
        screen.wait(r"no answer for \d+s, trying again$")
        screen.wait(r"^no site answers at")
        comes("what was known stays", lambda: "busy" in screen.text(), screen)
        open(mark + ".start", "w").close()
        screen.wait(r"  running$")
        screen.wait(r"^turns \d+\.\d/s")
        screen.keys("q")
        holds("q ends it", screen.end() == 0, screen)


for test in (test_screen, test_follow, test_lines, test_sizes, test_looks, test_signals,
             test_outage):
    test()
print(checks)
