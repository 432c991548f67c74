// Every stage with its figures: sorted and filtered as the reader likes.
import { dataTable } from "../data_table.js";
import { h } from "../dom.js";
import { kCauses } from "../palette.js";
import { bytesText, grouped, percent, withUnit } from "../units.js";
import { causesOfStage, mainStall, total } from "./causes_of.js";

/** A bar of the causes of a stage, `most` cycles wide at full width. */
export function causeBar(causes, most) {
  const text = kCauses
    .filter(({ key }) => causes[key] > 0)
    .map(({ key }) => `${key} ${percent(causes[key] / total(causes))}`)
    .join(", ");
  return h(
    "span",
    { class: "bar", role: "img", "aria-label": text, title: text },
    kCauses
      .filter(({ key }) => causes[key] > 0)
      .map(({ key, colour }) =>
        h("i", { style: `background:${colour};width:${(100 * causes[key]) / most}%` }),
      ),
  );
}

export function stagesTable(layers, name = "Stages of the step") {
  const most = Math.max(...layers.map((stage) => total(causesOfStage(stage))));
  const all = layers.reduce((sum, { cycles }) => sum + cycles, 0);
  const number = (title, value, text) => ({
    title,
    value,
    text: (stage) => text(value(stage)),
    number: true,
  });
  const word = (title, value) => ({ title, value, text: value });
  return dataTable({
    name,
    rows: layers,
    columns: [
      number("#", (stage) => layers.indexOf(stage) + 1, String),
      word("layer", (stage) => stage.name),
      word("pass", (stage) => stage.pass),
      word("shape", (stage) => stage.shape),
      number("cycles", (stage) => stage.cycles, grouped),
      number(
        "share",
        (stage) => (100 * stage.cycles) / all,
        (share) => `${share.toFixed(1)} %`,
      ),
      {
        title: "by cause",
        value: (stage) => total(causesOfStage(stage)),
        cell: (stage) => causeBar(causesOfStage(stage), most),
        filter: false,
      },
      word("main stall", (stage) => mainStall(causesOfStage(stage))?.key ?? "–"),
      number(
        "utilization",
        (stage) => 100 * stage.utilization,
        (share) => `${share.toFixed(1)} %`,
      ),
      number("MACs", (stage) => stage.macs, grouped),
      number("DRAM", (stage) => stage.dram_bytes, bytesText),
      number(
        "energy",
        (stage) => stage.energy_j,
        (joules) => withUnit(joules, "J"),
      ),
      word("mapping", (stage) => stage.mapping || "–"),
    ],
  });
}
