"""Tables and figure of rtl/README.md: throughput per area of 4-bit columns against FP16, what a MAC takes."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "studies"), str(HERE.parent / "energy")]

from cell_library import LIBRARIES  # noqa: E402
from density import COMMON_CLOCK_NS, Library, at_clock, best  # noqa: E402
from designs import DOT_LANES, LANES, RTL  # noqa: E402
from figure import Figure, style  # noqa: E402
import energy_page  # noqa: E402
import markdown  # noqa: E402

PAGE = RTL / "README.md"
FIGURE = RTL / "figures/density.svg"
TILES = {"tile": "INT4 and FP4", "int4_tile": "INT4 alone", "fp4_tile": "FP4 alone"}


class Comparison:
    """The columns of one library, and the baselines that they are divided by."""

    def __init__(self, name):
        self.library = Library(name)
        self.clock_ns = COMMON_CLOCK_NS[name]
        self.fma = [point for points in self.library.multiply_adds("fp16").values()
                    for point in points]
        self.dots = {lanes: self.library.dot_products(lanes) for lanes in DOT_LANES}

    def strongest(self, lanes):
        """The multiply-adds, and the dot product of as many lanes or of the nearest number."""
        nearest = min(DOT_LANES, key=lambda one: abs(one - lanes))
        return self.fma + self.dots[nearest]

    def ratios(self, points, lanes):
        """Throughput per area over FMA and over the strongest baseline, at the common clock; then
        each at its own."""
        same, own = at_clock(points, self.clock_ns), best(points)
        for rivals in (self.fma, self.strongest(lanes)):
            yield at_clock(rivals, self.clock_ns).area / same.area
        for rivals in (self.fma, self.strongest(lanes)):
            yield own.density() / best(rivals).density()


def _row(comparison, name, points, lanes, is_baseline=False):
    same, own = at_clock(points, comparison.clock_ns), best(points)
    ratios = [f"{ratio:.1f}" for ratio in comparison.ratios(points, lanes)]
    if is_baseline:
        ratios[0] = ratios[2] = ""
    parts = [f"{same.parts[part]:,.0f}" for part in ("adders", "flip_flops", "logic", "row")]
    return [name, str(lanes), *parts, f"{same.area:,.0f}", same.recipe, *ratios[:2],
            f"{own.area:,.0f}", f"{own.clock_ns:.1f}", *ratios[2:]]


def table(name):
    comparison = Comparison(name)
    clock = f"{comparison.clock_ns:g} ns"
    heads = ["column", "lanes", "adders", "flip-flops", "logic", "row", f"area at {clock}", "recipe",
             "x FMA", "x strongest", "area at its best clock", "clock, ns", "x FMA", "x strongest"]
    rows = [_row(comparison, f"{TILES[tile]}", comparison.library.tile_columns(tile, lanes), lanes)
            for tile in TILES for lanes in LANES]
    rows += [_row(comparison, f"FP16 FMA, {stages} stage{'s' * (stages > 1)}", points, 1, True)
             for stages, points in comparison.library.multiply_adds("fp16").items()
             if at_clock(points, comparison.clock_ns)]
    rows += [_row(comparison, "FP16 dot product", points, lanes, True)
             for lanes, points in comparison.dots.items()]
    return markdown.table(heads, rows)


def shares(name):
    """What rounding and accumulating take of a column, by the units synthesised alone."""
    comparison = Comparison(name)
    library = comparison.library
    rows = []
    for lanes in LANES:
        column = at_clock(library.tile_columns("tile", lanes), comparison.clock_ns).area
        rounder, adder = (at_clock(library.columns_and_row(unit, 0.0, lanes), comparison.clock_ns).area
                          for unit in (f"chunk_rounder_{lanes}", "fp16_adder"))
        rows.append([str(lanes), f"{column:,.0f}", f"{rounder:,.0f}", f"{adder:,.0f}",
                     f"{100 * (rounder + adder) / column:.0f} %"])
    return markdown.table(["lanes", "area", "chunk rounder", "fp16 adder", "share of both"], rows,
                          words=0)


def draw(path=FIGURE):
    path.parent.mkdir(exist_ok=True)
    figure = Figure(path, 900, 420, 1, 2, "4-bit columns against an FP16 FMA and an FP16 dot product of as many lanes; cells without wires")
    for name, node in LIBRARIES.items():
        comparison = Comparison(name)
        figure.set(f"title '{name} ({node[0]} nm), one clock of {comparison.clock_ns:g} ns' font ',11'",
                   "xlabel 'lanes of a column'", "ylabel 'throughput per area, ratio'",
                   "logscale x 2", "xrange [3.5:75]", "yrange [0:14]",
                   "xtics (4, 8, 16, 32, 64)", "key left top font ',11'")
        curves = []
        for i, (tile, title) in enumerate(TILES.items()):
            ratios = {lanes: list(comparison.ratios(comparison.library.tile_columns(tile, lanes),
                                                    lanes)) for lanes in LANES}
            curves.append((f"{title} / FMA", style(i),
                           [(lanes, ratio[0]) for lanes, ratio in ratios.items()]))
            if tile == "tile":
                curves.append((f"{title} / dot product", style(i, dash=2),
                               [(lanes, ratios[lanes][1]) for lanes in DOT_LANES]))
        curves.append(("7.3, SUN 2020", "with lines lc rgb '#808080' dt 3",
                       [(3.5, 7.3), (75, 7.3)]))
        figure.plot(curves)
    figure.draw()


def page(text):
    """The page with its tables as the data is now."""
    tables = {f"density {name}": (lambda name=name: table(name)) for name in LIBRARIES}
    return markdown.filled(text, {**tables, "density shares": lambda: shares("osu018"),
                                  "energy osu018": lambda: energy_page.table("osu018")})


def write():
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    draw()
