// The chip beside its twin: the figures that decide, then both in a table.
import { h, section } from "../dom.js";
import { keyFigures } from "../figures.js";
import { simpleTable } from "../simple_table.js";
import { epochTable } from "./epoch.js";
import { grouped, percent, plain, times, withUnit } from "../units.js";

function gainRange({ low, high }) {
  return `${low.toFixed(2)} to ${high.toFixed(2)} by the range of published energies`;
}

function figures(r) {
  const twin = r.baseline_fp16;
  const against = twin
    ? `against ${twin.precision === "fp8" ? "an FP8" : "an FP16"} chip, ${twin.kind.replace("_", " ")}`
    : null;
  return keyFigures([
    ["Speed-up", twin ? times(r.speedup_vs_fp16) : null, against],
    [
      "Energy gain",
      twin ? times(r.energy_gain_vs_fp16) : null,
      twin ? gainRange(r.energy_gain_range_vs_fp16) : null,
    ],
    ["Peak ratio", twin ? times(r.peak_ratio_vs_fp16) : null, "MACs per second of the main arrays"],
    ["Time", withUnit(r.time_s, "s"), `${grouped(r.cycles)} cycles at ${plain(r.clock_mhz)} MHz`],
    ["Energy", withUnit(r.energy_j.total, "J"), `${withUnit(r.average_power_w, "W")} on average`],
    [
      "Utilization",
      percent(r.cycles_at_peak / r.cycles),
      `FP16 tile included; main array ${percent(r.utilization)}`,
    ],
    [
      "Sustained",
      `${r.sustained_tops.toFixed(2)} TOPS`,
      `of ${plain(r.peak_tops)} at peak; ${plain(r.tops_per_w)} TOPS/W`,
    ],
  ]);
}

function comparison(r) {
  const twin = r.baseline_fp16;
  const array = (chip) =>
    `${chip.cores > 1 ? `${chip.cores} × ` : ""}${chip.array.tiles} × ${chip.array.lanes} × ${chip.array.columns}`;
  const line = (name, of, gain) => [
    name,
    of(r),
    ...(twin ? [of(twin), gain === undefined ? "" : times(gain)] : []),
  ];
  return simpleTable({
    caption: twin
      ? `4-bit chip beside its twin (${twin.kind}, ${twin.precision})`
      : "The chip, with no FP16 twin beside it",
    columns: [
      { title: "" },
      { title: r.chip, number: true },
      ...(twin
        ? [
            { title: twin.chip, number: true },
            { title: "gain", number: true },
          ]
        : []),
    ],
    rows: [
      line(`array: ${r.cores > 1 ? "cores × " : ""}tiles × lanes × columns`, array),
      line("peak", (chip) => `${chip.peak_tops.toFixed(2)} TOPS`, r.peak_ratio_vs_fp16),
      line("time", (chip) => withUnit(chip.time_s, "s"), r.speedup_vs_fp16),
      line("cycles", (chip) => grouped(chip.cycles)),
      line("energy", (chip) => withUnit(chip.energy_j.total, "J"), r.energy_gain_vs_fp16),
      line(
        "energy without DRAM",
        (chip) => withUnit(chip.energy_j.total - chip.energy_j.dram, "J"),
        r.energy_gain_without_dram,
      ),
      line("power of arrays at full rate", (chip) => withUnit(chip.array_power_w, "W")),
      line("utilization of the main array", (chip) => percent(chip.utilization)),
      line("utilization, FP16 tile included", (chip) => percent(chip.cycles_at_peak / chip.cycles)),
      line("sustained, FP16 tile included", (chip) => `${chip.sustained_tops.toFixed(3)} TOPS`),
      line("area", (chip) => `${chip.area_mm2.total.toFixed(2)} mm²`),
    ],
  });
}

export function chipsSection(r) {
  return section(
    "chips",
    "Chip and twin",
    figures(r),
    comparison(r),
    h("p", { class: "note" }, "1 MAC is 2 operations. What each figure means: sim/DESIGN.md, section 6."),
    epochTable(r),
  );
}
