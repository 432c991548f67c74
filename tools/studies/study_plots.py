"""The figures of the trainings' tables in models/training/STUDIES.md, drawn by gnuplot of results/STUDY.csv."""
import csv
import math
from statistics import mean, stdev

import accumulation
import training_studies
from figure import COLOURS, Figure, style
from result_file import good
from runner import ROOT
from training_tables import ACCURACY, away_from, by_seed, epochs, metric_of, rows_and_tasks

FIGURES = ROOT / "models/training/figures"
FOLDER = FIGURES / "studies"
SHORT = {"fashion_mnist_resnet8": "ResNet-8", "fashion_mnist_resnet11": "ResNet-11",
         "fashion_mnist_mobilenet": "MobileNet", "bible_lstm": "LSTM", "bible_transformer": "Transformer"}


def distances(rows, task, recipe):
    """From FP32 with the same seeds, upwards is better: points of accuracy, percent of perplexity."""
    metric = metric_of(rows, task)
    sign = 1 if metric == ACCURACY else -1
    away = away_from(by_seed(rows, task, "fp32")[0], by_seed(rows, task, recipe)[0], metric)
    return [sign * value for value in away], metric


def tick_step(least, most):
    """Four to eight ticks."""
    size = 10.0 ** math.floor(math.log10((most - least) / 4))
    return next(factor * size for factor in (5, 2, 1) if (most - least) / (factor * size) >= 3)


def draw_distances(study, recipes, path):
    """A panel a task of the study: each recipe's mean distance from FP32 and its deviation, an open mark
    each seed."""
    rows, tasks = rows_and_tasks(study)
    shown = [recipe for recipe in recipes if recipe != "fp32"]
    names, panel = 8 * max(map(len, shown)) + 12, 210
    width = names + panel * len(tasks)
    figure = Figure(path, width, 125 + 24 * len(shown), 1, len(tasks),
                    "filled: mean, its bar the deviation over seeds; open: one seed; no mark: not trained")
    figure.set(f"yrange [{len(shown) - 0.5}:-0.5]", "tmargin 4", "bmargin 4", "key off", "border 1",
               "arrow from 0, graph 0 to 0, graph 1 nohead lw 1.2 lc rgb '#404040' back")
    for column, task in enumerate(tasks):
        seeds, means = [], []
        for place, recipe in enumerate(shown):
            found, metric = distances(rows, task, recipe)
            seeds += [(value, place) for value in found]
            if found:
                means.append((mean(found), place, stdev(found) if len(found) > 1 else 0.0))
        ends = [0.0] + [value for value, _ in seeds] + [x + sign * d for x, _, d in means for sign in (-1, 1)]
        least, most = min(ends), max(ends)
        space = 0.06 * (most - least) or 1.0
        labels = ", ".join(f"'{'' if column else recipe}' {place}" for place, recipe in enumerate(shown))
        figure.set(f"lmargin at screen {(names + panel * column) / width:.4f}",
                   f"rmargin at screen {(names + panel * (column + 1) - 25) / width:.4f}",
                   f"xrange [{least - space:.6g}:{most + space:.6g}]",
                   f"xtics {tick_step(least - space, most + space):g}", f"ytics ({labels}) noenhanced scale 0",
                   f"title '{SHORT[task]}, {epochs(training_studies.EPOCHS[task])}' noenhanced",
                   f"xlabel '{'points against FP32' if metric == ACCURACY else '% against FP32, worse is left'}'")
        bars = [point for point in means if point[2] > 0]
        figure.plot([("", f"with points lc rgb '{COLOURS[6]}' pt 7 ps 0.7", means or [(0.0, -9)]),
                     ("", f"with xerrorbars lc rgb '{COLOURS[6]}' pt 0 lw 1.6", bars or [(0.0, -9, 0.0)]),
                     ("", f"with points lc rgb '{COLOURS[4]}' pt 6 ps 0.5", seeds or [(0.0, -9)])])
    figure.draw()


def mean_curves(rows, column, recipes):
    """(recipe, [(epoch, mean over the seeds)]); a row's column holds a number an epoch."""
    for recipe in recipes:
        runs = [[float(value) for value in row[column].split()] for row in rows if row["recipe"] == recipe]
        if runs:
            yield recipe, [(epoch, mean(values)) for epoch, values in enumerate(zip(*runs), 1)]


def draw_epochs(study, column, recipes, label, path, area="[*:*]"):
    """A curve a recipe over the epochs; `area` is the range of y."""
    rows = list(good(study).values())
    figure = Figure(path, 700, 420)
    figure.set("xlabel 'epoch'", f"ylabel '{label}'", f"yrange {area}", "key outside right noenhanced", "xtics 1" if len(
        rows[0][column].split()) < 12 else "xtics 2")
    figure.plot([(recipe, style(i), curve) for i, (recipe, curve) in
                 enumerate(mean_curves(rows, column, recipes))])
    figure.draw()


def draw_geometry(path):
    """Accuracy over the products that are summed before a rounding, a curve an accumulator."""
    figure = Figure(path, 700, 420)
    figure.set("logscale x 2", "xlabel 'chunk\\_len'", "xrange [12:340]",
               f"ylabel 'test accuracy after {training_studies.EPOCHS[training_studies.LONG_TASK]} epochs, %'",
               "key outside right title 'accumulator'", f"xtics ({', '.join(map(str, training_studies.CHUNKS))})")
    curves = []
    for i, accumulator in enumerate(training_studies.ACCUMULATORS):
        points = []
        for chunk in training_studies.CHUNKS:
            scores = training_studies.geometry_scores(chunk, accumulator)
            if scores:  # next to each other, so that their bars can be told apart
                points.append((chunk * 2 ** (0.06 * (i - 1)), mean(scores),
                               stdev(scores) if len(scores) > 1 else 0.0))
        if points:
            curves += [(accumulator, style(i), points),
                       ("", f"with yerrorbars lc rgb '{COLOURS[i]}' pt 0 lw 1.2", points)]
    if curves:
        figure.plot(curves)
        figure.draw()


def draw_verilog(path):
    """The loss of the epoch that was trained on the Verilated tiles; the model's is the same file."""
    with open(FIGURES / "verilog_epoch.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    figure = Figure(path, 700, 380)
    figure.set("xlabel 'step of 128 images'", "ylabel 'training loss, mean of ten steps'", "key off", "yrange [0:*]")
    figure.plot([("", style(6, "lines"), [(int(row["step"]), float(row["loss"])) for row in rows])])
    figure.draw()


def figures():
    """What draws each figure, by its name."""
    recipes = training_studies.RECIPES_OF
    drawn = {study: lambda path, study=study: draw_distances(study, recipes[study], path) for study in recipes}
    drawn["long_training"] = lambda path: draw_epochs(
        "long_training", "validation", training_studies.LONG_RECIPES,
        "validation accuracy, %, mean of seeds", path, "[86:94]")
    drawn["loss_order"] = lambda path: draw_epochs(
        "loss_order", "train_losses", training_studies.LOSS_ORDER, "training loss, mean of seeds", path)
    drawn["geometry"] = draw_geometry
    drawn["verilog"] = draw_verilog
    return {**drawn, **accumulation.FIGURES}


def draw_all(folder=FOLDER):
    folder.mkdir(exist_ok=True)
    for name, draw in figures().items():
        draw(folder / f"{name}.svg")
