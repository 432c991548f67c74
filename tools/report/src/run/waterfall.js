// From the peak ratio to the speed-up: each loss takes its factor from what is left.
import { axis, figure } from "../chart.js";
import { h, section } from "../dom.js";
import { kChip } from "../palette.js";
import { times } from "../units.js";

/** What a step is, by its name in result.json; the ratios themselves: sim/DESIGN.md, section 6. */
const kMeanings = {
  "array density":
    "area of what does one MAC a cycle in the twin over that of a 4-bit MAC, from netlists: what equal areas of arrays alone would give",
  "peak ratio":
    "MACs a second of the two main arrays as they are: part of the area is the small FP16 tile, and arrays have whole columns",
  "high-precision layers": "layers kept in more than 4 bits run on the small FP16 tile",
  "fill/drain, weight loads, partial tiles":
    "cycles in which the arrays are busy beyond those that their MACs need: pipelines fill and drain, weights load, blocks do not fill the array",
  other:
    "what is left if DRAM, ring and SFU take no time and no array is busy: commands wait for tokens, are issued one a cycle, are fenced after each stage, and cores wait for the slowest; both arrays at work at once make up for some of it",
  sfu: "element-wise work that the arrays do not hide",
  ring: "transfers between cores, or between chips, that are not hidden",
  dram: "transfers to and from DRAM that are not hidden, and its part of the fences",
};

function finding(steps) {
  const losses = steps.slice(1).filter(({ factor }) => factor < 0.995);
  const [first, last] = [steps[0], steps.at(-1)];
  const whole = `${times(first.ratio)} of ${first.name} become a speed-up of ${times(last.ratio)}`;
  if (losses.length === 0) return `${whole}.`;
  const worst = losses.reduce((most, step) => (step.factor < most.factor ? step : most));
  return `${whole}. The largest loss is ${worst.name}: ×\u00a0${worst.factor.toFixed(2)}.`;
}

export function waterfallSection(r) {
  const steps = r.loss_waterfall;
  if (!steps?.length) return null;
  const before = (at) => (at === 0 ? steps[0].ratio : steps[at - 1].ratio);
  const chart = figure({
    id: "waterfall",
    title: "What each loss leaves",
    finding: finding(steps),
    height: 60 + 44 * steps.length,
    option: (colours, width) => ({
      grid: { left: width < 500 ? 118 : 250, right: 96, top: 8, bottom: 30 },
      xAxis: axis(colours, {
        type: "value",
        name: "ratio of the twin's time to the chip's (×)",
        nameGap: 28,
        min: 0,
      }),
      yAxis: axis(colours, {
        type: "category",
        inverse: true,
        data: steps.map(({ name }) => name),
        axisTick: { show: false },
        axisLabel: {
          color: colours.text,
          width: width < 500 ? 108 : 240,
          overflow: "break",
          lineHeight: 14,
          fontSize: width < 500 ? 11 : 13,
        },
      }),
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        formatter: ([{ dataIndex: at }]) =>
          `${steps[at].name}<br>factor ${steps[at].factor.toFixed(3)}, left ${steps[at].ratio.toFixed(3)} ×`,
      },
      series: [
        {
          name: "left",
          type: "bar",
          stack: "ratio",
          barWidth: "62%",
          itemStyle: { color: kChip },
          data: steps.map(({ ratio }, at) => Math.min(ratio, before(at))),
        },
        {
          name: "changed",
          type: "bar",
          stack: "ratio",
          barWidth: "62%",
          data: steps.map(({ ratio }, at) => ({
            value: Math.abs(before(at) - ratio),
            itemStyle:
              ratio > before(at)
                ? { color: "#009e73" }
                : { color: colours.faint, borderColor: colours.soft, borderType: "dashed" },
          })),
          label: {
            show: true,
            position: "right",
            color: colours.text,
            formatter: ({ dataIndex: at }) =>
              `${at === 0 ? "" : `× ${steps[at].factor.toFixed(2)}  `}{b|${times(steps[at].ratio)}}`,
            rich: { b: { fontWeight: 700, color: colours.text } },
          },
        },
      ],
    }),
    table: () => ({
      caption: "One loss at a time is switched on in both chips; the last ratio is the speed-up",
      columns: [
        { title: "step", wraps: true },
        { title: "factor", number: true },
        { title: "ratio left", number: true },
      ],
      rows: steps.map(({ name, factor, ratio }, at) => [
        name,
        at === 0 ? "" : `× ${factor.toFixed(3)}`,
        times(ratio),
      ]),
    }),
  });
  const known = steps.filter(({ name }) => kMeanings[name]);
  return section(
    "waterfall-section",
    "From the peak ratio to the speed-up",
    chart,
    h(
      "p",
      { class: "note" },
      "Each step takes what it says from chip and twin alike; a factor above 1 is one that costs the twin more.",
    ),
    h(
      "dl",
      { class: "rests small" },
      known.map(({ name }) => [h("dt", {}, name), h("dd", {}, kMeanings[name])]),
    ),
  );
}
