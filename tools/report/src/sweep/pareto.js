// All points over two keys, their Pareto front, and the point that the reader has chosen.
import { axis, figure } from "../chart.js";
import { choice, h, toggle } from "../dom.js";
import { colourKey } from "../figures.js";
import { axisTitle, grouped, plain, valueText } from "../units.js";
import { paretoFront } from "./pareto_front.js";

const kPoint = "#7d95a8";
const kFront = "#d55e00";
const kLargeFrom = 2000; // from so many points on they are drawn smaller
export const kSides = { a: "#0072b2", b: "#009e73" };

export function paretoChart(points, selection) {
  const isLog = { x: false, y: false };
  const shown = () => points.good.filter((at) => selection.isShown(at));
  const front = () => paretoFront(points, shown(), selection.x, selection.y);
  const place = (at) => [points.value(selection.x.key, at), points.value(selection.y.key, at)];

  function finding() {
    const best = front();
    const among = shown().length;
    const better = (side) => `${side.goal} ${side.key}`;
    const text = `${best.length} of ${grouped(among)} points are on the front (${better(selection.x)}, ${better(selection.y)})`;
    if (best.length === 0) return `${text}.`;
    const extreme = ({ key, goal }) =>
      best.reduce((most, at) =>
        points.value(key, at) > points.value(key, most) === (goal === "maximise") ? at : most,
      );
    const end = (side) =>
      `point ${points.numbers[extreme(side)]} has ${valueText(side.key, points.value(side.key, extreme(side)))}`;
    return `${text}. At its ends, ${end(selection.x)}, ${end(selection.y)}.`;
  }

  function describe(at) {
    return `<b>point ${points.numbers[at]}</b><br>${[selection.x.key, selection.y.key, ...points.axes].map((key) => `${key} ${valueText(key, points.value(key, at))}`).join("<br>")}`;
  }

  const scatter = (name, list, options) => ({
    name,
    type: "scatter",
    data: list.map((at) => ({ value: place(at), at })),
    ...options,
  });
  // Plain numbers are what ECharts draws 10,000 of fastest; the third value says which point it is.
  const small = points.good.length > kLargeFrom ? 4 : 8;
  const cloud = (name, list, colour, opacity, size = small) => ({
    name,
    type: "scatter",
    symbolSize: size,
    itemStyle: { color: colour, opacity },
    dimensions: ["x", "y", "at"],
    data: list.map((at) => [...place(at), at]),
    progressive: 0,
  });

  function option(colours) {
    const best = front();
    const inFront = new Set(best);
    const rest = points.good.filter((at) => !inFront.has(at));
    const valueAxis = (side, name, extra) =>
      axis(colours, {
        type: isLog[side] ? "log" : "value",
        scale: true,
        name: `${name}, ${selection[side].goal}`,
        axisLabel: { formatter: plain, hideOverlap: true },
        ...extra,
      });
    const marked = (at, text, colour) =>
      at === null || points.faults[at]
        ? []
        : [
            scatter(text, [at], {
              symbolSize: 17,
              z: 6,
              itemStyle: { color: "transparent", borderColor: colour, borderWidth: 3 },
              label: {
                show: text !== "focus",
                formatter: text,
                position: "top",
                fontWeight: 700,
                color: colours.text,
              },
            }),
          ];
    return {
      grid: { left: 10, right: 20, top: 30, bottom: 30, containLabel: true },
      xAxis: valueAxis("x", axisTitle(selection.x.key), { nameGap: 28 }),
      yAxis: valueAxis("y", axisTitle(selection.y.key), {
        nameLocation: "end",
        nameTextStyle: { align: "left", color: colours.soft },
      }),
      dataZoom: [
        { type: "inside", xAxisIndex: 0, zoomOnMouseWheel: "ctrl", filterMode: "none" },
        { type: "inside", yAxisIndex: 0, zoomOnMouseWheel: "ctrl", filterMode: "none" },
      ],
      tooltip: {
        trigger: "item",
        formatter: ({ data }) => describe(Array.isArray(data) ? data[2] : data.at),
      },
      series: [
        cloud(
          "hidden",
          rest.filter((at) => !selection.isShown(at)),
          colours.line,
          0.5,
        ),
        cloud(
          "points",
          rest.filter((at) => selection.isShown(at)),
          kPoint,
          0.6,
        ),
        {
          name: "front line",
          type: "line",
          data: best.map(place),
          step: "end",
          symbol: "none",
          silent: true,
          lineStyle: { color: kFront, width: 1.5 },
          z: 4,
        },
        cloud("front", best, kFront, 1, 8),
        ...marked(selection.focus, "focus", colours.text),
        ...marked(selection.a, "A", kSides.a),
        ...marked(selection.b, "B", kSides.b),
      ],
    };
  }

  const sideControls = (side, label) => {
    const goals = choice(
      `${label} goal`,
      [
        ["maximise", "maximise"],
        ["minimise", "minimise"],
      ],
      selection[side].goal,
      (goal) => selection.set({ [side]: { ...selection[side], goal } }, "objectives"),
      false,
    );
    const keys = choice(
      label,
      points.numeric.map((key) => [key, key]),
      selection[side].key,
      (key) => {
        goals.querySelector("select").value = points.goalOf(key);
        selection.set({ [side]: { key, goal: points.goalOf(key) } }, "objectives");
      },
    );
    const log = toggle("log", false, (down) => {
      isLog[side] =
        down &&
        points.good.every(
          (at) => points.value(selection[side].key, at) === null || points.value(selection[side].key, at) > 0,
        );
      element.update();
    });
    log.setAttribute("aria-label", `${label} logarithmic`);
    return h("span", { class: "controls" }, keys, goals, log);
  };

  const element = figure({
    id: "pareto",
    title: "Every point, and the Pareto front",
    finding,
    height: 460,
    renderer: "canvas",
    option,
    controls: h(
      "div",
      {},
      h("div", { class: "controls" }, sideControls("x", "Across"), sideControls("y", "Up")),
      colourKey([
        { colour: kFront, text: "on the front" },
        { colour: kPoint, text: "other points" },
        { text: "Click a point to have it explained; Ctrl and wheel zoom" },
      ]),
    ),
    ready: (chart) =>
      chart.on("click", ({ data }) =>
        selection.set({ focus: Array.isArray(data) ? data[2] : data.at }, "focus"),
      ),
    table: () => {
      const keys = [selection.x.key, selection.y.key, ...points.axes];
      return {
        caption: "Points of the front; the table of all points is below",
        columns: [
          { title: "point" },
          ...keys.map((title) => ({ title, number: points.numeric.includes(title) })),
        ],
        rows: front().map((at) => [
          String(points.numbers[at]),
          ...keys.map((key) => valueText(key, points.value(key, at))),
        ]),
      };
    },
  });
  selection.on((changed) => element.update(changed));
  element.front = front;
  return element;
}
