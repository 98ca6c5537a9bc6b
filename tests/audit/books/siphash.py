"""SipHash-2-4 of bytes, of 64 bits."""
import struct

MASK = (1 << 64) - 1


def siphash(key, data):
    k0, k1 = struct.unpack("<QQ", key)
    a = k0 ^ 0x736f6d6570736575
    b = k1 ^ 0x646f72616e646f6d
    c = k0 ^ 0x6c7967656e657261
    d = k1 ^ 0x7465646279746573
    size = len(data)
    last = data[size & ~7:] + bytes(7 - size % 8) + bytes([size & 255])
    words = struct.unpack(f"<{size // 8}Q", data[:size & ~7]) + struct.unpack("<Q", last)
    # Each step is two rounds around a word; written out, as calls would double the time.
    for word in words:
        d ^= word
        a = (a + b) & MASK
        c = (c + d) & MASK
        b = ((b << 13 | b >> 51) & MASK) ^ a
        d = ((d << 16 | d >> 48) & MASK) ^ c
        a = ((a << 32 | a >> 32) & MASK) + d & MASK
        c = (c + b) & MASK
        b = ((b << 17 | b >> 47) & MASK) ^ c
        d = ((d << 21 | d >> 43) & MASK) ^ a
        c = (c << 32 | c >> 32) & MASK
        a = (a + b) & MASK
        c = (c + d) & MASK
        b = ((b << 13 | b >> 51) & MASK) ^ a
        d = ((d << 16 | d >> 48) & MASK) ^ c
        a = ((a << 32 | a >> 32) & MASK) + d & MASK
        c = (c + b) & MASK
        b = ((b << 17 | b >> 47) & MASK) ^ c
        d = ((d << 21 | d >> 43) & MASK) ^ a
        c = (c << 32 | c >> 32) & MASK
        a ^= word
    c ^= 255
    for _ in range(4):
        a = (a + b) & MASK
        c = (c + d) & MASK
        b = ((b << 13 | b >> 51) & MASK) ^ a
        d = ((d << 16 | d >> 48) & MASK) ^ c
        a = ((a << 32 | a >> 32) & MASK) + d & MASK
        c = (c + b) & MASK
        b = ((b << 17 | b >> 47) & MASK) ^ c
        d = ((d << 21 | d >> 43) & MASK) ^ a
        c = (c << 32 | c >> 32) & MASK
    return a ^ b ^ c ^ d
