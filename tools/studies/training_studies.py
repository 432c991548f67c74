"""What each study of accuracy trains: the cases by study. Why each of them: models/training/STUDIES.md."""
from result_file import good
from training import Case

# Epochs of each task's trainings: what a core does in about the same time.
EPOCHS = {"fashion_mnist_resnet8": 8, "fashion_mnist_resnet11": 1, "fashion_mnist_mobilenet": 1,
          "bible_lstm": 1, "bible_transformer": 1}
SEEDS = [1, 2, 3]
LONG_TASK, LONG_EPOCHS = "fashion_mnist_resnet8", 20
LONG_RECIPES = ["fp32", "int4_fp4", "radix2_stochastic", "last_conv_fp8", "expected_gain"]

# SUN's ablation, from the costliest arithmetic to the cheapest, then what it mends.
ABLATION = ["fp32", "fp16", "int4_forward", "int4_fp4", "no_tpr", "dw_fp8"]
POINTWISE_TASKS = ["fashion_mnist_resnet11", "fashion_mnist_mobilenet"]  # that have 1x1 convolutions
GRADIENTS = ["radix2", "e2m1", "three_bit_tpr", "three_bit", "two_bit_tpr", "two_bit"]
OTHERS = ["fp8", "luq", "mxfp4", "nvfp4"]
SCALING = ["global_scale", "no_scale"]
# Recipes of ours, judged by one seed of the short training; the best by three, and one by the long one.
CANDIDATES = ["stochastic", "stochastic_dw", "underflow", "underflow_dw", "corrected", "expected_gain",
              "last_conv_fp8", "stochastic_dw_last_conv_fp8", "alpha_no_decay", "alpha_fitted", "tensor_max",
              "dw_fp8_finish", "int4_fp8_finish", "dgrad_both", "both_phases", "radix2_stochastic"]
# Which of the two gradient GEMMs costs more: dW in FP8 stands in the ablation.
ONE_GEMM = ["dx_fp8"]
# The first by its test accuracy, the second by that on validation images, the third because it is the
# paper's own hardware.
FINALISTS = ["radix2_stochastic", "last_conv_fp8", "expected_gain"]
OURS = FINALISTS[:1]  # on every task
PAPERS_HARDWARE = FINALISTS[2:]
# Those that may mend what a text loses: its gradients want no bias.
TEXT_CANDIDATES = ["stochastic", "stochastic_dw", "radix2_stochastic"]
TEXT_TASKS = ["bible_lstm", "bible_transformer"]
# Why the Transformer fails: trainings that differ in one thing from one of the other studies.
TRANSFORMER = "bible_transformer"
TRANSFORMER_CHANGES = [
    ("int4_fp8", "", []),
    ("int4_fp8", "MLPs in fp16", ["recipe_file.precision.layers.*fc*=fp16"]),
    ("int4_fp8", "attention in fp16", ["recipe_file.precision.attention=fp16"]),
    ("int4_fp8", "alphas fitted", ["pact.fit_every=16"]),
    ("luq", "alphas fitted", ["pact.fit_every=16"]),
    ("both_phases", "stochastic", ["recipe_file.gradients=radix4_tpr_stochastic"])]
# The lines of each study's table; those that it does not train itself are the ablation's.
RECIPES_OF = {"ablation": [*ABLATION, "pointwise_fp8"],
              "gradient_formats": ["fp32", "int4_fp4", "no_tpr", *GRADIENTS],
              "other_formats": ["fp32", "int4_fp4", *OTHERS],
              "loss_scaling": ["fp32", "int4_fp4", *SCALING],
              "candidates": ["fp32", "int4_fp4", "dw_fp8", *ONE_GEMM, *CANDIDATES]}
# By the final training loss, which is expected to grow from each to the next.
LOSS_ORDER = ["fp32", "int4_forward", "int4_fp4", "no_tpr", "radix2"]
CHUNKS = [16, 32, 64, 128, 256]
CHUNKS_BY_SEEDS = [16, 64, 256]  # the ends and the shipped one; those between with the first seed only
ACCUMULATORS = ["fp16", "fp16x2", "fp32"]
TASKS_GEOMETRY = (64, "fp16x2")  # of every other training: the ablation's rows are these


def trainings(recipes, tasks=EPOCHS, seeds=tuple(SEEDS)):
    return [Case(task, recipe, seed, EPOCHS[task]) for seed in seeds for task in tasks
            for recipe in recipes]


def first_seed(recipes, tasks=EPOCHS):
    """All seeds of all would take days."""
    return trainings(recipes, tasks, SEEDS[:1])


def other_seeds(recipes):
    return trainings(recipes, [LONG_TASK], SEEDS[1:])


def ablation():
    return trainings(ABLATION) + trainings(["pointwise_fp8"], POINTWISE_TASKS)


def gradient_formats():
    return first_seed(GRADIENTS, [LONG_TASK, "bible_lstm"]) + other_seeds(["radix2"])


def other_formats():
    return first_seed(OTHERS)


def loss_scaling():
    return first_seed(SCALING, [LONG_TASK, "bible_lstm"]) + other_seeds(SCALING)


def candidates():
    return (first_seed(CANDIDATES, [LONG_TASK]) + other_seeds(FINALISTS)
            + trainings(ONE_GEMM, [LONG_TASK]) + first_seed(TEXT_CANDIDATES, TEXT_TASKS)
            + trainings(OURS, POINTWISE_TASKS) + trainings(OURS, TEXT_TASKS, SEEDS[1:])
            + first_seed(PAPERS_HARDWARE, POINTWISE_TASKS + TEXT_TASKS))


def long_training():
    return [Case(LONG_TASK, recipe, seed, LONG_EPOCHS) for seed in SEEDS
            for recipe in LONG_RECIPES]


def geometry_sets(chunk, accumulator):
    return [f"chunk_len={chunk}", f"accumulator={accumulator}"]


def geometry_scores(chunk, accumulator):
    """Test accuracies; those of the tasks' own geometry are the ablation's."""
    if (chunk, accumulator) == TASKS_GEOMETRY:
        rows = [row for row in good("ablation").values()
                if row["recipe"] == "int4_fp4" and row["task"] == LONG_TASK]
    else:
        sets = " ".join(geometry_sets(chunk, accumulator))
        rows = [row for row in good("geometry").values() if row["set"] == sets]
    return [float(row["score"]) for row in rows]


def geometry():
    """What the array's geometry costs in accuracy: chunks and accumulators of the paper's recipe."""
    return [Case(LONG_TASK, "int4_fp4", seed, EPOCHS[LONG_TASK], geometry_sets(chunk, accumulator),
                 f"chunk {chunk} {accumulator}")
            for seed in SEEDS for chunk in (CHUNKS if seed == SEEDS[0] else CHUNKS_BY_SEEDS)
            for accumulator in ACCUMULATORS if (chunk, accumulator) != TASKS_GEOMETRY]


def transformer():
    return [Case(TRANSFORMER, recipe, SEEDS[0], EPOCHS[TRANSFORMER], sets, label)
            for recipe, label, sets in TRANSFORMER_CHANGES]


def loss_order():
    """The smallest network, short enough for a nightly run: do the training losses stand in order?"""
    return [Case(LONG_TASK, recipe, seed, 8, ["network=../networks/resnet8_w8.yaml", "validation=0"],
                 "width 8", limits=(10000, 1000)) for seed in SEEDS for recipe in LOSS_ORDER]


def verilog():
    """One epoch on the Verilated tiles, and the same by the model: the weights are to be the same."""
    return [Case(LONG_TASK, "int4_fp4", SEEDS[0], 1, engine=engine) for engine in ("model", "rtl")]


STUDIES = {"ablation": ablation, "gradient_formats": gradient_formats,
           "other_formats": other_formats, "loss_scaling": loss_scaling,
           "candidates": candidates, "long_training": long_training, "transformer": transformer,
           "geometry": geometry, "loss_order": loss_order, "verilog": verilog}
