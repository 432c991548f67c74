"""Study `captured_steps`: a training step of each kind of network, captured by `nibblesim train` and replayed
by `nibblesim run`, every GEMM on the Verilated tiles, every result compared with the trainer's. Behind it
the first test samples, judged on the tiles with the weights that the training ended with."""
import json

from markdown import number, table
from result_file import good
from runner import figure, one_after_other

EXPERIMENT = "configs/experiments/any_network.yaml"
SAMPLES = 8  # of the step that is captured
COLUMNS = ["name", "task", "network", "chip", "engine", "step", "batch", "gemms", "macs", "elements",
           "mismatches", "cycles", "train_loss", "array_gmac_per_s", "replay_s", "predictions", "right",
           "trainer_right", "logits", "logit_mismatches", "host_s", "fault", "commit", "host", "set"]


class Case:
    """A task trained for so many steps of `batch` samples, of which the last is captured; then so many
    test samples are judged."""

    sets = []
    timeout_s = 1800

    def __init__(self, task, network, batch, steps, judged):
        self.name = self.task = task
        self.network = network
        self.batch = batch
        self.steps = steps
        self.judged = judged

    def command(self, program, folder=None):
        """Without a folder as one would type it."""
        as_typed = folder is None
        folder = folder or f"out/{self.task}"
        train = [program, "train", f"configs/tasks/{self.task}.yaml", "-o", f"{folder}/train",
                 "--epochs", 1, "--limit-train", self.batch * self.steps, "--limit-test", self.judged,
                 "--set", f"batch={self.batch}", "--trace-step", "last", "--trace-batch", SAMPLES]
        replay = [program, "run", EXPERIMENT, "--engine", "rtl", "-o", f"{folder}/run"]
        for change in (f"network={self.network}", f"batch={SAMPLES}", "twin=none",
                       f"trace={folder}/train/trace.safetensors",
                       f"inference.weights={folder}/train/weights.safetensors",
                       f"inference.images={self.judged}"):
            replay += ["--set", change]
        return one_after_other(train, replay, as_typed)

    def kin(self):
        """Runs of one kin take time in proportion to their amount()."""
        return "captured step", self.task

    def amount(self):
        return self.steps

    def blank_row(self):
        row = dict.fromkeys(COLUMNS, "")
        row.update(name=self.name, task=self.task, network=self.network, batch=str(SAMPLES))
        return row

    @staticmethod
    def figures(_output, folder):
        trained = json.loads((folder / "train/metrics.json").read_text())
        run = json.loads((folder / "run/result.json").read_text())
        return {
            "chip": run["chip"], "engine": run["engine"],
            "step": str(trained["trace"]["step"]), "gemms": str(trained["trace"]["operations"]),
            "macs": str(run["macs_useful"]), "elements": str(run["rtl"]["compared"]),
            "mismatches": str(run["rtl"]["mismatches"]), "cycles": str(run["cycles"]),
            "train_loss": figure(trained["epochs"][-1]["train_loss"]),
            "array_gmac_per_s": figure(run["host"]["array_gmac_per_s"]),
            "replay_s": figure(run["host"]["simulation_s"]),
            "predictions": str(run["accuracy"]["predictions"]),
            "right": str(run["accuracy"]["correct"]),
            "trainer_right": str(round(trained["test"]["accuracy_percent"] / 100
                                       * run["accuracy"]["predictions"])),
            "logits": str(run["rtl"]["inference_compared"]),
            "logit_mismatches": str(run["rtl"]["inference_mismatches"]),
        }

    @staticmethod
    def summary(row):
        return f"{row['elements']} results compared, {row['mismatches']} mismatches"


def captured_steps():
    """All tasks: an epoch and the whole test set of the smallest, of the others less."""
    return [Case("fashion_mnist_resnet8", "resnet8_w16", 128, 429, 10000),
            Case("fashion_mnist_resnet11", "resnet11_w16", 128, 200, 2000),
            Case("fashion_mnist_mobilenet", "mobilenet_w32", 128, 200, 2000),
            Case("bible_lstm", "text_lstm", 64, 200, 500),
            Case("bible_transformer", "text_transformer", 32, 200, 200)]


def captured_steps_table():
    rows = good("captured_steps").values()
    return table(["task", "step", "samples", "GEMMs", "million MACs", "results compared", "mismatches",
                  "cycles", "seconds", "commit"],
                 [[row["task"], row["step"], row["batch"], row["gemms"], number(int(row["macs"]) / 1e6, 4),
                   f"{int(row['elements']):,}", row["mismatches"], f"{int(row['cycles']):,}",
                   number(row["replay_s"]), row["commit"]] for row in rows])


def judged_samples_table():
    rows = good("captured_steps").values()
    return table(["task", "predictions", "right on the chip", "by the trainer", "logits compared",
                  "mismatches"],
                 [[row["task"], f"{int(row['predictions']):,}", row["right"], row["trainer_right"],
                   f"{int(row['logits']):,}", row["logit_mismatches"]] for row in rows])


STUDIES = {"captured_steps": captured_steps}
TABLES = {"captured steps": captured_steps_table, "judged samples": judged_samples_table}
