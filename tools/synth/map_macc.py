#!/usr/bin/env python3
"""Maps the $macc cells of a yosys netlist (JSON) to full and half adder cells of osu018.

usage: map_macc.py IN.json OUT.json

yosys collects a sum of many terms in one $macc cell (pass alumacc), but its own mapping fills the
free slots of its tree with high bits, 2^i times each (maccmap, version 0.23): 278 full adders for 64
nibbles where 246 suffice. Here each place takes three bits at a time, the earliest first, until one
is left: no more full adders than bits that must vanish, at most one half adder a place.
Sums with products are left to maccmap.
"""
import heapq
import json
import sys


class MaccCell:
    """The operands of a $macc cell, decoded from its parameter CONFIG (yosys kernel/macc.h)."""

    def __init__(self, cell):
        self._config = [bit == "1" for bit in reversed(cell["parameters"]["CONFIG"])]
        self._at = 0
        bits = cell["connections"]["A"]
        width = self._take(4)
        self.operands = []  # (bits of a, bits of b, signed, subtracted)
        used = 0
        while used < len(bits):
            signed, subtracted = self._take(1), self._take(1)
            size_a, size_b = self._take(width), self._take(width)
            a, b = bits[used : used + size_a], bits[used + size_a : used + size_a + size_b]
            self.operands.append((a, b, signed, subtracted))
            used += size_a + size_b
        self.single_bits = cell["connections"]["B"]
        self.result = cell["connections"]["Y"]

    def _take(self, count):
        bits = self._config[self._at : self._at + count]
        self._at += count
        return sum(bit << i for i, bit in enumerate(bits))


class ModuleMapper:
    def __init__(self, module):
        self.module = module
        self.alias = {}
        used = [bit for net in module["netnames"].values() for bit in net["bits"]]
        self.next_bit = 1 + max(bit for bit in used if isinstance(bit, int))
        self.cells = 0

    def run(self):
        maccs = [name for name, cell in self.module["cells"].items() if cell["type"] == "$macc"]
        for name in maccs:
            macc = MaccCell(self.module["cells"][name])
            if any(b for _, b, _, _ in macc.operands):
                continue
            del self.module["cells"][name]
            self._add(macc)
        self._replace_aliases()

    def _new_bit(self):
        self.next_bit += 1
        return self.next_bit - 1

    def _cell(self, kind, inputs, outputs):
        self.cells += 1
        pins = {**inputs, **outputs}
        self.module["cells"][f"$map_macc${self.cells}"] = {
            "hide_name": 1,
            "type": kind,
            "parameters": {},
            "attributes": {},
            "port_directions": {pin: "input" if pin in inputs else "output" for pin in pins},
            "connections": {pin: [bit] for pin, bit in pins.items()},
        }

    def _invert(self, bit):
        if bit in ("0", "1"):
            return "1" if bit == "0" else "0"
        inverted = self._new_bit()
        self._cell("$_NOT_", {"A": bit}, {"Y": inverted})
        return inverted

    def _places(self, macc):
        """Per place of the result the bits to add; a subtrahend is inverted, plus one."""
        width = len(macc.result)
        places = [[] for _ in range(width)]
        constant = 0
        terms = [([bit], False) for bit in macc.single_bits]
        for a, _, signed, subtracted in macc.operands:
            a = (a + [a[-1] if signed else "0"] * width)[:width]
            terms.append(([self._invert(bit) for bit in a] if subtracted else a, subtracted))
        for bits, subtracted in terms:
            constant += subtracted
            for i, bit in enumerate(bits):
                if bit == "1":
                    constant += 1 << i
                elif bit != "0":
                    places[i].append(bit)
        for i in range(width):
            if constant >> i & 1:
                places[i].append("1")
        return places

    def _add(self, macc):
        places = [[(0, i, bit) for i, bit in enumerate(bits)] for bits in self._places(macc)]
        order = 1_000_000  # ties: what came first
        for i, place in enumerate(places):
            heapq.heapify(place)
            while len(place) > 1:
                taken = [heapq.heappop(place) for _ in range(min(3, len(place)))]
                total, carry = self._new_bit(), self._new_bit()
                inputs = dict(zip("ABC", (bit for _, _, bit in taken)))
                self._cell("FAX1" if len(taken) == 3 else "HAX1", inputs, {"YS": total, "YC": carry})
                order += 1
                depth = taken[-1][0] + 1
                heapq.heappush(place, (depth, order, total))
                if i + 1 < len(places):
                    heapq.heappush(places[i + 1], (depth, order, carry))
            self.alias[macc.result[i]] = place[0][2] if place else "0"

    def _replace_aliases(self):
        def final(bit):
            while bit in self.alias:
                bit = self.alias[bit]
            return bit

        for cell in self.module["cells"].values():
            for pin, bits in cell["connections"].items():
                cell["connections"][pin] = [final(bit) for bit in bits]
        for net in list(self.module["netnames"].values()) + list(self.module["ports"].values()):
            net["bits"] = [final(bit) for bit in net["bits"]]


def main():
    with open(sys.argv[1], encoding="utf-8") as source:
        design = json.load(source)
    for module in design["modules"].values():
        if any(cell["type"] == "$macc" for cell in module["cells"].values()):
            ModuleMapper(module).run()
    with open(sys.argv[2], "w", encoding="utf-8") as target:
        json.dump(design, target)


main()
