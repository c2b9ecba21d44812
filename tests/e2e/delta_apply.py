#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Applies a patch: written from docs/spec/delta.md alone, to check the specification.

delta_apply.py OLD PATCH RESULT
"""
import hashlib
import struct
import sys

SHIFTS = [1, 2, 2, 3, 3, 4, 4, 5]


class Decoder:
    def __init__(self, stream):
        self.stream = stream
        self.at = 5
        self.range = 2**32 - 1
        self.code = int.from_bytes(stream[:5], "big")
        self.states = {}
        self.z = [0, 0]
        self.changed = 0

    def refill(self):
        while self.range < 2**24:
            byte = self.stream[self.at] if self.at < len(self.stream) else 0
            self.at += 1
            self.range *= 256
            self.code = self.code * 256 + byte

    def bit(self, *name):
        p, n = self.states.get(name, (4096, 0))
        share = self.range // 8192 * p
        if self.code < share:
            bit, self.range = 0, share
            p += (8192 - p) >> SHIFTS[n]
        else:
            bit, self.code, self.range = 1, self.code - share, self.range - share
            p -= p >> SHIFTS[n]
        self.states[name] = (p, min(n + 1, 7))
        self.refill()
        return bit

    def even(self):
        self.range //= 2
        bit = int(self.code >= self.range)
        self.code -= bit * self.range
        self.refill()
        return bit

    def number(self, k):
        high = 0
        while high < 31 and self.bit("number", k, high):
            high += 1
        value = 1
        for _ in range(high):
            value = 2 * value + self.even()
        return value - 1

    def tree(self, *name):
        node = 1
        while node < 256:
            node = 2 * node + self.bit(*name, node)
        return node - 256

    def difference(self):
        z = 0
        if self.bit("change", self.changed):
            z = self.tree("value", sum(self.z) > 8)
        self.changed = (2 * self.changed + (z != 0)) % 16
        self.z = [z, self.z[0]]
        return signed(z)


def signed(z):
    return -(z + 1) // 2 if z % 2 else z // 2


def main():
    old = open(sys.argv[1], "rb").read()
    patch = open(sys.argv[2], "rb").read()
    magic, base_bytes, result_bytes, patch_bytes = struct.unpack_from("<4sIII", patch)
    assert magic == b"KLD1" and base_bytes == len(old) and patch_bytes == len(patch)
    assert patch[16:48] == hashlib.sha256(old).digest(), "another base"
    decoder = Decoder(patch[80:])
    result = bytearray()
    base_at = 0
    while len(result) < result_bytes:
        copy = decoder.number(0)
        if copy:
            base_at += signed(decoder.number(1))
            for byte in old[base_at : base_at + copy]:
                result.append((byte + decoder.difference()) % 256)
            base_at += copy
        if len(result) < result_bytes:
            for _ in range(decoder.number(2)):
                result.append(decoder.tree("literal"))
    assert patch[48:80] == hashlib.sha256(result).digest(), "another result"
    open(sys.argv[3], "wb").write(result)


if __name__ == "__main__":
    main()
