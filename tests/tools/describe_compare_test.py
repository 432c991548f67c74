"""`nibblesim describe` and `compare` as a user runs them: pages of all chips, and of two real runs.

Usage: describe_compare_test.py NIBBLESIM
"""
import json
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CHIPS = ("density", "edge", "rapid", "server")
WIDTH = 100
RUN = ("run", "configs/experiments/quickstart.yaml", "--engine", "timing", "--set", "waterfall=false")


def printed(*arguments):
    done = subprocess.run([sys.argv[1], *arguments], cwd=SOURCE, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=True)
    return done.stdout


def check(condition, what):
    """Unlike assert, also where Python optimises."""
    if not condition:
        sys.exit(f"FAILED: {what}")
    print(f"good: {what}")


def narrow(page):
    return max(map(len, page.splitlines())) <= WIDTH


def check_descriptions():
    for chip in CHIPS:
        page = printed("describe", chip)
        check(narrow(page), f"the page of {chip} keeps to {WIDTH} columns")
        check(page == printed("describe", f"configs/chips/{chip}.yaml"), f"{chip} by name and by path")
        assumed = [line for line in (SOURCE / f"configs/chips/{chip}.yaml").read_text().splitlines()
                   if "ASSUMED:" in line]
        told = [at for at in json.loads(printed("describe", chip, "--json"))["assumed"]
                if at["file"] == f"configs/chips/{chip}.yaml"]
        check(len(told) == len(assumed), f"all {len(assumed)} guesses of {chip} are told")
    short = json.loads(printed("describe", "edge", "--json", "--set", "tile.accumulator_rows=64"))
    long = json.loads(printed("describe", "edge", "--json", "--set", "chip.tile.accumulator_rows=64"))
    check(short.pop("overrides") != long.pop("overrides") and short == long,
          "a key means the same with and without chip. before it")
    check("tile.accumulator_rows" not in {at["key"] for at in short["assumed"]},
          "what an option sets is no guess any more")
    check(printed("describe", "edge", "--energy", "horowitz_45nm") == printed("describe", "edge"),
          "the chip's own energy table by name")


def check_run_agrees(folder):
    """What a chip is said to be before a run is what the run says of it."""
    result = json.loads((folder / "result.json").read_text())
    facts = json.loads(printed("describe", "edge", "--json"))
    for key in ("chip", "cores", "array", "silicon", "energy_table", "clock_mhz", "peak_tops",
                "scratchpad_bytes", "area_mm2", "ideal"):
        check(facts[key] == result[key], f"{key} of the description is the run's")
    ratio = facts["twin"]["peak_ratio_vs_fp16"]
    check(ratio["low"] <= result["peak_ratio_vs_fp16"] <= ratio["high"],
          "the twin that a run chose is one of those described")


def check_comparison(a, b):
    result_a, result_b = (json.loads((folder / "result.json").read_text()) for folder in (a, b))
    compared = json.loads(printed("compare", str(a), str(b / "result.json"), "--json"))
    difference = result_b["cycles"] * result_b["cores"] - result_a["cycles"] * result_a["cores"]
    check(sum(cause["difference_cycles"] for cause in compared["causes"]) == difference,
          "causes add up to the difference of cycles x cores")
    alone = [sum(stage["cycles"] for stage in compared[key]) for key in ("only_in_a", "only_in_b")]
    check(sum(layer["difference_cycles"] for layer in compared["layers"]) + alone[1] - alone[0] ==
          result_b["cycles"] - result_a["cycles"], "layers add up to the difference of cycles")
    check(sum(layer["count"] for layer in compared["layers"]) + len(compared["only_in_a"]) ==
          len(result_a["layers"]), "every stage of A is told once")
    joules = sum(part["difference_j"] for part in compared["energy"])
    wanted = result_b["energy_j"]["total"] - result_a["energy_j"]["total"]
    check(abs(joules - wanted) <= 1e-9 * abs(wanted), "parts add up to the difference of the energy")
    page = printed("compare", str(a), str(b), "--top", "3")
    check(narrow(page.split("\n", 4)[4]), f"the page below its file names keeps to {WIDTH} columns")
    check(" ".join(page.split("In short\n--------\n")[1].split()) == compared["words"],
          "the page ends with the words of the JSON")


def main():
    check_descriptions()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        runs = {"plain": (), "narrow": ("--set", "chip.dram.channels=1"), "rapid": ("--set", "chip=rapid")}
        for run, options in runs.items():
            printed(*RUN, "-o", str(folder / run), *options)
        check_run_agrees(folder / "plain")
        check_comparison(folder / "plain", folder / "narrow")
        check_comparison(folder / "plain", folder / "rapid")
        same = json.loads(printed("compare", str(folder / "plain"), str(folder / "plain"), "--json"))
        check(same["setup"] == [] and "same time" in same["words"], "a result beside itself")
        words = json.loads(printed("compare", str(folder / "plain"), str(folder / "narrow"), "--json"))
        check("dram (DMA moves data) takes" in words["words"], "fewer channels are told as dram")


if __name__ == "__main__":
    main()
