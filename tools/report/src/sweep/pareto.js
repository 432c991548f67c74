// All points over two keys of the reader's choice, their Pareto front, and the point in focus.
import { axis, figure } from "../chart.js";
import { choice, escaped, h, toggle } from "../dom.js";
import { colourKey } from "../figures.js";
import { choiceOf, nameOf, named } from "../names.js";
import { counted, grouped, plain } from "../units.js";

const kPoint = "#7d95a8";
const kFront = "#d55e00";
const kHollow = { color: "transparent", borderColor: kPoint, borderWidth: 1.2, opacity: 0.8 };
const kLargeFrom = 2000; // from so many points on they are drawn smaller
export const kSides = { a: "#0072b2", b: "#009e73" };

const goalText = ({ key, goal }) => `${goal} ${nameOf(key)}`;

export function paretoChart(points, selection) {
  const isLog = { x: false, y: false };
  const shown = () => points.good.filter((at) => selection.isShown(at));
  const place = (at) => [points.value(selection.x.key, at), points.value(selection.y.key, at)];
  const hasBounds = points.constraints.length > 0;

  function finding() {
    const best = selection.front();
    const sides = selection.sides();
    const within = shown().filter((at) => points.isWithin(at)).length;
    const outside = shown().length - within;
    const what = sides.length > 1 ? "on the front" : "the best";
    const text =
      `${grouped(best.length)} of ${counted(within, "point")}${hasBounds ? " within the bounds" : ""} ` +
      `${best.length === 1 ? "is" : "are"} ${what} (${sides.map(goalText).join(", ")})` +
      (outside > 0 ? `; ${grouped(outside)} outside a bound cannot be.` : ".");
    if (best.length === 0) return text;
    const extreme = ({ key, goal }) =>
      best.reduce((most, at) =>
        points.value(key, at) > points.value(key, most) === (goal === "maximise") ? at : most,
      );
    const end = (side) =>
      `point ${points.numbers[extreme(side)]} has ${points.text(side.key, extreme(side))}`;
    return `${text} At its ends, ${sides.map(end).join(", ")}.`;
  }

  function describe(at) {
    const keys = [...new Set([selection.x.key, selection.y.key, ...points.axes])];
    const lines = keys.map((key) => `${escaped(nameOf(key))} ${escaped(points.text(key, at))}`);
    const bound = points.isWithin(at) ? [] : [`outside: ${escaped(points.brokenText(at))}`];
    return [`<b>point ${points.numbers[at]}</b>`, ...lines, ...bound].join("<br>");
  }

  const scatter = (name, list, options) => ({
    name,
    type: "scatter",
    data: list.map((at) => ({ value: place(at), at })),
    ...options,
  });
  // Plain numbers are what ECharts draws 10,000 of fastest; the third value says which point it is.
  const small = points.good.length > kLargeFrom ? 4 : 8;
  const cloud = (name, list, colour, opacity, options = {}) => ({
    name,
    type: "scatter",
    symbolSize: small,
    itemStyle: { color: colour, opacity },
    dimensions: ["x", "y", "at"],
    data: list.map((at) => [...place(at), at]),
    progressive: 0,
    ...options,
  });

  function option(colours) {
    const best = selection.front();
    const inFront = new Set(best);
    const rest = points.good.filter(
      (at) => !inFront.has(at) && (selection.isOutsideShown || points.isWithin(at)),
    );
    const [seen, hidden] = [true, false].map((is) => rest.filter((at) => selection.isShown(at) === is));
    const valueAxis = (side, extra) => {
      const { factor, title } = points.scaleOf(selection[side].key);
      return axis(colours, {
        type: isLog[side] ? "log" : "value",
        scale: true,
        name: `${title}, ${selection[side].goal}`,
        axisLabel: { formatter: (value) => plain(value / factor), hideOverlap: true },
        ...extra,
      });
    };
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
      grid: { left: 10, right: 24, top: 30, bottom: 30, containLabel: true },
      xAxis: valueAxis("x", { nameGap: 28 }),
      yAxis: valueAxis("y", {
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
        cloud("hidden", hidden, colours.line, 0.5),
        cloud(
          "outside",
          seen.filter((at) => !points.isWithin(at)),
          kPoint,
          1,
          { symbol: "diamond", symbolSize: small + 1, itemStyle: kHollow },
        ),
        cloud(
          "points",
          seen.filter((at) => points.isWithin(at)),
          kPoint,
          0.6,
        ),
        {
          name: "front line",
          type: "line",
          data: selection.isFrontOfAxes() ? best.map(place) : [],
          step: "end",
          symbol: "none",
          silent: true,
          lineStyle: { color: kFront, width: 1.5 },
          z: 4,
        },
        cloud("front", best, kFront, 1, { symbolSize: 8 }),
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
      (goal) => selection.setAxis(side, { ...selection[side], goal }),
      false,
    );
    const keys = choice(label, points.numeric.map(choiceOf), selection[side].key, (key) => {
      goals.querySelector("select").value = points.goalOf(key);
      selection.setAxis(side, { key, goal: points.goalOf(key) });
    });
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

  const frontOf =
    points.objectives.length === 0
      ? null
      : choice(
          points.objectives.length > 1 ? "Front of" : "Best in",
          [
            ["objectives", `the sweep's ${counted(points.objectives.length, "objective")}`],
            ["axes", "the two axes"],
          ],
          "objectives",
          (chosen) => selection.set({ isOfObjectives: chosen === "objectives" }, "objectives"),
        );
  const outside =
    points.outside.length === 0
      ? null
      : toggle(`Show ${grouped(points.outside.length)} outside a bound`, true, (isOutsideShown) =>
          selection.set({ isOutsideShown }, "filter"),
        );

  /** From the keyboard, too: the points of the front one after the other, in the order of x. */
  function step(by) {
    const best = selection.front();
    if (best.length === 0) return;
    const at = best.indexOf(selection.focus);
    const next = at < 0 ? (by > 0 ? 0 : best.length - 1) : (at + by + best.length) % best.length;
    selection.set({ focus: best[next] }, "focus");
  }
  const steps = [
    ["Previous on the front", -1],
    ["Next on the front", 1],
  ].map(([text, by]) => h("button", { type: "button", onclick: () => step(by) }, text));

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
      h("div", { class: "controls" }, sideControls("x", "Across"), sideControls("y", "Up"), frontOf, outside),
      h("div", { class: "controls" }, steps),
      colourKey([
        { colour: kFront, text: "on the front" },
        { colour: kPoint, text: "other points" },
        ...(points.outside.length > 0 ? [{ text: "◇ outside a bound" }] : []),
        { text: "Click a point: why it is as slow or fast as it is, below. Ctrl and wheel zoom" },
      ]),
    ),
    ready: (chart) =>
      chart.on("click", ({ data }) =>
        selection.set({ focus: Array.isArray(data) ? data[2] : data.at }, "focus"),
      ),
    table: () => {
      const sides = selection.sides().map(({ key }) => key);
      const keys = [...new Set([...sides, selection.x.key, selection.y.key, ...points.axes])];
      return {
        caption: "Points of the front; the table of all points is below",
        columns: [
          { title: "point" },
          ...keys.map((key) => ({ title: named(key), number: points.numeric.includes(key) })),
        ],
        rows: selection
          .front()
          .map((at) => [String(points.numbers[at]), ...keys.map((key) => points.text(key, at))]),
      };
    },
  });
  selection.on((changed) => {
    if (frontOf) frontOf.querySelector("select").value = selection.isOfObjectives ? "objectives" : "axes";
    element.update(changed);
  });
  return element;
}
