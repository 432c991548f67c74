"""The figures of gradients in models/training/STUDIES.md, drawn by gnuplot."""
from statistics import mean

from figure import Figure, style
from gradient_data import ALL, key_of

LOSS_EXPONENT = 10  # loss_scale_log2 of the task
TRAINED = "ResNet-8 of width 16 on Fashion-MNIST, recipe int4\\_fp4, seed 1"
LINES_A_MEAN = 12   # of the curve of gradscales: 120 steps


def captioned(path, width, height, rows=1, columns=1):
    return Figure(path, width, height, rows, columns, TRAINED)


def step_name(step):
    return "first step" if step == 0 else f"step {step}"


def draw_histogram(data, path):
    """Fig. 2a: share of every level, a panel a layer."""
    figure = captioned(path, 960, 600, 2, 3)
    levels = data.keys("histogram")
    names = [level_name(level) for level in levels]
    figure.set("yrange [0:80]", f"xrange [-0.7:{len(levels) - 0.3}]", "lmargin 8", "bmargin 5.5",
               "xtics rotate by 90 right font ',10'", "xlabel 'level, in units of 2^{−gradscale}'",
               "ylabel 'share of gradients, %'")
    for layer in data.rounded:
        with_key = layer == data.rounded[-1]
        figure.set(f"title '{layer}'", "key top center" if with_key else "key off")
        figure.plot([(step_name(step), f"using 1:2:xtic(3) {style(i)}",
                      [(k, 100 * data.paper[step, layer, "histogram", key_of(level)], names[k])
                       for k, level in enumerate(levels)]) for i, step in enumerate(data.few)])
    figure.draw()


def level_name(level):
    size = abs(level)
    name = f"{size:g}" if size == 0 or size >= 1 else f"1/{1 / size:g}"
    return ("−" if level < 0 else "") + name


def draw_threshold(data, path):
    """Fig. 2b: the error of rounding, over where levels begin."""
    figure = captioned(path, 760, 460)
    step = data.steps[-1]
    figure.set("xlabel 'd: the level 4^n is taken from 4^n/d on'", "logscale y", "yrange [9:300]",
               "ylabel 'squared error of rounding, % of the squared gradient'",
               "xrange [1:4]", "xtics 0.2", "ytics (10, 15, 20, 30, 50, 100, 200, 300)",
               "key bottom right", f"title '{step_name(step)}'",
               "arrow from 1.6, graph 0 to 1.6, graph 1 nohead dt 2 lc rgb '#404040'",
               "label 'd = 1.6' at 1.63, graph 0.95")
    figure.plot([("mean of the layers" if layer == ALL else layer,
                  style(i, "lines", width=3 if layer == ALL else 1.5),
                  [(d, 100 * data.paper[step, layer, "threshold_error", key_of(d)])
                   for d in data.keys("threshold_error")])
                 for i, layer in enumerate([ALL, *data.rounded])])
    figure.draw()


def draw_bias(data, path):
    """The weight gradient from rounded gradients against the exact one: dW of one phase and of two."""
    figure = captioned(path, 960, 900, 3, 2)
    first = 4  # where step 0 stands on the logarithmic axis
    ticks = ", ".join(f"'{step}' {max(step, first)}" for step in data.steps
                      if step not in (858, 1716, 2145, 2574, 3003))
    figure.set("logscale x", f"xrange [{first - 0.5}:4500]", f"xtics ({ticks})", "xlabel 'step'",
               "lmargin 10")
    rows = [("length", "length of dW, % of the exact", "[50:110]"),
            ("cosine", "cosine to the exact dW, %", "[45:105]"),
            ("mean", "mean of x·q\\_error, % of |x·dy|", "[-3:3]")]
    for quantity, label, area in rows:
        for phase, title in (("even", "dW from even codes (one phase)"),
                             ("odd", "dW from odd codes (two phases)")):
            with_key = quantity == "length" and phase == "even"
            figure.set(f"title '{title}'", f"ylabel '{label}'", f"yrange {area}",
                       "key bottom right maxrows 3" if with_key else "key off")
            figure.plot([(layer, style(i + 1),
                          [(max(step, first), 100 * data.paper[step, layer, "weight_gradient",
                                                               f"{phase}.{quantity}"])
                           for step in data.steps]) for i, layer in enumerate(data.rounded)])
    figure.draw()


def draw_mean_shift(data, path):
    """Fig. 5a: the mean that a channel's gradients have after rounding and should not have."""
    figure = captioned(path, 960, 420, 1, 2)
    figure.set(f"xrange [-0.5:{len(data.rounded) - 0.5}]", "logscale y", "yrange [1e-5:10]",
               "xtics rotate by -25", "format y '10^{%T}'", "bmargin 6", "xlabel 'layer, from input to output'", "ylabel 'mean of a channel, % of its deviation (rms)'")
    names = [("exact", "before rounding"), ("even", "even phase"), ("odd", "odd phase"),
             ("both", "mean of the two")]
    for step in (data.few[1], data.few[-1]):
        figure.set(f"title '{step_name(step)}'", "key at graph 0.6, 0.72" if step == data.few[1] else "key off")
        figure.plot([(title, f"using 1:2:xtic(3) {style(i)}",
                      [(k, 100 * data.paper[step, layer, "mean_shift", key], layer)
                       for k, layer in enumerate(data.rounded)])
                     for i, (key, title) in enumerate(names)])
    figure.draw()


def draw_variance(data, path):
    """Fig. 6a: variance of dY through depth, of two trainings."""
    figure = captioned(path, 820, 480)
    figure.set("logscale y", "format y '10^{%T}'", "xtics rotate by -25", "key outside right",
               f"xrange [-0.3:{len(data.convolutions) - 0.7}]", "xlabel 'layer, from input to output'",
               "ylabel 'variance of the gradient of its output'")
    curves = []
    for i, step in enumerate(sorted({0, data.compared[0], data.compared[-1]})):
        for name, values, dash in (("INT4/FP4", data.paper, 1), ("fp16", data.fp16, 2)):
            curves.append((f"{name}, {step_name(step)}", f"using 1:2:xtic(3) {style(i, dash=dash)}",
                           [(k, values[step, layer, "variance", "exact"], layer)
                            for k, layer in enumerate(data.convolutions)]))
    figure.plot(curves)
    figure.draw()


def draw_gradscale(data, path):
    """Fig. 3b: each layer's exponent over the training, as means over some lines of the curve, since it
    goes up and down by one."""
    figure = captioned(path, 820, 460)
    figure.set(f"xlabel 'step, means over {10 * LINES_A_MEAN}'", "key top right", "xrange [0:*]", "ytics 1",
               "ylabel 'log2 of the scale of dY, the loss scale in it'")
    curves = []
    for i, layer in enumerate(data.rounded):
        parts = [data.curve[k:k + LINES_A_MEAN] for k in range(0, len(data.curve), LINES_A_MEAN)]
        curves.append((layer, style(i + 1),
                       [(mean(int(row["step"]) for row in part),
                         LOSS_EXPONENT + mean(int(row[f"gradscale.{layer}"]) for row in part))
                        for part in parts]))
    figure.plot(curves)
    figure.draw()


FIGURES = {"histogram": draw_histogram, "threshold": draw_threshold, "bias": draw_bias,
           "mean_shift": draw_mean_shift, "variance": draw_variance, "gradscale": draw_gradscale}


def draw_all(data, folder):
    for name, draw in FIGURES.items():
        draw(data, folder / f"fig_{name}.svg")
