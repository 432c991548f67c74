// Energy by part, chip beside twin; a whisker is the range of published energies.
import { axis, figure } from "../chart.js";
import { escaped, section } from "../dom.js";
import { colourKey } from "../figures.js";
import { kChip, kEnergyParts, kTwin } from "../palette.js";
import { axisScale, percent, withUnit } from "../units.js";

function whisker(colours) {
  return (params, api) => {
    const [low, high] = [api.coord([api.value(1), api.value(0)]), api.coord([api.value(2), api.value(0)])];
    const offset = api.value(3) * api.size([0, 1])[1];
    const y = low[1] + offset;
    const line = (x1, y1, x2, y2) => ({
      type: "line",
      shape: { x1, y1, x2, y2 },
      style: { stroke: colours.text, lineWidth: 1.2 },
    });
    return {
      type: "group",
      children: [
        line(low[0], y, high[0], y),
        line(low[0], y - 4, low[0], y + 4),
        line(high[0], y - 4, high[0], y + 4),
      ],
    };
  };
}

export function energySection(r) {
  const twin = r.baseline_fp16;
  const chips = [{ chip: r, colour: kChip }, ...(twin ? [{ chip: twin, colour: kTwin }] : [])];
  const parts = kEnergyParts.filter((part) => chips.some(({ chip }) => chip.energy_j[part] > 0));
  const { factor, unit } = axisScale(
    "energy_j",
    Math.max(...chips.flatMap(({ chip }) => parts.map((part) => chip.energy_range_j.high[part]))),
  );
  const most = parts.reduce((worst, part) => (r.energy_j[part] > r.energy_j[worst] ? part : worst));
  const gain = twin ? `, of ${twin.chip} ${withUnit(twin.energy_j.total, "J")}` : "";
  const middle = (at) => (chips.length === 1 ? 0 : at === 0 ? -0.2 : 0.2);
  const range = (chip, part) =>
    `${withUnit(chip.energy_range_j.low[part], "J")} to ${withUnit(chip.energy_range_j.high[part], "J")}`;
  const chart = figure({
    id: "energy",
    title: "Energy by part",
    height: 64 + 50 * parts.length,
    finding: `${r.chip} takes ${withUnit(r.energy_j.total, "J")} (${range(r, "total")})${gain}; most goes into ${most}, ${percent(r.energy_j[most] / r.energy_j.total)}.`,
    controls: colourKey([
      ...chips.map(({ chip, colour }) => ({ colour, text: chip.chip })),
      { text: "├─┤ range of published energies" },
    ]),
    option: (colours) => ({
      grid: { left: 10, right: 30, top: 8, bottom: 30, containLabel: true },
      xAxis: axis(colours, { type: "value", name: `energy (${unit})`, nameGap: 28 }),
      yAxis: axis(colours, { type: "category", inverse: true, data: parts, axisTick: { show: false } }),
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        formatter: ([{ dataIndex }]) =>
          `<b>${parts[dataIndex]}</b><br>${chips.map(({ chip }) => `${escaped(chip.chip)} ${withUnit(chip.energy_j[parts[dataIndex]], "J")} (${range(chip, parts[dataIndex])})`).join("<br>")}`,
      },
      series: [
        ...chips.map(({ chip, colour }) => ({
          name: chip.chip,
          type: "bar",
          barWidth: chips.length === 1 ? "50%" : "32%",
          barGap: "25%",
          itemStyle: { color: colour },
          data: parts.map((part) => chip.energy_j[part] / factor),
        })),
        ...chips.map(({ chip }, at) => ({
          name: `${chip.chip} range`,
          type: "custom",
          renderItem: whisker(colours),
          silent: true,
          z: 5,
          encode: { x: [1, 2], y: 0 },
          data: parts.map((part, row) => [
            row,
            chip.energy_range_j.low[part] / factor,
            chip.energy_range_j.high[part] / factor,
            middle(at),
          ]),
        })),
      ],
    }),
    table: () => ({
      caption: "Energy of the step; the range is that of published energies",
      columns: [
        { title: "part" },
        ...chips.flatMap(({ chip }) => [
          { title: chip.chip, number: true },
          { title: "share", number: true },
          { title: "range", number: true },
        ]),
      ],
      rows: [...parts, "total"].map((part) => [
        part,
        ...chips.flatMap(({ chip }) => [
          withUnit(chip.energy_j[part], "J"),
          percent(chip.energy_j[part] / chip.energy_j.total),
          range(chip, part),
        ]),
      ]),
    }),
  });
  return section("energy-section", "Energy", chart);
}
