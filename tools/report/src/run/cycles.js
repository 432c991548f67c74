// Where the array's cycles went, of the whole run: the chip, and its twin below it.
import { axis, figure } from "../chart.js";
import { escaped, section } from "../dom.js";
import { colourKey } from "../figures.js";
import { grouped, percent } from "../units.js";
import { causesOfChip, mainStall, presentCauses, total } from "./causes_of.js";

export function cyclesSection(r) {
  const chips = [r, r.baseline_fp16]
    .filter(Boolean)
    .map((chip) => ({ name: chip.chip, causes: causesOfChip(chip) }));
  const present = presentCauses(chips.map(({ causes }) => causes));
  const share = ({ causes }, key) => (causes[key] ?? 0) / total(causes);
  const stall = mainStall(chips[0].causes);
  const chart = figure({
    id: "cycles",
    title: "Cycles of the main array by cause",
    height: 60 + 62 * chips.length,
    finding:
      `Rows enter the array of ${r.chip} in ${percent(share(chips[0], "streaming"))} of its cycles` +
      (stall ? `; the largest stall is ${stall.key} with ${percent(stall.share)}.` : "."),
    controls: colourKey(present.map(({ key, colour, meaning }) => ({ colour, text: `${key}: ${meaning}` }))),
    option: (colours) => ({
      grid: { left: 10, right: 24, top: 8, bottom: 30, containLabel: true },
      xAxis: axis(colours, {
        type: "value",
        max: 100,
        name: "share of the chip's own cycles (%)",
        nameGap: 28,
      }),
      yAxis: axis(colours, {
        type: "category",
        inverse: true,
        data: chips.map(({ name }) => name),
        axisTick: { show: false },
      }),
      tooltip: {
        trigger: "item",
        formatter: ({ seriesName, dataIndex }) =>
          `${escaped(chips[dataIndex].name)}: ${seriesName}<br>${grouped(chips[dataIndex].causes[seriesName] ?? 0)} cycles, ${percent(share(chips[dataIndex], seriesName))}`,
      },
      series: present.map(({ key, colour }) => ({
        name: key,
        type: "bar",
        stack: "cycles",
        barWidth: "60%",
        itemStyle: { color: colour, borderColor: colours.ground, borderWidth: 0.5 },
        data: chips.map((chip) => 100 * share(chip, key)),
      })),
    }),
    table: () => ({
      caption: "Cycles of the main arrays, summed over the cores",
      columns: [
        { title: "cause" },
        { title: "meaning" },
        ...chips.flatMap(({ name }) => [
          { title: name, number: true },
          { title: "share", number: true },
        ]),
      ],
      rows: present.map(({ key, meaning }) => [
        key,
        meaning,
        ...chips.flatMap((chip) => [grouped(chip.causes[key] ?? 0), percent(share(chip, key))]),
      ]),
    }),
  });
  return section("cycles-section", "Where the cycles went", chart);
}
