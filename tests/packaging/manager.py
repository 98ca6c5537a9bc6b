#!/usr/bin/env python3
"""Stands in for a service manager: runs COMMAND with a socket for its messages.

    manager.py LOG WATCHDOG_USEC ABSTRACT(0|1) COMMAND...

Each message is a line of LOG, its fields joined by "|".  With ABSTRACT the socket has no path.
SIGTERM goes on to the command; its exit code is ours.
"""
import os
import signal
import socket
import subprocess
import sys
import threading

log, watchdog_us, abstract, command = sys.argv[1], sys.argv[2], sys.argv[3] == "1", sys.argv[4:]
name = f"@serai-manager-{os.getpid()}" if abstract else log + ".sock"
END = "the command has ended"
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind("\0" + name[1:] if abstract else name)


def listen():
    with open(log, "a", encoding="utf-8") as out:
        while True:
            message = sock.recv(4096).decode()
            if message == END:
                return
            out.write(message.replace("\n", "|") + "\n")
            out.flush()


listener = threading.Thread(target=listen)
listener.start()
environment = dict(os.environ, NOTIFY_SOCKET=name)
if watchdog_us != "0":
    environment["WATCHDOG_USEC"] = watchdog_us
child = subprocess.Popen(command, env=environment)
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda got, frame: child.send_signal(got))
code = child.wait()
# What it sent last is read before this ends.
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(
    END.encode(), "\0" + name[1:] if abstract else name)
listener.join()
if not abstract:
    os.unlink(name)
sys.exit(code if code >= 0 else 128 - code)
