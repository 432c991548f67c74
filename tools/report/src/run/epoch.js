// What an epoch takes, chip beside twin; nothing where the experiment does not ask for it.
import { h } from "../dom.js";
import { simpleTable } from "../simple_table.js";
import { counted, grouped, kSpace, plain, times, withUnit } from "../units.js";

export function epochTable({ epoch, chip, sample, ring, baseline_fp16: twinChip }) {
  if (!epoch) return null;
  const twin = epoch.baseline_fp16 ?? null;
  const line = (name, value, text, hasGain = true) => [
    name,
    text(value(epoch)),
    ...(twin ? [text(value(twin)), hasGain ? times(value(twin) / value(epoch)) : ""] : []),
  ];
  const joules = (value) => withUnit(value, "J");
  return h(
    "div",
    {},
    h("h3", {}, `An epoch: ${counted(epoch.samples, sample)} in ${grouped(epoch.steps)} steps`),
    simpleTable({
      caption: "A whole epoch, every step like the one of this run",
      columns: [
        { title: "" },
        { title: chip, number: true },
        ...(twin
          ? [
              { title: twinChip.chip, number: true },
              { title: "gain", number: true },
            ]
          : []),
      ],
      rows: [
        line(
          "time",
          (of) => of.time_s,
          (value) => withUnit(value, "s"),
        ),
        line("energy", (of) => of.energy_j, joules),
        ...["low", "high"].map((level) =>
          line(`energy at the ${level} of published`, (of) => of.energy_range_j[level], joules, false),
        ),
        ...(epoch.battery_wh === undefined
          ? []
          : [
              line(
                `share of a battery of ${plain(epoch.battery_wh)} Wh`,
                (of) => of.battery_percent,
                (value) => `${Number(value.toPrecision(2))}${kSpace}%`,
                false,
              ),
            ]),
      ],
    }),
    h(
      "p",
      { class: "note" },
      `${ring.workers > 1 ? `All ${grouped(ring.workers)} chips and their DRAM alone` : "The chip and its DRAM alone"}: no screen, no losses of conversion.`,
    ),
  );
}
