"""nb_fp8_fma_pipe, the HFP8 baseline: lint; its bits in Icarus and as gates of yosys, clock by clock,
against exact fractions, with loads and swaps of b in between; all pairs of operands of all formats;
and a proof that behind the decoders the rest equals fp16_fma for all exponents, all products of
significands and all addends.
"""
import functools
import random
import unittest

import fma_pipe_case
from rtl_case import RTL, make_vectors

MODULE = "nb_fp8_fma_pipe"
FORMATS = ((3, 11), (2, 15))  # mantissa bits and bias of 1-4-3 and 1-5-2
ADDENDS = 1  # of a pair of operands; signs only XOR, so four of a pair of magnitudes


@functools.lru_cache(None)
def fp16(e5m2, code):
    """The fp16 code of an fp8 code, as NUMERICS section 6 defines it."""
    mantissa_bits, bias = FORMATS[e5m2]
    magnitude = code & 0x7F
    if magnitude == 0x7F:
        return make_vectors.NAN
    field, mantissa = magnitude >> mantissa_bits, magnitude & (1 << mantissa_bits) - 1
    fraction = make_vectors.Fraction(mantissa, 1 << mantissa_bits)
    if field == 0:
        value = make_vectors.Fraction(2) ** (1 - bias) * fraction
    else:
        value = make_vectors.Fraction(2) ** (field - bias) * (1 + fraction)
    converted = make_vectors.nearest(-value if code & 0x80 else value)
    assert abs(make_vectors.value(converted)) == value, "every fp8 number is an fp16 number"
    return converted


def addend(rng, product):
    return fma_pipe_case.addend(rng, product, 13)


@functools.lru_cache
def all_clocks():
    rng = random.Random("fp8 fma pipe")
    clocks = fma_pipe_case.Clocks(fp16)
    for i in range(6000):
        load, swap = (rng.random() < 0.4 or i == 0), (rng.random() < 0.4 or i == 1)
        a, b = ((rng.getrandbits(1), rng.getrandbits(8)) for _ in range(2))
        if clocks.active is None:
            c = rng.getrandbits(16)
        elif rng.random() < 0.1:
            c = rng.choice(make_vectors.SPECIALS)
        else:
            c = addend(rng, make_vectors.fma(fp16(*a), fp16(*clocks.active), 0))
        clocks.add(load, b, swap, a, c)
    return clocks


def pair_vectors():
    """Addend and result of fp8_fma_pipe_pairs_tb. Operands with the same product take turns in the
    same addends, whose results are computed once."""
    rng = random.Random("fp8 pairs")
    values = [[make_vectors.value(fp16(e5m2, code)) for code in range(256)] for e5m2 in (0, 1)]
    # Exact integers are quicker to multiply: every fp8 number is one in units of 2^-16.
    units = [[None if value is None else int(value * 65536) for value in row] for row in values]
    cache, lines = {}, []

    def cases(product):
        if product is None:
            return [f"{c:04x}7fff" for c in (0, 0x3E00, 0xFFFE)]
        exact = make_vectors.Fraction(product, 1 << 32)
        code = make_vectors.nearest(exact)
        found = []
        for i in range(7):
            c = rng.choice(make_vectors.SPECIALS) if i == 0 else addend(rng, code)
            value = make_vectors.value(c)
            result = make_vectors.NAN if value is None else make_vectors.nearest(exact + value)
            found.append(f"{c:04x}{result:04x}")
        return found

    turn = 0
    for a_format in units:
        for b_format in units:
            for b in b_format:
                for a in a_format:
                    product = None if a is None or b is None else a * b
                    if product not in cache:
                        cache[product] = cases(product)
                    found = cache[product]
                    for _ in range(ADDENDS):
                        turn += 1
                        lines.append(found[turn % len(found)])
    return "\n".join(lines) + "\n"


class Fp8FmaPipe(fma_pipe_case.FmaPipeCase):
    module = MODULE
    sources = sorted([*RTL.glob(f"{MODULE}*.sv"), *RTL.glob("nb_fp16_fma_pipe_*.sv")])
    defines = ("-DFP8",)

    def clocks(self):
        return all_clocks()

    def test_every_pair_in_icarus(self):
        self.simulate("fp8_fma_pipe_pairs_tb", self.sources, pair_vectors(),
                      f"-Pfp8_fma_pipe_pairs_tb.Addends={ADDENDS}")

    def test_all_but_the_product_is_proved(self):
        self.prove("fp8_fma_pipe_proof")

    def test_two_stages_as_gates(self):
        self.as_gates(2)


if __name__ == "__main__":
    unittest.main()
