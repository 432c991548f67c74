"""Tables of what FP4 does to gradients, in models/training/STUDIES.md: means over the measured steps in which
the learning rate has risen. tables.py writes them."""
import math

from gradient_data import FIGURES, SETTLED, GradientData, key_of
from markdown import table


def mean_over_steps(data, value):
    """Of value(step)."""
    values = [value(step) for step in data.steps if step >= SETTLED]
    return sum(values) / len(values)


def mean(data, layer, quantity, key):
    return mean_over_steps(data, lambda step: data.paper[step, layer, quantity, key])


def least_error(data, layer):
    """The divisors at which the steps that are kept have their least error."""
    divisors = data.keys("threshold_error")
    least = {min(divisors, key=lambda d: data.paper[step, layer, "threshold_error", key_of(d)])
             for step in data.few}
    return ", ".join(f"{d:.2f}" for d in sorted(least))


def percents(data, layer, quantity, keys, digits=2):
    return " / ".join(f"{100 * mean(data, layer, quantity, key):.{digits}f}" for key in keys)


def variance_ratio(data, layer):
    ratios = [data.paper[step, layer, "variance", "exact"] / data.fp16[step, layer, "variance", "exact"]
              for step in data.compared]
    return sum(ratios) / len(ratios)


def rounding_table():
    data = GradientData(FIGURES)
    heads = ["layer", "zeros even / odd, %", "clipped even / odd, %", "least error at 4^n/",
             "mean shift even / odd / both phases, %", "variance, of fp16's"]
    return table(heads, [
        [layer, percents(data, layer, "zeros", ["even", "odd"], 0),
         percents(data, layer, "clipped", ["even", "odd"], 3), least_error(data, layer),
         percents(data, layer, "mean_shift", ["even", "odd", "both"]),
         f"{variance_ratio(data, layer):.2f}"] for layer in data.rounded])


def weight_gradient_error(data, layer, grid):
    """Length of dW's error over the length of dW: with dWq's length along dW l and its cosine c, dWq is l/c long."""
    def error(step):
        length, cosine = (data.paper[step, layer, "weight_gradient", f"{grid}.{key}"] for key in ("length", "cosine"))
        return math.sqrt((length / cosine) ** 2 - 2 * length + 1)

    return mean_over_steps(data, error)


def bias_table():
    data = GradientData(FIGURES)
    heads = ["layer", "length one / two phases, %", "cosine one / two, %", "error one / two, %",
             "x·q_error one / two, %"]
    lines = []
    for layer in data.rounded:
        length, cosine, shift = (percents(data, layer, "weight_gradient", [f"even.{key}", f"odd.{key}"], digits)
                                 for key, digits in (("length", 1), ("cosine", 1), ("mean", 3)))
        error = " / ".join(f"{100 * weight_gradient_error(data, layer, grid):.0f}" for grid in ("even", "odd"))
        lines.append([layer, length, cosine, error, shift])
    return table(heads, lines)


TABLES = {"gradient rounding": rounding_table, "gradient bias": bias_table}
