"""The pages of `nibblesim report` in headless Chromium, driven by Playwright: loads, numbers, sorting,
selecting, sizes and times.

Usage: report_test.py NIBBLESIM REPORT_PAGE_OF NPM_FOLDER. Makes a run, a training's folder of committed
files and made-up sweeps, and runs the *_test.mjs of this folder on their reports. Exit code 77, with the
reason, where node or chromium is not there.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[2]
SKIPPED = 77
PROCESSES = 2
METRICS = SOURCE / "configs/traces/resnet8_w16_nibble4_metrics.json"
GRADIENTS = SOURCE / "models/training/figures/int4_fp4.csv"
# Three objectives; many of the points are outside a bound of the result. And a grid that wants nothing.
SEARCHED = """sweep: searched
experiment: any_network
set: {network: resnet8_w16, batch: 8, waterfall: false}
axes:
  chip.tile.lanes: [16, 32, 64]
  chip.tile.columns: [32, 64]
  chip.dram.channels: [2, 4]
objectives:
  - {key: speedup_vs_fp16, goal: maximise}
  - {key: energy_j.total, goal: minimise}
  - {key: area_mm2.total, goal: minimise}
constraints: [{key: time_s, at_most: 0.00042}]
search: {algorithm: nsga2, population: 8, generations: 4}
"""
AIMLESS = """sweep: aimless
experiment: any_network
set: {network: resnet8_w8, waterfall: false}
axes: {chip.tile.lanes: [16, 64]}
"""
# Sixteen points of which a bound that is known beforehand leaves some; two workloads.
BOUNDED = """sweep: bounded
experiment: any_network
set: {chip: edge, twin: equal_lanes, waterfall: false}
axes:
  network: [resnet8_w8, resnet8_w16]
  chip.tile.lanes: [16, 64]
  chip.tile.columns: [16, 64]
  chip.dram.channels: [1, 4]
objectives: [{key: time_s, goal: minimise}]
constraints: [{key: peak_tops, at_most: 4}]
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def curve():
    """Lines as a training writes them: an epoch's last has the validation."""
    layers = ["s1.conv1", "s1.conv2"]
    yield ",".join(["step,epoch,loss,accuracy_percent,learning_rate,validation_loss,validation_accuracy_percent",
                    *(f"gradscale.{layer}" for layer in layers), *(f"alpha.{layer}" for layer in layers)])
    for step in range(10, 210, 10):
        loss, ends = 2.3 * 0.99**step, step % 100 == 0
        scales = [6 + step // 70, "" if step == 10 else 7]
        cells = [step, 1 + (step - 1) // 100, loss, 100 - 40 * loss, 0.1 / step, loss + 0.1 if ends else "",
                 95 - 40 * loss if ends else "", *scales, 3 - 0.001 * step, 3 + 0.002 * step]
        yield ",".join(map(str, cells))


def report(nibblesim, folder):
    subprocess.run([nibblesim, "report", folder], check=True, stdout=subprocess.DEVNULL, cwd=SOURCE)
    return str(folder)


def without_charts(nibblesim, folder):
    """Leaves the test where the build could not fetch the charts; the program says so."""
    folder.mkdir()
    (folder / "curve.csv").write_text("\n".join(curve()) + "\n")
    done = subprocess.run([nibblesim, "report", folder], capture_output=True, text=True, check=False)
    if "this program was built" in done.stderr:
        skip(done.stderr.strip())


def make_run(nibblesim, folder, *settings):
    options = [option for setting in settings for option in ("--set", setting)]
    subprocess.run([nibblesim, "run", "configs/experiments/any_network.yaml", *options, "-o", folder], check=True,
                   stdout=subprocess.DEVNULL, cwd=SOURCE)
    return report(nibblesim, folder)


def make_trainings(nibblesim, finished, begun):
    finished.mkdir()
    shutil.copy(begun / "curve.csv", finished)
    shutil.copy(METRICS, finished / "metrics.json")
    shutil.copy(GRADIENTS, finished / "gradients.csv")
    with (begun / "curve.csv").open("a") as file:
        file.write("210,3,0.2")  # a line that is being written
    return report(nibblesim, finished), report(nibblesim, begun)


def make_sweeps(node, report_page_of, folder, result):
    """The name of the small one would end the element that holds the data, were it not escaped."""
    folder.mkdir()
    script = f"""
      import {{ readFileSync, writeFileSync }} from "node:fs";
      import {{ madeUpSweep }} from {json.dumps((HERE / "made_up_sweep.mjs").as_uri())};
      const {{ layers }} = JSON.parse(readFileSync({json.dumps(str(result))}, "utf8"));
      for (const count of [50, 10000]) {{
        const sweep = madeUpSweep(count, layers);
        if (count === 50) sweep.name = "a </script><script>window.__marked = 1</script><!-- sweep";
        writeFileSync(`{folder}/${{count}}.json`, JSON.stringify(sweep));
      }}"""
    subprocess.run([node, "--input-type=module", "-e", script], check=True)
    for count in (50, 10000):
        subprocess.run([report_page_of, folder / f"{count}.json", folder / f"{count}.html"], check=True)
    return str(folder)


def run_sweep(nibblesim, folder, text):
    """A sweep that the command runs: printed.txt is what it prints, report.html its report."""
    folder.mkdir()
    (folder / "sweep.yaml").write_text(text)
    printed = subprocess.run([nibblesim, "sweep", folder / "sweep.yaml", "-o", folder], check=True,
                             capture_output=True, text=True, cwd=SOURCE).stdout
    (folder / "printed.txt").write_text(printed)
    return report(nibblesim, folder)


def passes(node, test, environment):
    done = subprocess.run([node, test], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    print(done.stdout, flush=True)
    return done.returncode == 0


def main():
    nibblesim, report_page_of, npm = (str(pathlib.Path(each).resolve()) for each in sys.argv[1:])
    node = shutil.which("node") or shutil.which("nodejs")
    chromium = shutil.which("chromium")
    if node is None:
        skip("node is not there; install the Debian package nodejs")
    if chromium is None:
        skip("chromium is not there; install the Debian package chromium")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        without_charts(nibblesim, folder / "begun")
        run = make_run(nibblesim, folder / "run", "epoch.samples=1281167", "epoch.battery_wh=15")
        training, begun = make_trainings(nibblesim, folder / "training", folder / "begun")
        sweeps = make_sweeps(node, report_page_of, folder / "sweeps", folder / "run/result.json")
        environment = os.environ | {
            "NIBBLE_NPM": npm, "NIBBLE_CHROMIUM": chromium, "NIBBLE_RUN": run, "NIBBLE_TRAINING": training,
            "NIBBLE_TRAINING_BEGUN": begun, "NIBBLE_SWEEPS": sweeps,
            "NIBBLE_ALONE": make_run(nibblesim, folder / "alone", "network=resnet8_w8", "twin=none",
                                     "epoch.samples=60000"),
            "NIBBLE_STEP": make_run(nibblesim, folder / "step", "network=resnet8_w8"),
            "NIBBLE_SEARCHED": run_sweep(nibblesim, folder / "searched", SEARCHED),
            "NIBBLE_BOUNDED": run_sweep(nibblesim, folder / "bounded", BOUNDED),
            "NIBBLE_AIMLESS": run_sweep(nibblesim, folder / "aimless", AIMLESS)}
        with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
            done = pool.map(lambda test: (test.name, passes(node, test, environment)), sorted(HERE.glob("*_test.mjs")))
            failed = [name for name, good in done if not good]
    print(f"failed: {', '.join(failed)}" if failed else "all pages are good")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
