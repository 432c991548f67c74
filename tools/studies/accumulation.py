"""Study `accumulation`: how far fp16 accumulators take long sums from exact ones. A training step is captured
and the weight gradient of the layer with the longest sums is computed anew by every chunk length and
accumulator, by nibble_accumulation_error, from as many images as the case says."""
import json
import pathlib

from figure import Figure, style
from markdown import table
from result_file import good
from runner import one_after_other
from training_studies import ACCUMULATORS, CHUNKS, LONG_TASK

LAYER = "s1.conv1"  # 28x28 sums a filter tap and image
BATCH, STEPS = 512, 40
IMAGES = [8, 32, 128, 512]
ERRORS = [f"{chunk} {accumulator}" for chunk in CHUNKS for accumulator in ACCUMULATORS]
SHOWN_CHUNKS = [16, 64, 256]
COLUMNS = ["name", "task", "layer", "images", "products", *ERRORS, "host_s", "fault", "commit", "host", "set",
           "command"]


class Case:
    """The last of a few steps, captured on some of its images."""

    sets = []
    timeout_s = 1800
    task = LONG_TASK

    def __init__(self, images):
        self.name = f"{LONG_TASK} {LAYER} {images} images"
        self.images = images

    def command(self, program, folder=None):
        """Without a folder as one would type it."""
        as_typed = folder is None
        folder = folder or "out/accumulation"
        train = [program, "train", f"configs/tasks/{LONG_TASK}.yaml", "-o", folder, "--epochs", 1,
                 "--limit-train", BATCH * STEPS, "--limit-test", 100, "--set", f"batch={BATCH}",
                 "--set", "warmup_steps=10", "--trace-step", "last", "--trace-batch", self.images]
        errors = [pathlib.Path(program).parent / "nibble_accumulation_error", f"{folder}/trace.safetensors", LAYER]
        return one_after_other(train, errors, as_typed)

    def kin(self):
        """Runs of one kin take time in proportion to their amount()."""
        return "accumulation", self.task

    def amount(self):
        return STEPS * BATCH + 100 * self.images  # a captured image is multiplied twice, slowly

    def blank_row(self):
        row = dict.fromkeys(COLUMNS, "")
        row.update(name=self.name, task=self.task, layer=LAYER, images=str(self.images))
        return row

    @staticmethod
    def figures(output, _folder):
        errors = json.loads(output.splitlines()[-1])
        return {"products": str(errors["products"]), **{key: f"{errors[key]:.4g}" for key in ERRORS}}

    @staticmethod
    def summary(row):
        return f"sums of {row['products']}, off by {100 * float(row['64 fp16x2']):.2f} % (64 fp16x2)"


def accumulation():
    return [Case(images) for images in IMAGES]


def rows_by_length():
    return sorted(good("accumulation").values(), key=lambda row: int(row["products"]))


def accumulation_table():
    """Lines are lengths of the sums, columns chunk and accumulator; error in percent."""
    shown = [f"{chunk} {accumulator}" for accumulator in ACCUMULATORS for chunk in SHOWN_CHUNKS]
    return table(["products", *[f"{key.split()[1]}, {key.split()[0]}" for key in shown], "made again by"],
                 [[f"{int(row['products']):,}", *[f"{100 * float(row[key]):.2f}" for key in shown],
                   f"`tools/studies/run accumulation --again --only ' {row['images']} images'`"]
                  for row in rows_by_length()])


def draw_accumulation(path):
    """Error over the length of the sum: a colour an accumulator, a dash a chunk length."""
    figure = Figure(path, 760, 420)
    figure.set("logscale xy", "xlabel 'products of a sum'", "ylabel 'error of dW, % of its length'",
               "format x '%.0s %c'", "key outside right title 'accumulator, chunk'")
    figure.plot([(f"{accumulator}, {chunk}", style(i, dash=dash),
                  [(int(row["products"]), 100 * float(row[f"{chunk} {accumulator}"])) for row in rows_by_length()])
                 for i, accumulator in enumerate(ACCUMULATORS)
                 for dash, chunk in enumerate(SHOWN_CHUNKS, 1)])
    figure.draw()


STUDIES = {"accumulation": accumulation}
TABLES = {"accumulation": accumulation_table}
FIGURES = {"accumulation": draw_accumulation}
