"""Tables of models/training/STUDIES.md: what each recipe costs in accuracy. tables.py writes them."""
import shlex
import statistics

import accumulation
import training_studies
from markdown import commits_of, number, table
from result_file import ResultFile, good
from runner import ROOT

PAGE = ROOT / "models/training/STUDIES.md"
SUMMARY_PAGE = ROOT / "models/training/README.md"
ACCURACY = "accuracy_percent"
DIGITS = {ACCURACY: 2, "perplexity": 3}
# SUN's loss against FP32 by the same change, models/FACTS.md section 5; other networks than ours.
PUBLISHED = {
    "int4_fp4": "0.3 – 1.3 points on CIFAR-10, 2.4 % of an LSTM's perplexity",
    "no_tpr": "> 4.5 points on ImageNet, with two phases 1",
    "dw_fp8": "0.3 – 0.9 points on CIFAR-10",
    "pointwise_fp8": "0.3 points on CIFAR-10's ResNet-50",
    "radix2": "10 – 30 points",
}


DIVERGED = "exit 1: the training diverged"


def by_seed(rows, task, recipe):
    """Scores of a recipe, and how many of its trainings diverged, which have none."""
    own = [row for row in rows if row["task"] == task and row["recipe"] == recipe]
    return ({row["seed"]: float(row["score"]) for row in own if row["fault"] == ""},
            sum(row["fault"].startswith(DIVERGED) for row in own))


def spread(values, digits):
    """Mean and standard deviation over the seeds."""
    if not values:
        return "–"
    text = f"{statistics.mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" ± {statistics.stdev(values):.{digits}f}"
    return f"{text} ({len(values)})"


def distance(score, plain, metric):
    """Points of accuracy, percent of perplexity."""
    return score - plain if metric == ACCURACY else 100 * (score / plain - 1)


def away_from(plain, found, metric):
    """Distances of the seeds that both have."""
    return [distance(found[seed], plain[seed], metric) for seed in found if seed in plain]


def rows_and_tasks(study):
    """The study's rows, beside those of the ablation that it is set against, and the tasks it has rows of."""
    own = list(ResultFile(study).rows.values())
    tasks = [task for task in training_studies.EPOCHS if any(row["task"] == task for row in own)]
    return own + [row for row in ResultFile("ablation").rows.values() if study != "ablation"], tasks


def metric_of(rows, task):
    return next((row["metric"] for row in rows if row["task"] == task and row["metric"]), ACCURACY)


def cell(found, diverged, plain, metric):
    """The score, and behind it how far it is from FP32's with the same seeds; `found` and `plain` are
    by seed."""
    text = spread(list(found.values()), DIGITS[metric]) if found or not diverged else ""
    away = away_from(plain, found, metric)
    if away and found is not plain:
        digits, unit = (2, "") if metric == ACCURACY else (1, " %")
        text += f", {statistics.mean(away):+.{digits}f}"
        if len(away) > 1:
            text += f" ± {statistics.stdev(away):.{digits}f}"
        text += unit
    if diverged:
        text += f"{', ' if text else ''}{diverged} diverged"
    return text


def epochs(count):
    return f"{count} epoch{'s' if count > 1 else ''}"


def again(study, words):
    """The command that makes the runs anew whose names hold these words."""
    return f"`tools/studies/run {study} --again --only {shlex.quote(words)}`"


def against(rows, task, recipe):
    """Points above the paper's recipe with the same seeds: where a line has one seed, its mean of three says little."""
    found, paper = by_seed(rows, task, recipe)[0], by_seed(rows, task, "int4_fp4")[0]
    away = away_from(paper, found, ACCURACY)
    if not away or recipe == "int4_fp4":
        return "–"
    deviation = f" ± {statistics.stdev(away):.2f}" if len(away) > 1 else ""
    return f"{statistics.mean(away):+.2f}{deviation} ({len(away)})"


def recipe_table(study, beside=("SUN's loss", PUBLISHED), commands=True):
    """A line a recipe, a column a task of the study, which is set against rows of the ablation; `beside` is
    the head of the column behind them and its words by recipe; `commands`: in a last one."""
    recipes = training_studies.RECIPES_OF[study]
    against_paper = study != "ablation"  # whose lines have the same seeds
    rows, tasks = rows_and_tasks(study)
    lines = []
    for recipe in recipes:
        line = [recipe]
        for task in tasks:
            plain, _ = by_seed(rows, task, "fp32")
            found, diverged = by_seed(rows, task, recipe)
            line.append(cell(plain if recipe == "fp32" else found, diverged, plain,
                             metric_of(rows, task)))
        home = study if any(case.recipe == recipe for case in training_studies.STUDIES[study]()) else "ablation"
        if against_paper:
            line.append(against(rows, training_studies.LONG_TASK, recipe))
        lines.append([*line, beside[1].get(recipe, "")] + [again(home, f" {recipe} ")] * commands)
    heads = [f"{task}, {epochs(training_studies.EPOCHS[task])}" for task in tasks]
    if against_paper:
        heads.append("ResNet-8 against int4_fp4, same seeds")
    return table(["recipe", *heads, beside[0]] + ["made again by"] * commands, lines)


def candidates_table():
    """With the first seed's accuracies behind the last epoch, on the validation images, by which one chooses, and in the
    test."""
    recipes = training_studies.RECIPES_OF["candidates"]
    rows = {**good("ablation"), **good("candidates")}
    names = {recipe: f"{training_studies.LONG_TASK} {recipe} seed {training_studies.SEEDS[0]}"
             for recipe in recipes}
    judged = {recipe: f"{float(rows[name]['validation'].split()[-1]):.2f} / {float(rows[name]['score']):.2f}"
              if name in rows else "–" for recipe, name in names.items()}
    return recipe_table("candidates", ("ResNet-8's first seed, validation / test", judged))


def long_training_table():
    rows = list(ResultFile("long_training").rows.values())
    task = training_studies.LONG_TASK
    plain, _ = by_seed(rows, task, "fp32")
    lines = []
    for recipe in training_studies.LONG_RECIPES:
        found, diverged = by_seed(rows, task, recipe)
        losses = [float(row["train_loss"]) for row in rows
                  if row["recipe"] == recipe and row["fault"] == ""]
        lines.append([recipe, cell(plain if recipe == "fp32" else found, diverged, plain, ACCURACY),
                      spread(losses, 4), again("long_training", f" {recipe} ")])
    return table(["recipe", f"{task}, {epochs(training_studies.LONG_EPOCHS)}", "training loss", "made again by"],
                 lines)


def geometry_table():
    """Lines are chunk lengths, columns accumulators; that of all other trainings stands in the
    ablation."""
    lines = []
    for chunk in training_studies.CHUNKS:
        line = [str(chunk)]
        for accumulator in training_studies.ACCUMULATORS:
            line.append(spread(training_studies.geometry_scores(chunk, accumulator), 2))
        lines.append([*line, again("geometry", f"chunk {chunk} ")])
    return table(["chunk_len", *training_studies.ACCUMULATORS, "made again by"], lines)


def loss_order_table():
    """A line a recipe, in the expected order."""
    rows = good("loss_order").values()
    lines, before = [], None
    for recipe in training_studies.LOSS_ORDER:
        losses = [float(row["train_loss"]) for seed in training_studies.SEEDS for row in rows
                  if row["recipe"] == recipe and row["seed"] == str(seed)]
        mean = statistics.mean(losses) if losses else None
        higher = "" if mean is None or before is None else "yes" if mean > before else "no"
        lines.append([recipe, " ".join(f"{loss:.4f}" for loss in losses) or "–",
                      "–" if mean is None else f"{mean:.4f}", higher, again("loss_order", f" {recipe} ")])
        before = mean
    return table(["recipe", "training loss of each seed", "mean", "above the line before", "made again by"], lines)


def verilog_table():
    """The whole checksums, as a reader who trains again compares them."""
    rows = good("verilog").values()
    return table(["engine", "steps", "GEMMs", "products", "clocks", "training loss", "test accuracy, %", "s",
                  "sha256 of the weights"],
                 [[row["engine"], row["steps"], *(number(row.get(key, ""), 0) for key in ("gemms", "macs", "clocks")),
                   row["train_loss"], row["score"], number(row["train_s"], 0), f"`{row['weights_sha256']}`"]
                  for row in rows])


TRANSFORMER_LINES = [  # forward, gradients, the run
    ("FP32", "FP32", "fp32"),
    ("fp16", "fp16", "fp16"),
    ("INT4", "fp16", "int4_forward"),
    ("INT4", "FP8", "int4_fp8"),
    ("INT4, MLPs in fp16", "FP8, MLPs' fp16", "int4_fp8 MLPs in fp16"),
    ("INT4, attention's products in fp16", "FP8, these in fp16", "int4_fp8 attention in fp16"),
    ("INT4, alphas fitted to their values", "FP8", "int4_fp8 alphas fitted"),
    ("INT4", "radix 2, stochastic, each tensor's maximum", "luq"),
    ("INT4, alphas fitted to their values", "the same", "luq alphas fitted"),
    ("INT4", "radix 2, stochastic, GradScale", "radix2_stochastic"),
    ("INT4", "radix 4, stochastic, both GEMMs over both phases", "both_phases stochastic"),
    ("INT4", "radix 4, stochastic", "stochastic"),
    ("INT4", "radix 4, two phases; dW's stochastic", "stochastic_dw"),
    ("INT4", "radix 4, two phases; dW in FP8", "dw_fp8"),
    ("INT4", "radix 4, two phases (the paper's)", "int4_fp4"),
    ("INT4", "radix 4, one phase", "no_tpr")]


def transformer_table():
    """Trainings of several studies, each by its own recipe and options."""
    rows = {name: row for study in training_studies.STUDIES for name, row in good(study).items()}
    lines = []
    for forward, gradients, run in TRANSFORMER_LINES:
        row = rows.get(f"{training_studies.TRANSFORMER} {run} seed {training_studies.SEEDS[0]}")
        how = f"`{row['recipe']}`" + (f" `--set {shlex.quote(row['set'])}`" if row["set"] else "") if row else f"`{run.split()[0]}`"
        lines.append([forward, gradients, how, f"{float(row['score']):.3f}" if row else "–"])
    return table(["forward", "gradients", "recipe", "perplexity"], lines, words=3)


SUMMARY = {"summary": lambda: recipe_table("ablation", commands=False)}
TABLES = {"commits": lambda: commits_of({**training_studies.STUDIES, **accumulation.STUDIES}),
          "ablation": lambda: recipe_table("ablation"),
          "gradient formats": lambda: recipe_table("gradient_formats"),
          "other formats": lambda: recipe_table("other_formats"),
          "loss scaling": lambda: recipe_table("loss_scaling"), "candidates": candidates_table,
          "long training": long_training_table, "transformer": transformer_table, "geometry": geometry_table,
          "loss order": loss_order_table, "verilog": verilog_table}
