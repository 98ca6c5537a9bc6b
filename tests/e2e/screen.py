#!/usr/bin/env python3
"""A terminal for tests: runs a program in it, sends keys, and shows what stands on the screen.

    with Screen(argv, rows, columns, env) as screen:
        screen.wait("text")          until the text stands somewhere; fails after some seconds
        screen.keys("s")
        screen.resize(10, 40)
        screen.lines()               as strings, right blanks stripped

It knows what ncurses writes for TERM=vt100, and fails for any other sequence: so a program that
hands a stranger's escape sequence on is found.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

WAIT_S = 20
SEQUENCE = re.compile(rb"\x1b(?:\[([?0-9;]*)([A-Za-z])|([()][AB012])|([78=>DMEc]))")


class Screen:
    def __init__(self, argv, rows=24, columns=80, env=None, draws=True):
        self.draws = draws  # False: bytes alone are kept, of a kind of terminal that is not known
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.marks = [[""] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.mark = ""
        self.top, self.bottom = 0, rows - 1
        self.pending = b""
        self.bytes = b""
        self.code = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.clear()
            os.environ.update(env or {})
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            try:
                os.execvp(argv[0], argv)
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    # ---- what the program writes

    def scroll(self):
        del self.cells[self.top], self.marks[self.top]
        self.cells.insert(self.bottom, [" "] * self.columns)
        self.marks.insert(self.bottom, [""] * self.columns)

    def scroll_back(self):
        del self.cells[self.bottom], self.marks[self.bottom]
        self.cells.insert(self.top, [" "] * self.columns)
        self.marks.insert(self.top, [""] * self.columns)

    def put(self, character):
        if self.column == self.columns:  # the wrap of a line that is full
            self.column = 0
            self.down()
        self.cells[self.row][self.column] = character
        self.marks[self.row][self.column] = self.mark
        self.column += 1

    def down(self):
        if self.row == self.bottom:
            self.scroll()
        elif self.row < self.rows - 1:
            self.row += 1

    def erase(self, row, begin, end):
        for column in range(begin, end):
            self.cells[row][column] = " "
            self.marks[row][column] = ""

    def control(self, byte):
        if byte == 0x0D:
            self.column = 0
        elif byte == 0x0A:
            self.down()
        elif byte == 0x08:
            self.column = max(0, min(self.column, self.columns - 1) - 1)
        elif byte == 0x09:
            self.column = min(self.columns - 1, (self.column // 8 + 1) * 8)
        elif byte not in (0x00, 0x07, 0x0E, 0x0F):
            raise AssertionError(f"a control character {byte:#x} came through")

    def sequence(self, match):
        parameters, final, charset, single = match.groups()
        if charset or single in (b"7", b"8", b"=", b">"):
            return
        if single == b"M":
            if self.row == self.top:
                self.scroll_back()
            else:
                self.row -= 1
            return
        if single == b"D":
            self.down()
            return
        if single:
            raise AssertionError(f"a sequence {match.group(0)!r} came through")
        if parameters.startswith(b"?"):
            return
        numbers = [int(n) if n else 0 for n in parameters.split(b";")]
        first = max(1, numbers[0])
        here = min(self.column, self.columns - 1)
        if final == b"H":
            self.row = min(first, self.rows) - 1
            self.column = min(max(1, numbers[1] if len(numbers) > 1 else 1), self.columns) - 1
        elif final == b"J":
            self.erase(self.row, here if numbers[0] == 0 else 0, self.columns)
            for row in range(self.row + 1 if numbers[0] == 0 else 0, self.rows):
                self.erase(row, 0, self.columns)
        elif final == b"K":
            begin = here if numbers[0] == 0 else 0
            end = here + 1 if numbers[0] == 1 else self.columns
            self.erase(self.row, begin, end)
        elif final == b"m":
            self.mark = "" if numbers[-1:] == [0] else parameters.decode()
        elif final == b"r":
            self.top = first - 1
            self.bottom = (numbers[1] if len(numbers) > 1 and numbers[1] else self.rows) - 1
            self.row = self.column = 0
        elif final == b"A":
            self.row = max(0, self.row - first)
        elif final == b"B":
            self.row = min(self.rows - 1, self.row + first)
        elif final == b"C":
            self.column = min(self.columns - 1, here + first)
        elif final == b"D":
            self.column = max(0, here - first)
        else:
            raise AssertionError(f"a sequence {match.group(0)!r} came through")

    def take(self, data):
        self.bytes += data
        if not self.draws:
            return
        data = self.pending + data
        self.pending = b""
        while data:
            if data[:1] == b"\x1b":
                match = SEQUENCE.match(data)
                if not match:
                    if len(data) > 32:
                        raise AssertionError(f"a sequence {data[:32]!r} came through")
                    self.pending = data
                    return
                self.sequence(match)
                data = data[match.end():]
            elif data[0] < 0x20 or data[0] == 0x7F:
                self.control(data[0])
                data = data[1:]
            else:
                length = 1 if data[0] < 0x80 else 2 if data[0] < 0xE0 else 3
                if len(data) < length:
                    self.pending = data
                    return
                self.put(data[:length].decode())
                data = data[length:]

    # ---- what a test does

    def read(self, wait_s=0.1):
        """Take what the program has written; False: it has ended."""
        end = time.monotonic() + wait_s
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return True
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.take(data)

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]

    def text(self):
        return "\n".join(self.lines())

    def wait(self, pattern, wait_s=WAIT_S):
        """Wait until a line fits the pattern; returns the match."""
        end = time.monotonic() + wait_s
        while True:
            found = re.search(pattern, self.text(), re.M)
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"{pattern!r} does not come:\n{self.text()}")
            if not self.read() and not re.search(pattern, self.text(), re.M):
                raise AssertionError(f"{pattern!r} does not come, and it has ended:\n{self.text()}")

    def until(self, truth, what, wait_s=WAIT_S):
        """Wait until truth() holds: a screen is drawn piece by piece."""
        end = time.monotonic() + wait_s
        while not truth():
            if time.monotonic() > end or (not self.read() and not truth()):
                raise AssertionError(f"{what}\n{self.text()}")

    def keys(self, text):
        os.write(self.fd, text.encode())

    def resize(self, rows, columns):
        """What stood there is drawn anew by the program."""
        self.read(0.2)
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.marks = [[""] * columns for _ in range(rows)]
        self.row = self.column = self.top = 0
        self.bottom = rows - 1
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def mode(self):
        """The settings of the terminal: a program that ends leaves them as they were."""
        return termios.tcgetattr(self.fd)

    def end(self, wait_s=WAIT_S):
        """Wait until the program ends; returns its exit code, or minus its signal."""
        end = time.monotonic() + wait_s
        while time.monotonic() < end:
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.read()
                self.code = os.waitstatus_to_exitcode(status)
                return self.code
        raise AssertionError(f"it does not end:\n{self.text()}")
