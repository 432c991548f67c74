"""The broken inputs of the commands that look at chips, or at many results: describe, compare, report, sweep."""
import pathlib
import shutil

from bad_input_case import Case
from spoilt_files import append, replace, write

EXPERIMENT = "configs/experiments/quickstart.yaml"
CHIP = "configs/chips/edge.yaml"
NETWORK = "configs/networks/resnet8_w16.yaml"
SWEEP = "configs/sweeps/first_steps.yaml"
NO_CHARTS = "nibblesim report: this program was built .*"  # where npm's registry was not there
RESULT = pathlib.Path(__file__).resolve().parents[1] / "sim/report/result.json"


def report(name, result, says):
    """A report of a folder whose result.json is broken."""
    return Case(name, ["report", "out"], says,
                lambda root: ((root / "out").mkdir(), write("out/result.json", result)(root)))


def finished_run(root):
    """A folder as `nibblesim run -o out` leaves it."""
    (root / "out").mkdir()
    shutil.copy(RESULT, root / "out/result.json")


RESULT_CASES = [
    Case("a description of a chip that does not exist", ["describe", "egde"],
         r"nibblesim describe: unknown chip egde \(did you mean edge\?\), allowed are density, edge, rapid, "
         r"server, or the path of such a file"),
    Case("a description of a chip's file that does not exist", ["describe", "configs/chips/nine.yaml"],
         r"configs/chips/nine\.yaml: cannot be read \(No such file or directory\), .*"),
    Case("a description of a network", ["describe", NETWORK], rf"{NETWORK}:\d+:1: chip: is missing, .*"),
    Case("a description where no chips are", ["describe", "edge"],
         r"nibblesim describe: there is no chip in configs/chips, allowed is the path of .*",
         lambda root: (root / "configs").rename(root / "other")),
    Case("a description with a key that no chip has", ["describe", "edge", "--set", "tile.lane=32"],
         r"--set tile\.lane=32: tile\.lane: unknown key \(did you mean lanes\?\), .*"),
    Case("a description with a value that the chip's others do not go with",
         ["describe", CHIP, "--set", "clock_mhz=800", "--set", "chip.tile.columns=512"],
         r"--set chip\.tile\.columns=512: scratchpad\.bytes_per_cycle: 2048 cannot feed all units at "
         r"once, allowed is at least \d+"),
    Case("a description with an energy table that does not exist", ["describe", "edge", "--energy", "nine"],
         r"--energy nine: energy: unknown energy nine, allowed is horowitz_45nm"),
    Case("a description of no chip", ["describe"], r"nibblesim describe: .*chip.*required.*"),
    Case("a comparison with nothing", ["compare", "a"], r"nibblesim compare: .*B.*required.*"),
    Case("a comparison with a folder without a result", ["compare", "configs", "configs"],
         r"configs/result\.json: cannot be read \(No such file or directory\), allowed is a result\.json, .*"),
    Case("a comparison with a file that is no JSON", ["compare", CHIP, CHIP],
         rf"{CHIP}: is not JSON, allowed is a result\.json, .*"),
    Case("a comparison with a result of another schema", ["compare", "r.json", "r.json"],
         r"r\.json: schema: is \"nibblesim-result-0\", allowed is nibblesim-result-1",
         write("r.json", '{"schema": "nibblesim-result-0"}')),
    Case("a comparison with half a result", ["compare", "r.json", "r.json"],
         r"r\.json: experiment: is missing, allowed is .*",
         write("r.json", '{"schema": "nibblesim-result-1"}')),
    Case("a comparison of no layers", ["compare", "a", "b", "--top", "0"], r"nibblesim compare: .*--top.*"),
    Case("a report of no folder", ["report", "none"], r"none: does not exist, allowed is a folder that .*"),
    Case("a report of a folder without results", ["report", "configs"],
         r"configs: holds nothing to report, allowed is a folder that .*"),
    Case("a report of a file", ["report", EXPERIMENT], rf"{EXPERIMENT}: is not a folder, .*"),
    report("a report of a result that is cut off", '{"schema": "nibblesim-result-1", ',
           r"out/result\.json:1:\d+: is no JSON here, .*"),
    report("a report of another schema", '{"schema": "nibblesim-result-0"}',
           r'out/result\.json: schema: "nibblesim-result-0" is another one, allowed is nibblesim-result-1'),
    report("a report of a result without its parts", '{"schema": "nibblesim-result-1"}',
           r"out/result\.json: lacks a part of its schema: key '\w+' not found, .*"),
    Case("a report into a folder that is not there", ["report", "out", "-o", "none/r.html"],
         rf"none/r\.html: cannot be written \(No such file or directory\), .*|{NO_CHARTS}", finished_run),
    Case("a report in place of a folder", ["report", "out", "-o", "configs"], rf"configs: .*directory.*|{NO_CHARTS}", finished_run),
    Case("a sweep without a folder", ["sweep", SWEEP], r"nibblesim sweep: --output is required, see .*"),
    Case("a sweep that does not exist", ["sweep", "configs/sweeps/nine.yaml", "-o", "out"],
         r"configs/sweeps/nine\.yaml: cannot be read \(No such file or directory\), .*"),
    Case("an experiment in place of a sweep", ["sweep", EXPERIMENT, "-o", "out"],
         rf"{EXPERIMENT}:\d+:1: sweep: is missing, this is no sweep, .*"),
    Case("a sweep over no key", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}:\d+:\d+: axes\.chip\.tile\.lnaes: unknown key \(did you mean lanes\?\), .*",
         replace(SWEEP, "tile.lanes", "tile.lnaes")),
    Case("a sweep of a network that does not exist", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}:\d+:\d+: set\.network: unknown network resnet8_w61 \(did you mean resnet8_w16\?\), .*",
         replace(SWEEP, "network: resnet8_w16", "network: resnet8_w61")),
    Case("an axis with a misspelt step", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}:\d+:\d+: axes\.chip\.tile\.lanes\.fctor: unknown key \(did you mean factor\?\), .*",
         replace(SWEEP, "factor: 2", "fctor: 2")),
    Case("an axis of one value without a list", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}:\d+:\d+: axes\.chip\.tile\.columns: is neither a list nor a range, allowed are \[VALUE, \.\.\.\] and .*",
         replace(SWEEP, r"columns: \[32, 64\]", "columns: 32")),
    Case("an axis with a value twice", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}:(\d+):27: axes\.chip\.tile\.columns: 32 stands at \1:23 already, allowed is each value once",
         replace(SWEEP, r"columns: \[32, 64\]", "columns: [32, 32]")),
    Case("an axis with a value that is no number", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}:\d+:31: axes\.chip\.tile\.columns: sixty is not a whole number, .*",
         replace(SWEEP, r"columns: \[32, 64\]", "columns: [32, 64, sixty]")),
    Case("an axis with a value out of range", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}:\d+:23: axes\.chip\.tile\.columns: 0 is out of range, .*",
         replace(SWEEP, r"columns: \[32, 64\]", "columns: [0, 32]")),
    Case("a misspelt bound", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}:\d+:\d+: constraints\[0\]\.atmost: unknown key \(did you mean at_most\?\), .*",
         append(SWEEP, "constraints: [{key: area_mm2.total, atmost: 10}]\n")),
    Case("a grid bounded by a figure of results", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}:\d+:\d+: constraints\.key: time_s is not known before a run, allowed in a grid are .*; a search may .*",
         append(SWEEP, "constraints: [{key: time_s, at_most: 0.05}]\n")),
    Case("a command of a shard's point", ["sweep", SWEEP, "--command", "1", "--shard", "1/2"],
         r"nibblesim sweep: .*--command.*"),
    Case("a sample of more points than there are", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}:\d+:\d+: sample\.points: 1000 are more than the grid has, allowed are 1 to 12, .*",
         append(SWEEP, "sample: {method: random, points: 1000}\n")),
    Case("a shard that is to delete results",
         ["sweep", SWEEP, "-o", "out", "--shard", "1/2", "--discard-other-version"],
         r"nibblesim sweep: .*--discard-other-version.*"),
    Case("a sweep with a constraint that none fulfils", ["sweep", SWEEP, "-o", "out"],
         rf"{SWEEP}: constraints: are fulfilled by none of 12 points, .*",
         append(SWEEP, "constraints: [{key: area_mm2.total, at_most: 1}]\n")),
    Case("a sweep into a file", ["sweep", SWEEP, "-o", EXPERIMENT],
         rf"{EXPERIMENT}: cannot be created \(Not a directory\), .*"),
    Case("a sweep into another database", ["sweep", SWEEP, "-o", "configs"],
         r"configs/sweep\.db: .*", write("configs/sweep.db", "these are no tables " * 100)),
    Case("a sweep by nobody", ["sweep", SWEEP, "-o", "out", "--executor", "pbs"],
         r"nibblesim sweep: --executor: .*pbs.*"),
    Case("a shard that is none", ["sweep", SWEEP, "-o", "out", "--shard", "3/2"], r"--shard.*3/2.*allowed.*"),
    Case("a shard of a search", ["sweep", "configs/sweeps/edge_search.yaml", "-o", "out", "--shard", "1/2"],
         r"configs/sweeps/edge_search\.yaml:\d+:\d+: search: asks for points by what has come of others, .*"),
]
