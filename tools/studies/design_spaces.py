"""Studies that are sweeps (configs/sweeps): what is kept of their points, the tables and figures of SWEEPS.md."""
import csv
import os

from figure import Figure, style
from markdown import number, table
from result_file import RESULTS
from runner import ROOT, figure

PAGE = ROOT / "tools/studies/SWEEPS.md"
FOLDER = RESULTS / "sweeps"

# Figures of result.json that are kept of each point, beside what is varied.
COMMON = ["time_s", "energy_j.total", "energy_j.dram", "speedup_vs_fp16", "energy_gain_vs_fp16", "area_mm2.total",
          "peak_tops", "utilization", "cycles", "streaming_cycles", "stalls.weight_load", "stalls.fill_drain",
          "stalls.fp16_tile", "stalls.sfu", "stalls.dram", "stalls.token", "dram.peak_gb_per_s", "dram.utilization",
          "dram.bytes_read", "dram.bytes_written", "peak_ratio_vs_fp16", "baseline_fp16.time_s",
          "baseline_fp16.energy_j.total", "baseline_fp16.cycles", "baseline_fp16.stalls.weight_load",
          "baseline_fp16.stalls.sfu", "baseline_fp16.stalls.dram", "baseline_fp16.dram.bytes_read",
          "baseline_fp16.dram.bytes_written"]
EPOCH = ["epoch.time_s", "epoch.energy_j", "epoch.energy_range_j.low", "epoch.energy_range_j.high",
         "epoch.battery_percent", "epoch.baseline_fp16.time_s", "epoch.baseline_fp16.energy_j"]
SWEEPS = {"edge_array": COMMON, "edge_array_transformer": COMMON, "dram_bandwidth": COMMON,
          "phone_training": COMMON + EPOCH}
NETWORKS = {"resnet18": "ResNet-18", "resnet50": "ResNet-50", "bert_base": "BERT-base"}
SHOWN_KIB = "2048"


def file_of(sweep):
    """What is kept of a sweep's points: each one's number, settings, figures of the study."""
    return FOLDER / f"{sweep}.csv"


def rounded(text):
    try:
        return text if text.lstrip("-").isdigit() else figure(float(text))
    except ValueError:
        return text  # a word


def keep(sweep, points_csv, program):
    """Of a sweep's points.csv; `program` is what `nibblesim --version` says first."""
    with open(points_csv, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    settings = [key for key in rows[0] if key.startswith("set.")]
    columns = ["number", *settings, *SWEEPS[sweep], "fault", "program"]
    FOLDER.mkdir(exist_ok=True)
    fresh = file_of(sweep).with_suffix(".new")
    with open(fresh, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            figures = {key: rounded(row[key]) for key in SWEEPS[sweep]}
            writer.writerow({**row, **figures, "program": program})
    os.replace(fresh, file_of(sweep))


def points(sweep, failed=False):
    """Rows by column; those that failed have no figures."""
    with open(file_of(sweep), newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if (row["fault"] != "") == failed]


def front(rows, keys):
    """Those that none beats where less of each key is better, by the first key."""
    def figures(row):
        return [float(row[key]) for key in keys]

    best = [row for row in rows
            if not any(all(a <= b for a, b in zip(figures(other), figures(row))) and figures(other) != figures(row)
                       for other in rows)]
    return sorted(best, key=figures)


def array(row):
    return f"{row['set.chip.tile.lanes']} x {row['set.chip.tile.columns']}"


def arrays_table(sweep):
    """Step and speed-up of each array with each memory, at one size of the scratchpad. The peak ratio is that with the
    fastest memory: the shape of the FP16 twin, which is the fastest of its area, depends on the memory a little."""
    rows = [row for row in points(sweep) if row["set.chip.scratchpad.kib"] == SHOWN_KIB]
    memories = sorted({float(row["dram.peak_gb_per_s"]) for row in rows})
    lines = {}
    for row in rows:
        lines.setdefault((float(row["peak_tops"]), array(row)), {})[float(row["dram.peak_gb_per_s"])] = row

    def cell(row):
        return f"{number(float(row['time_s']) * 1e3, 3)} ({number(row['speedup_vs_fp16'], 3)})"

    return table(["TOPS", "lanes x columns", "peak ratio", *(f"{memory:g} GB/s" for memory in memories)],
                 [[number(peak, 3), name, number(line[memories[-1]]["peak_ratio_vs_fp16"], 3),
                   *(cell(line[memory]) for memory in memories)]
                  for (peak, name), line in sorted(lines.items())], words=0)


def arrays_figure(path):
    """Step over area, a colour a memory, a panel a network."""
    drawing = Figure(path, 900, 400, 1, 2, "each point a chip: arrays and scratchpads")
    for title, sweep, span in (("ResNet-18", "edge_array", "[5:45]"), ("Transformer", "edge_array_transformer", "[30:200]")):
        rows = points(sweep)
        drawing.set("logscale xy", "xlabel 'area, mm^2 at 45 nm'", "ylabel 'training step, ms'", f"title '{title}'",
                   f"yrange {span}", "xrange [5:45]", "key below", "xtics (6, 8, 12, 16, 24, 36)",
                   "ytics (6, 8, 12, 16, 24, 36, 48, 72, 100, 150)")
        memories = sorted({float(row["dram.peak_gb_per_s"]) for row in rows})
        drawing.plot([(f"{memory:g} GB/s", style(i + 1, "points") + f" pt {(7, 5, 9, 13)[i]} ps 0.5",
                      [(float(row["area_mm2.total"]), float(row["time_s"]) * 1e3) for row in rows
                       if float(row["dram.peak_gb_per_s"]) == memory]) for i, memory in enumerate(memories)])
    drawing.draw()


def is_true(row, key):
    return row[f"set.{key}"] == "true"


def bandwidth_lines():
    """((network, batch, whether arrays and SFU are ideal), {GB/s, or infinite: row})."""
    lines = {}
    for row in points("dram_bandwidth"):
        name = row["set.network"], int(row["set.batch"]), is_true(row, "chip.ideal.array")
        memory = float("inf") if is_true(row, "chip.ideal.dram") else float(row["dram.peak_gb_per_s"])
        lines.setdefault(name, {})[memory] = row
    return sorted(lines.items(), key=lambda line: (list(NETWORKS).index(line[0][0]), line[0][1], not line[0][2]))


def bandwidth_table():
    lines = bandwidth_lines()
    memories = sorted({memory for _, line in lines for memory in line})
    heads = [f"{memory:g} GB/s" if memory < float("inf") else "no limit" for memory in memories]
    return table(["network", "batch", "arrays and SFU", *heads],
                 [[NETWORKS[network], str(batch), "ideal" if ideal else "real",
                   *(number(line[memory]["speedup_vs_fp16"], 3) if memory in line else "–" for memory in memories)]
                  for (network, batch, ideal), line in lines], words=3)


def bandwidth_figure(path):
    """Speed-up over bandwidth; dashed with nothing but the memory, full with real arrays and SFU."""
    drawing = Figure(path, 900, 400, 1, 2, "dashed: the memory is the only limit; lines: real arrays and SFU too")
    for batch in (1, 8):
        drawing.set("logscale x 2", "xlabel 'DRAM bandwidth, GB/s, of arrays of 8.2 TOPS'", "yrange [0:8]",
                   "xtics (26 25.6, 51 51.2, 102 102.4, 205 204.8, 410 409.6, 819 819.2)", "key bottom right",
                   "ylabel 'speed-up over FP16'", f"title 'batch {batch}'",
                   "arrow 1 from graph 0, first 7.31 to graph 1, first 7.31 nohead dt 3 lc rgb '#404040'",
                   "label 1 'peak ratio 7.3' at graph 0.02, first 7.6 font ',11'")
        curves = []
        for (network, of_batch, ideal), line in bandwidth_lines():
            if of_batch == batch:
                index = list(NETWORKS).index(network) + 4
                curves.append(("" if ideal else NETWORKS[network], style(index, dash=2 if ideal else 1),
                               [(memory, float(row["speedup_vs_fp16"])) for memory, row in sorted(line.items())
                                if memory < float("inf")]))
        drawing.plot(curves)
    drawing.draw()


def phone_table():
    return table(["lanes x columns", "KiB", "mm²", "GB/s", "batch", "epoch, s", "J", "range of J", "% of the battery",
                  "FP16 twin, s", "FP16 twin, J"],
                 [[array(row), row["set.chip.scratchpad.kib"], number(row["area_mm2.total"], 3),
                   number(row["dram.peak_gb_per_s"], 3), row["set.batch"],
                   number(row["epoch.time_s"], 3), number(row["epoch.energy_j"], 3),
                   f"{number(row['epoch.energy_range_j.low'])} to {number(row['epoch.energy_range_j.high'])}",
                   f"{float(row['epoch.battery_percent']):.4f}", number(row["epoch.baseline_fp16.time_s"], 3),
                   number(row["epoch.baseline_fp16.energy_j"], 3)]
                  for row in front(points("phone_training"), ["epoch.time_s", "epoch.energy_j"])], words=0)


def phone_figure(path):
    """Time over energy of an epoch, a colour an array."""
    rows = points("phone_training")
    drawing = Figure(path, 700, 420, caption="each point a chip and a batch; its FP16 twin is open")
    drawing.set("logscale xy", "xlabel 'an epoch takes, J'", "ylabel 'an epoch takes, s'", "yrange [1.8:16]", "xrange [2.3:16]",
               "key outside right title 'lanes x columns'", "ytics (2, 3, 4, 6, 8, 12)", "xtics (3, 4, 6, 8, 12)")
    curves = []
    for i, name in enumerate(dict.fromkeys(map(array, rows))):
        own = [row for row in rows if array(row) == name]
        for title, part, mark in ((name, "", 7), ("", "baseline_fp16.", 6)):
            curves.append((title, style(i + 1, "points") + f" pt {mark} ps 0.5",
                           [(float(row[f"epoch.{part}energy_j"]), float(row[f"epoch.{part}time_s"])) for row in own]))
    drawing.plot(curves)
    drawing.draw()


TABLES = {"arrays": lambda: arrays_table("edge_array"),
          "arrays transformer": lambda: arrays_table("edge_array_transformer"),
          "bandwidth": bandwidth_table, "phone": phone_table}
DRAWN = {"arrays": arrays_figure, "bandwidth": bandwidth_figure, "phone": phone_figure}


def draw():
    for name, drawn in DRAWN.items():
        drawn(FOLDER / f"{name}.svg")
