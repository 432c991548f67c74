"""Maps the $macc cells of a yosys netlist to full and half adder cells.

yosys collects a sum of many terms in one $macc cell (pass alumacc), but its own mapping fills the
free slots of its tree with high bits, 2^i times each (maccmap, version 0.23): 278 full adders for 64
nibbles where 246 suffice. Here each place takes three bits at a time, the earliest first, until one
is left: no more full adders than bits that must vanish, at most one half adder a place.

Products of signed operands are left to maccmap.
"""
import heapq


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


class MaccMapper:
    def __init__(self, editor):
        self.editor = editor
        self.alias = {}

    def run(self):
        cells = self.editor.cells
        for name in [name for name, cell in cells.items() if cell["type"] == "$macc"]:
            macc = MaccCell(cells[name])
            if any(b and signed for _, b, signed, _ in macc.operands):
                continue
            self.editor.remove_cell(name)
            for result, bit in zip(macc.result, self._sum(self._places(macc))):
                self.alias[result] = bit
        self.editor.replace_bits(self._final)

    def _gate(self, kind, *inputs):
        output = self.editor.new_bit()
        self.editor.add_cell(f"$_{kind}_", dict(zip("AB", inputs)), {"Y": output})
        return output

    def _invert(self, bit):
        if bit in ("0", "1"):
            return "1" if bit == "0" else "0"
        return self._gate("NOT", bit)

    def _and(self, a, b):
        if "0" in (a, b):
            return "0"
        return b if a == "1" else a if b == "1" else self._gate("AND", a, b)

    def _places(self, macc):
        """Per place of the result the bits to add; a subtrahend is inverted, plus one."""
        width = len(macc.result)
        terms = [([bit], False) for bit in macc.single_bits]
        for a, b, signed, subtracted in macc.operands:
            if b:  # row by row
                terms += [(["0"] * i + [self._and(bit, factor) for bit in a], subtracted)
                          for i, factor in enumerate(b)]
            else:
                terms.append((a + [a[-1] if signed else "0"] * width, subtracted))
        places = [[] for _ in range(width)]
        constant = 0
        for bits, subtracted in terms:
            constant += subtracted
            bits = (bits + ["0"] * width)[:width]
            for i, bit in enumerate(self._invert(bit) for bit in bits) if subtracted else enumerate(bits):
                if bit == "1":
                    constant += 1 << i
                elif bit != "0":
                    places[i].append(bit)
        for i in range(width):
            if constant >> i & 1:
                places[i].append("1")
        return places

    def _add(self, bits):
        """Sum and carry of two or three bits, one maybe a constant one."""
        variable = [bit for bit in bits if bit != "1"]
        if len(variable) == 1:
            return self._gate("NOT", *variable), variable[0]
        if len(variable) < len(bits):
            return self._gate("XNOR", *variable), self._gate("OR", *variable)
        total, carry = self.editor.new_bit(), self.editor.new_bit()
        self.editor.add_cell("FAX1" if len(bits) == 3 else "HAX1", dict(zip("ABC", bits)),
                             {"YS": total, "YC": carry})
        return total, carry

    def _sum(self, places):
        """The bits of the result."""
        places = [[(0, i, bit) for i, bit in enumerate(bits)] for bits in places]
        order = 1_000_000  # ties: what came first
        result = []
        for i, place in enumerate(places):
            heapq.heapify(place)
            while len(place) > 1:
                taken = [heapq.heappop(place) for _ in range(min(3, len(place)))]
                total, carry = self._add([bit for _, _, bit in taken])
                order += 1
                depth = taken[-1][0] + 1
                heapq.heappush(place, (depth, order, total))
                if i + 1 < len(places):
                    heapq.heappush(places[i + 1], (depth, order, carry))
            result.append(place[0][2] if place else "0")
        return result

    def _final(self, bit):
        while bit in self.alias:
            bit = self.alias[bit]
        return bit


def map_macc(editor):
    if any(cell["type"] == "$macc" for cell in editor.cells.values()):
        MaccMapper(editor).run()
