"""gradients.csv of `nibblesim train --gradient-steps` and curve.csv, as figures and table need them."""
import csv

from runner import ROOT

FIGURES = ROOT / "models/training/figures"
SETTLED = 150  # the learning rate has risen
ALL = "all"  # the layer's name of means over layers
SHORTCUT, LAST = ".shortcut", "fc"


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_csv(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def measured_steps(folder):
    return {int(row["step"]) for row in read_csv(folder / "gradients.csv")}


def keep_gradients(source, target, quantities=None):
    """All rows, but of histograms and thresholds, which are many, those of the first, the middle and the
    last step alone. Or only the rows of some quantities."""
    rows = read_csv(source)
    steps = sorted({int(row["step"]) for row in rows})
    few = {str(steps[i]) for i in (0, len(steps) // 2, -1)}
    write_csv(target, [row for row in rows
                       if (quantities is None or row["quantity"] in quantities)
                       and (row["quantity"] not in ("histogram", "threshold_error")
                            or row["step"] in few)])


def keep_curve(source, target):
    """The columns of gradscales."""
    write_csv(target, [{name: value for name, value in row.items()
                        if name == "step" or name.startswith("gradscale.")}
                       for row in read_csv(source)])


def key_of(number):
    """As the program writes a level or a threshold."""
    return f"{number:.6g}"


class GradientData:
    """`paper` and `fp16` are values by (step, layer, quantity, key); layers stand from input to output."""

    def __init__(self, folder):
        rows = read_csv(folder / "int4_fp4.csv")
        self.paper = self.by_name(rows)
        self.fp16 = self.by_name(read_csv(folder / "fp16.csv"))
        self.curve = read_csv(folder / "gradscale.csv")
        self.steps = sorted({step for step, *_ in self.paper})
        self.few = sorted({step for step, _, quantity, _ in self.paper if quantity == "histogram"})
        backward = list(dict.fromkeys(row["layer"] for row in rows))
        common = sorted(set(self.steps) & {step for step, *_ in self.fp16})
        self.compared = [step for step in common if step >= SETTLED]
        # Along the blocks, without the linear layer that yields logits.
        self.convolutions = [name for name in reversed(backward)
                             if name not in (ALL, LAST) and SHORTCUT not in name]
        self.rounded = [name for name in self.convolutions
                        if (self.steps[0], name, "gradscale", "log2") in self.paper]

    @staticmethod
    def by_name(rows):
        return {(int(row["step"]), row["layer"], row["quantity"], row["key"]): float(row["value"])
                for row in rows}

    def keys(self, quantity):
        """As numbers, increasing."""
        return sorted({float(key) for _, _, at, key in self.paper if at == quantity})
