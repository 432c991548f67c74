// Layer by layer: the time of each stage, stacked by what the array did meanwhile.
import { axis, figure } from "../chart.js";
import { choice, escaped, h } from "../dom.js";
import { colourKey } from "../figures.js";
import { grouped, percent } from "../units.js";
import { causeName, mainStall, presentCauses, total } from "./causes_of.js";
import { groupedStages, kGroupings } from "./stage_groups.js";

const kBarsAtOnce = 60; // more are reached by the slider below the chart

function barText({ name, causes, stages }) {
  const lines = presentCauses([causes]).map(
    ({ key, colour }) =>
      `<span style="color:${colour}">■</span> ${key} ${grouped(causes[key])} (${percent(causes[key] / total(causes))})`,
  );
  const shape = stages.length === 1 ? `${escaped(stages[0].shape)}<br>` : `${stages.length} stages<br>`;
  return `<b>${escaped(name)}</b><br>${shape}${grouped(total(causes))} cycles of the array<br>${lines.join("<br>")}`;
}

/** `layers` are the entries of a result; `id` names the chart. */
export function layerTime(layers, id = "layer_time") {
  const present = presentCauses(groupedStages(layers, "order").map(({ causes }) => causes));
  let grouping = "longest"; // those that the sentence names are in sight at once
  let isShare = false;
  let bars = groupedStages(layers, grouping);
  const longestBar = () => bars.reduce((most, bar) => (total(bar.causes) > total(most.causes) ? bar : most));
  const value = (bar, key) =>
    isShare ? (100 * bar.causes[key]) / (total(bar.causes) || 1) : bar.causes[key];

  function finding() {
    const all = bars.reduce((sum, { causes }) => sum + total(causes), 0);
    const longest = longestBar();
    const stall = mainStall(longest.causes);
    return (
      `${longest.name} takes most: ${grouped(total(longest.causes))} cycles of the array, ${percent(total(longest.causes) / all)} of all` +
      (stall ? `; ${percent(stall.share)} of them are ${causeName(stall.key)}.` : ".")
    );
  }

  const controls = h(
    "div",
    {},
    h(
      "div",
      { class: "controls" },
      choice("Show", kGroupings, grouping, (chosen) => {
        grouping = chosen;
        bars = groupedStages(layers, grouping);
        element.update();
      }),
      choice(
        "Height",
        [
          ["cycles", "cycles"],
          ["share", "share of the stage"],
        ],
        "cycles",
        (chosen) => {
          isShare = chosen === "share";
          element.update();
        },
      ),
    ),
    colourKey(present.map(({ key, colour }) => ({ colour, text: key }))),
  );

  const element = figure({
    id,
    title: "Time of each stage by cause",
    finding,
    height: 440,
    controls,
    option: (colours, width) => {
      const atOnce = Math.max(12, Math.min(kBarsAtOnce, Math.floor(width / 14)));
      const zooms = bars.length > atOnce;
      // The longest bar is in sight, whatever the order.
      const middle = bars.indexOf(longestBar()) - Math.floor(atOnce / 2);
      const first = Math.max(0, Math.min(middle, bars.length - atOnce));
      return {
        grid: { left: 10, right: 12, top: 24, bottom: zooms ? 44 : 10, containLabel: true },
        xAxis: axis(colours, {
          type: "category",
          data: bars.map(({ name }) => name),
          axisTick: { show: false },
          axisLabel: {
            rotate: bars.length > 12 ? 60 : 30,
            fontSize: 10,
            width: 160, // layer and pass
            overflow: "truncate",
            hideOverlap: true,
          },
        }),
        yAxis: axis(colours, {
          type: "value",
          name: isShare ? "share (%)" : "cycles of the array",
          nameLocation: "end",
          nameTextStyle: { align: "left", color: colours.soft },
          max: isShare ? 100 : null,
          axisLabel: {
            formatter: (cycles) =>
              isShare
                ? cycles
                : cycles >= 1e6
                  ? `${cycles / 1e6} M`
                  : cycles >= 1e3
                    ? `${cycles / 1e3} k`
                    : cycles,
          },
        }),
        dataZoom: zooms
          ? [
              {
                type: "slider",
                bottom: 8,
                height: 22,
                startValue: first,
                endValue: first + atOnce - 1,
                borderColor: colours.line,
                textStyle: { color: colours.soft },
                brushSelect: false,
                showDetail: false,
              },
              { type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseMove: true, moveOnMouseWheel: false },
            ]
          : [],
        tooltip: {
          trigger: "axis",
          axisPointer: { type: "shadow" },
          formatter: ([{ dataIndex }]) => barText(bars[dataIndex]),
        },
        series: present.map(({ key, colour }) => ({
          name: key,
          type: "bar",
          stack: "cycles",
          barCategoryGap: "15%",
          itemStyle: { color: colour },
          data: bars.map((bar) => value(bar, key)),
        })),
      };
    },
    table: () => ({
      caption: "Cycles of the main arrays by cause, summed over the cores",
      columns: [
        { title: "stage" },
        ...present.map(({ key }) => ({ title: key, number: true })),
        { title: "all", number: true },
      ],
      rows: bars.map((bar) => [
        bar.name,
        ...present.map(({ key }) => grouped(bar.causes[key])),
        grouped(total(bar.causes)),
      ]),
    }),
  });
  return element;
}
