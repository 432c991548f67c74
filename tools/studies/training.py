"""A run of `nibblesim train`: the command line of a case, and what of its results goes into the CSV."""
import json
import re

from runner import figure

METRICS = {"fashion-mnist": "accuracy_percent", "bible-kjv": "perplexity"}

# `metric` says what `score` (on the test set) and `validation` (after each epoch) are.
COLUMNS = ["name", "task", "recipe", "seed", "epochs", "metric", "score", "test_loss", "train_loss",
           "steps", "samples_per_s", "train_s", "validation", "train_losses", "weights_sha256",
           "host_s", "fault", "commit", "host", "set", "engine", "gemms", "macs", "clocks"]


class Case:
    """A task trained by a recipe from a seed; `sets` are --set options that the label names, `limits`
    the first so many samples of the training and of the test split, none for all. The engine
    multiplies, and changes no byte."""

    timeout_s = 36000  # block formats take an hour on a free core

    def __init__(self, task, recipe, seed, epochs, sets=(), label="", engine="model", limits=()):
        self.task = task
        self.recipe = recipe
        self.seed = seed
        self.epochs = epochs
        self.sets = list(sets)
        self.engine = engine
        self.limits = limits
        words = [task, recipe, label, f"seed {seed}", engine if engine != "model" else ""]
        self.name = " ".join(filter(None, words))

    def command(self, program, folder=None):
        """Without a folder as one would type it."""
        line = [str(program), "train", f"configs/tasks/{self.task}.yaml", "--recipe", self.recipe,
                "--seed", str(self.seed), "--epochs", str(self.epochs)]
        for change in self.sets:
            line += ["--set", change]
        if self.limits:
            line += ["--limit-train", str(self.limits[0]), "--limit-test", str(self.limits[1])]
        if self.engine != "model":
            line += ["--engine", self.engine]
        return [*line, "-o", str(folder or self.usual_folder())]

    def usual_folder(self):
        """Studies train the same for more or fewer epochs."""
        return "out/" + re.sub(r"\W+", "_", f"{self.name} {self.epochs} epochs")

    def kin(self):
        """Runs of one kin take time in proportion to their amount()."""
        return "training", self.task, self.recipe, self.engine, self.limits

    def amount(self):
        return self.epochs

    def blank_row(self):
        row = dict.fromkeys(COLUMNS, "")
        row.update(name=self.name, task=self.task, recipe=self.recipe, seed=str(self.seed),
                   epochs=str(self.epochs), set=" ".join(self.sets), engine=self.engine)
        return row

    def figures(self, _output, folder):
        result = json.loads((folder / "metrics.json").read_text())
        metric = METRICS[result["dataset"]]
        epochs = result["epochs"]
        engine = "libtorch" if result["settings"]["recipe"]["arithmetic"] == "fp32" else self.engine
        if result["engine_steps"] != {engine: result["steps"]}:
            raise ValueError(f"not all steps are {engine}'s: {result['engine_steps']}")
        return {
            "metric": metric,
            "score": figure(result["test"][metric]),
            "test_loss": figure(result["test"]["loss"]),
            "train_loss": figure(epochs[-1]["train_loss"]),
            "steps": str(result["steps"]),
            "samples_per_s": figure(result["train_samples_per_s"]),
            "train_s": figure(result["train_s"]),
            "validation": " ".join(figure(epoch["validation"][metric]) for epoch in epochs
                                   if "validation" in epoch),
            "train_losses": " ".join(figure(epoch["train_loss"]) for epoch in epochs),
            "weights_sha256": result.get("weights_sha256", ""),  # fp32 has no weights for the chip
            **{key: str(count) for key, count in result.get("tiles", {}).items()},
        }

    @staticmethod
    def summary(row):
        return f"{row['metric']} {row['score']}"

