#!/usr/bin/env python3
"""A wire that can be cut: forwards TCP connections from one port to another of this machine.

    proxy.py LISTEN_PORT TARGET_PORT

Takes commands from its input, one a line, until that ends:

    cut SECONDS          break all connections and take none for so long
    swallow 1            let nothing through and break no connection, like a pulled cable; 0 ends
                         that
    delay SECONDS        hold every piece back for so long, each way; 0 ends that
    random MEAN SEED     break all connections now and then, so many seconds apart on average, in
                         half of the cases for up to a second; a mean of 0 ends that

It says "ready" when it listens, and "cut" for each cut.
"""
import asyncio
import random
import sys

PIECE = 16384


class Proxy:
    def __init__(self, target):
        self.target = target
        self.writers = set()
        self.cut_until = 0.0
        self.delay = 0.0
        self.swallows = False
        self.chaos = None

    @staticmethod
    def now():
        return asyncio.get_running_loop().time()

    async def pump(self, reader, writer):
        while piece := await reader.read(PIECE):
            if self.swallows:
                continue
            if self.delay > 0:
                await asyncio.sleep(self.delay)
            writer.write(piece)
            await writer.drain()

    async def serve(self, reader, writer):
        if self.now() < self.cut_until:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, back}
        self.writers |= pair
        try:
            ways = {asyncio.ensure_future(self.pump(reader, back)),
                    asyncio.ensure_future(self.pump(there, writer))}
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self.writers -= pair
            for end in pair:
                end.transport.abort()

    def cut(self, seconds):
        self.cut_until = self.now() + seconds
        for writer in list(self.writers):
            writer.transport.abort()
        print("cut", flush=True)

    async def cut_at_random(self, mean, rng):
        while True:
            await asyncio.sleep(rng.expovariate(1 / mean))
            self.cut(rng.choice((0.0, rng.random())))

    def command(self, words):
        if words[0] == "cut":
            self.cut(float(words[1]))
        elif words[0] == "swallow":
            self.swallows = words[1] == "1"
        elif words[0] == "delay":
            self.delay = float(words[1])
        elif words[0] == "random":
            if self.chaos is not None:
                self.chaos.cancel()
            self.chaos = None
            if float(words[1]) > 0:
                work = self.cut_at_random(float(words[1]), random.Random(words[2]))
                self.chaos = asyncio.ensure_future(work)
        else:
            raise SystemExit(f"proxy.py: what is {words[0]}?")


async def main():
    proxy = Proxy(int(sys.argv[2]))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", int(sys.argv[1]))
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("ready", flush=True)
    async with server:
        while line := await commands.readline():
            if words := line.decode().split():
                proxy.command(words)


asyncio.run(main())
