"""A run of `nibblesim run`: the command line of a case, and what of its result.json goes into the CSV."""
import json

from runner import ROOT, figure

LOSSES = {  # names in loss_waterfall -> columns
    "array density": "x_density",
    "peak ratio": "x_peak",
    "high-precision layers": "x_high_precision",
    "fill/drain, weight loads, partial tiles": "x_array",
    "other": "x_other",
    "sfu": "x_sfu",
    "ring": "x_ring",
    "dram": "x_dram",
}
COLUMNS = ["name", "network", "chip", "mode", "batch", "row", "cycles", "time_ms", "utilization",
           "sustained_tops", "peak_tops", "fp8_peak_tops", "tops_per_w", "power_w", "speedup", "energy_gain",
           "energy_gain_low", "energy_gain_high", "gain_without_dram", "gain_without_dram_low",
           "gain_without_dram_high", "twin",
           "main_stall", "main_stall_share", "dram_mb", "dram_utilization", "dram_energy_share",
           *LOSSES.values(), "host_s", "fault", "commit", "host", "experiment",
           "set"]


class Case:
    """An experiment file with --set options; its name is unique in its study."""

    timeout_s = 1800

    def __init__(self, name, experiment, sets, row=""):
        self.name = name
        self.experiment = experiment
        self.sets = sets
        self.row = row

    def command(self, program, folder=None):
        """Without a folder as one would type it; nothing is written in any case."""
        line = [str(program), "run", f"configs/experiments/{self.experiment}.yaml"]
        for change in self.sets:
            line += ["--set", change]
        return [*line, "--json"] if folder else line

    def kin(self):
        """Runs of one kin take time in proportion to their amount()."""
        return "simulation", self.set_value("network"), self.set_value("mode")

    def amount(self):
        return int(self.set_value("batch"))

    def blank_row(self):
        row = dict.fromkeys(COLUMNS, "")
        row.update(name=self.name, row=self.row, experiment=self.experiment,
                   set=" ".join(self.sets))
        row.update({key: self.set_value(key) for key in ("network", "chip", "mode", "batch")})
        return row

    @staticmethod
    def figures(output, _folder):
        return figures(json.loads(output))

    @staticmethod
    def summary(row):
        return row["speedup"] + " x" if row["speedup"] else "good"

    def set_value(self, key):
        for change in reversed(self.sets):
            if change.startswith(key + "="):
                return change.partition("=")[2]
        for line in (ROOT / f"configs/experiments/{self.experiment}.yaml").read_text().splitlines():
            if line.startswith(key + ":"):
                return line.partition(":")[2].split("#")[0].strip()
        return ""


def main_stall(result):
    """The cause that took most cycles of the main array, its share of them."""
    cause, cycles = max(result["stalls"].items(), key=lambda at: at[1])
    all_arrays = result["streaming_cycles"] + sum(result["stalls"].values())
    return cause, cycles / all_arrays


def fp8_peak_tops(result):
    """Of the FP16 tiles of all cores, which run HFP8 at twice their rate; 1 MAC is 2 operations."""
    fmas = result["array"]["fp16_tile_fmas"] * result.get("cores", 1)
    return 2 * 2 * fmas * result["clock_mhz"] * 1e6 / 1e12


def twin_text(array):
    return f"{array['tiles']}x{array['lanes']}x{array['columns']}"


def figures(result):
    cause, share = main_stall(result)
    dram = result["dram"]
    energy = result["energy_j"]
    row = {
        "cycles": str(result["cycles"]),
        "time_ms": figure(result["time_s"] * 1e3),
        "utilization": figure(result["utilization"]),
        "sustained_tops": figure(result["sustained_tops"]),
        "peak_tops": figure(result["peak_tops"]),
        "fp8_peak_tops": figure(fp8_peak_tops(result)),
        "tops_per_w": figure(result["tops_per_w"]),
        "power_w": figure(result["average_power_w"]),
        "main_stall": cause,
        "main_stall_share": figure(share),
        "dram_mb": figure((dram["bytes_read"] + dram["bytes_written"]) / 1e6),
        "dram_utilization": figure(dram["utilization"]),
        "dram_energy_share": figure(energy["dram"] / energy["total"]),
    }
    if "baseline_fp16" in result:
        row.update(speedup=figure(result["speedup_vs_fp16"]),
                   energy_gain=figure(result["energy_gain_vs_fp16"]),
                   energy_gain_low=figure(result["energy_gain_range_vs_fp16"]["low"]),
                   energy_gain_high=figure(result["energy_gain_range_vs_fp16"]["high"]),
                   gain_without_dram=figure(result["energy_gain_without_dram"]),
                   gain_without_dram_low=figure(result["energy_gain_range_without_dram"]["low"]),
                   gain_without_dram_high=figure(result["energy_gain_range_without_dram"]["high"]),
                   twin=twin_text(result["baseline_fp16"]["array"]))
    for loss in result.get("loss_waterfall", []):
        row[LOSSES[loss["name"]]] = figure(loss["factor"])
    return row
