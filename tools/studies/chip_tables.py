"""Tables of tools/studies/README.md: chips and networks. tables.py writes them."""
import chip_studies as studies
from markdown import commits_of, number, percent, table
from result_file import ResultFile, good
from runner import ROOT

PAGE = ROOT / "tools/studies/README.md"
PUBLISHED = {"fp8": 2.0, "int4_fp16": 1.4, "int4_fp8": 2.7, "int4_fp4": 7.3, "dw_fp8": 3.9,
             "conv1x1_fp8": 4.0, "bottom1x1_fp8": 5.2}
TITLES = {"fp8": "FP8/FP8", "int4_fp16": "INT4/FP16", "int4_fp8": "INT4/FP8",
          "int4_fp4": "INT4/FP4", "dw_fp8": "INT4, dx FP4, dW FP8",
          "conv1x1_fp8": "INT4/FP4, 1x1 in FP8", "bottom1x1_fp8": "INT4/FP4, bottom 1x1 in FP8"}
WATERFALL = {"x_peak": "peak ratio", "x_high_precision": "high precision", "x_array": "array",
             "x_other": "other", "x_sfu": "SFU", "x_ring": "ring", "x_dram": "DRAM"}


def stall(row):
    if row["main_stall"] == "":
        return "–"
    return f"{row['main_stall']} {100 * float(row['main_stall_share']):.0f} %"


def density_table():
    rows = good("density")
    return table(["forward / gradients", "published", "simulated", "off"],
                 [[TITLES[name], f"{PUBLISHED[name]:.1f}", number(rows[name]["speedup"], 3),
                   f"{100 * (float(rows[name]['speedup']) / PUBLISHED[name] - 1):+.1f} %"]
                  for name in PUBLISHED if name in rows])


def fig6c_rows(chip):
    """Runs by network, batch and row. The row INT4/FP4 with a network's own rules is what the study of
    all networks trains."""
    rows = {(row["network"], int(row["batch"]), "int4_fp4"): row
            for row in good("all_networks").values()
            if row["chip"] == chip and row["mode"] == "training"}
    for row in good("fig6c").values():
        if row["chip"] == chip:
            rows[row["network"], int(row["batch"]), row["row"]] = row
    return rows


def fig6c_places(chip):
    """Network and batch of the lines of a chip's table."""
    extra = studies.PAPER_EXTRA.get(chip)
    first = [(studies.PAPER_NETWORK, extra)] if extra else []
    usual = studies.BATCH[chip, studies.TRAINED]
    return first + [(name, usual) for name in studies.NETWORKS]


def speedup(rows, place, row):
    """Over the FP16 twin of the row INT4/FP4 where the run had none: its time is the same for all
    policies, as it computes everything in FP16."""
    at, known = rows.get((*place, row)), rows.get((*place, "int4_fp4"))
    if at is None or at["speedup"] or known is None:
        return at["speedup"] if at else ""
    return float(known["speedup"]) * float(known["time_ms"]) / float(at["time_ms"])


def fig6c_table(chip):
    rows, at_density = fig6c_rows(chip), good("density")
    lines = [["density mode", "", *(number(at_density.get(row, {}).get("speedup", ""), 3)
                                    for row in PUBLISHED)]]
    for place in fig6c_places(chip):
        found = [speedup(rows, place, row) for row in PUBLISHED]
        if any(found):
            lines.append([place[0], str(place[1]), *(number(at, 3) for at in found)])
    return table(["network", "batch", *TITLES.values()], lines)


def factor(row, column):
    return "" if row[column] == "" else f"{float(row[column]):.2f}"


def waterfall_line(start, row):
    return [*start, *(factor(row, column) for column in ("x_density", *WATERFALL)),
            number(row["speedup"], 3)]


def waterfall_table(chip):
    """From density to speed-up of INT4/FP4, by network."""
    rows = fig6c_rows(chip)
    lines = [waterfall_line([place[0], str(place[1])], rows[(*place, "int4_fp4")])
             for place in fig6c_places(chip) if (*place, "int4_fp4") in rows]
    return table(["network", "batch", "density", *WATERFALL.values(), "measured"], lines)


def policy_waterfall_table():
    """The same for all policies of the paper's network."""
    lines = []
    for chip in studies.CHIPS:
        rows = fig6c_rows(chip)
        for row in PUBLISHED:
            at = rows.get((studies.PAPER_NETWORK, studies.paper_batch(chip), row))
            if at:
                lines.append(waterfall_line([chip, TITLES[row]], at))
    return table(["chip", "policy", "density", *WATERFALL.values(), "measured"], lines)


def mean(values):
    values = [float(value) for value in values]
    return str(sum(values) / len(values)) if values else ""


def without_dram(row):
    """TOPS/W of the chip alone."""
    return str(float(row["tops_per_w"]) / (1 - float(row["dram_energy_share"])))


def int4_inference_table():
    rows = good("int4_inference")
    lines = [[name, percent(at["utilization"]), number(at["sustained_tops"], 3),
              number(at["tops_per_w"], 3), number(without_dram(at), 3), number(at["power_w"], 3),
              stall(at), percent(at["dram_utilization"])]
             for name in studies.NETWORKS if (at := rows.get(name))]
    lines.append(["**mean**", percent(mean(at["utilization"] for at in rows.values())),
                  number(mean(at["sustained_tops"] for at in rows.values()), 3),
                  number(mean(at["tops_per_w"] for at in rows.values()), 3),
                  number(mean(map(without_dram, rows.values())), 3), "", "", ""])
    return table(["network", "utilization", "TOPS", "TOPS/W", "without DRAM", "W", "main stall",
                  "DRAM busy"], lines)


def hfp8_share(row):
    return str(float(row["sustained_tops"]) / float(row["fp8_peak_tops"]))


def hfp8_training_table():
    rows = good("hfp8_training")
    lines = [[name, percent(hfp8_share(at)), number(at["sustained_tops"], 3),
              number(at["tops_per_w"], 3), at["batch"], stall(at), percent(at["dram_utilization"])]
             for name in studies.NETWORKS if (at := rows.get(name))]
    lines.append(["**mean**", percent(mean(hfp8_share(at) for at in rows.values())),
                  number(mean(at["sustained_tops"] for at in rows.values()), 3),
                  number(mean(at["tops_per_w"] for at in rows.values()), 3), "", "", ""])
    return table(["network", "of FP8 peak", "TFLOPS a chip", "TFLOPS/W", "batch a chip",
                  "main stall", "DRAM busy"], lines)


def extent(values, show):
    """Least, most and mean; `show` gives text and unit."""
    values = sorted(map(float, values))
    if not values:
        return "–"
    return "{} – {}, mean {}".format(*(show(str(at)) for at in
                                       (values[0], values[-1], mean(values))))


def calibration_table():
    """What RaPiD published (FACTS section 7) and the same of the studies' runs."""
    inference, training = good("int4_inference").values(), good("hfp8_training").values()

    def tops(text):
        return number(text, 2)

    def share(text):
        return f"{100 * float(text):.0f} %"

    return table(["", "published", "here", "here without DRAM"], [
        ["INT4 inference, batch 1: TOPS/W", "3 – 13.5, mean 7",
         extent((at["tops_per_w"] for at in inference), tops),
         extent(map(without_dram, inference), tops)],
        ["HFP8 training, minibatch 512: share of the FP8 peak", "13 % – 77 %, mean 26 %",
         extent(map(hfp8_share, training), share), ""]])


def sensitivity_table():
    rows = good("sensitivity")
    networks = studies.SENSITIVITY_NETWORKS
    lines = []
    for label, _ in studies.SENSITIVITIES:
        found = [rows.get(f"{network} {label}") for network in networks]
        lines.append([label] + [f"{percent(at['utilization'])}, {number(at['tops_per_w'], 3)}"
                                if at else "–" for at in found])
    return table(["changed", *networks], lines)


def hfp8_sensitivity_table():
    base, rows = good("hfp8_training"), good("hfp8_sensitivity")
    labels = [label for label, _ in (*studies.HFP8_CHANGES, studies.HFP8_SERVER)]
    places = [("as published", base, "{network}"),
              *((label, rows, "{network} " + label) for label in labels)]
    lines = []
    for label, of, name in places:
        found = [of.get(name.format(network=network)) for network in studies.HFP8_NETWORKS]
        lines.append([label] + [f"{percent(hfp8_share(at))}, {stall(at)}" if at else "–"
                                for at in found])
    return table(["changed", *studies.HFP8_NETWORKS], lines)


def commits_table():
    return commits_of(studies.STUDIES)


def gain(row, key):
    """The gain with its range, in two digits; runs of before the range have none."""
    if not row.get(f"{key}_low"):
        return number(row.get(key, ""), 2)
    middle, low, high = (number(row[name], 2) for name in (key, f"{key}_low", f"{key}_high"))
    return f"{middle} ({low} to {high})"


def all_networks_table(chip):
    rows = [row for row in ResultFile("all_networks").rows.values() if row["chip"] == chip]
    order = {name: place for place, name in enumerate(studies.NETWORKS)}
    rows.sort(key=lambda row: (row["mode"], order[row["network"]], int(row["batch"])))
    lines = []
    for row in rows:
        start = [row["network"], row["mode"], row["batch"]]
        if row["fault"]:
            lines.append([*start, row["fault"], *[""] * 8])
            continue
        lines.append([*start, f"{int(row['cycles']):,}", number(row["time_ms"], 3),
                      percent(row["utilization"]), number(row["speedup"], 3),
                      gain(row, "energy_gain"), gain(row, "gain_without_dram"), stall(row),
                      number(row["dram_mb"], 3),
                      row["host_s"]])
    return table(["network", "mode", "batch", "cycles", "ms", "utilization", "speed-up",
                  "energy gain", "without DRAM", "main stall", "DRAM MB", "host s"], lines)


TABLES = {"commits": commits_table, "density": density_table,
          "int4_inference": int4_inference_table, "calibration": calibration_table,
          "hfp8_training": hfp8_training_table, "hfp8_sensitivity": hfp8_sensitivity_table,
          "sensitivity": sensitivity_table,
          "policy waterfalls": policy_waterfall_table}
for _chip in studies.CHIPS:
    TABLES[f"fig6c {_chip}"] = lambda chip=_chip: fig6c_table(chip)
    TABLES[f"waterfall {_chip}"] = lambda chip=_chip: waterfall_table(chip)
    TABLES[f"all_networks {_chip}"] = lambda chip=_chip: all_networks_table(chip)
