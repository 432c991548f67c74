"""nb_fp16_fma_pipe, the area baseline: lint; its bits in Icarus and as gates of yosys, clock by clock,
against exact fractions, with loads and swaps of b in between; all products of significands; and a
proof that the rest of it equals fp16_fma for all operands.
"""
import functools
import random
import unittest

import fma_pipe_case
from rtl_case import HERE, RTL, SOURCE, make_vectors, run

MODULE = "nb_fp16_fma_pipe"


def special_triples(rng):
    """The operands of the vectors of `nibblesim validate`, and cancellations down to one unit."""
    text = (SOURCE / "tests/sim/driver/validate/vectors/fma.csv").read_text()
    triples = [tuple(int(field, 16) for field in line.split(",")[1:4])
               for line in text.splitlines()[1:]]
    for _ in range(500):
        a, b = (make_vectors.near(rng, 0x3FFF, 1) | 0x1FF ^ rng.getrandbits(2)
                for _ in range(2))
        product = make_vectors.fma(a, b, 0)
        triples.append((a, b, (product ^ 0x8000) + rng.randint(-1, 1) & 0xFFFF))
    return triples


@functools.lru_cache
def all_clocks():
    rng = random.Random("fma pipe")
    triples = special_triples(rng)
    clocks = fma_pipe_case.Clocks(lambda _e5m2, code: code)

    def clock(load, b, swap, a, c):
        clocks.add(load, (0, b), swap, (0, a), c)

    # A new b every clock: written at one edge, copied at the next, used in the clock after that.
    codes = [b for _, b, _ in triples]
    clock(1, codes[0], 0, 0, 0)
    clock(1, codes[1], 1, 0, 0)
    for i, (a, _, c) in enumerate(triples):
        clock(1, codes[min(i + 2, len(codes) - 1)], 1, a, c)
    for _ in range(6000):
        a = rng.getrandbits(16) if rng.random() < 0.2 else make_vectors.near(rng, 0x3E00, 12)
        c = fma_pipe_case.addend(rng, make_vectors.fma(a, clocks.active[1], 0), 12)
        clock(rng.random() < 0.3, make_vectors.near(rng, 0x3E00, 12), rng.random() < 0.3, a, c)
    return clocks


class Fp16FmaPipe(fma_pipe_case.FmaPipeCase):
    module = MODULE
    sources = sorted(RTL.glob(f"{MODULE}*.sv"))

    def clocks(self):
        return all_clocks()

    def test_every_product_in_icarus(self):
        output = self.folder / "products"
        run("iverilog", "-g2012", "-s", "fp16_fma_pipe_products_tb", "-o", output,
            HERE / "fp16_fma_pipe_products_tb.sv", RTL / f"{MODULE}_product.sv",
            RTL / f"{MODULE}_row.sv")
        self.assertEqual(run("vvp", "-n", output).split()[-4:],
                         ["MISMATCHES", "0", "OF", "262144"])

    def test_all_but_the_product_is_proved(self):
        self.prove("fp16_fma_pipe_proof")

    def test_three_stages_as_gates(self):
        self.as_gates(3)


if __name__ == "__main__":
    unittest.main()
