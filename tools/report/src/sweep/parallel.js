// Parallel coordinates: a line a point over the sweep's axes and its objectives. Ranges that the reader
// draws on the axes leave the points that pass all of them; they show in the Pareto chart and the table.
import { figure } from "../chart.js";
import { h } from "../dom.js";
import { axisTitle, grouped, plain, valueText } from "../units.js";
import { paretoFront } from "./pareto_front.js";

const kWordsUpTo = 12; // an axis of so few values has them at equal distances, as words
const kPauseMs = 120;
const kFaintFrom = 500; // from so many lines on they are drawn fainter

/** The values of a key as the words of its axis, in order; null where it has an axis of numbers. */
function wordsOf(points, key) {
  const isNumber = points.numeric.includes(key);
  const values = [...new Set(points.good.map((at) => points.value(key, at)))].filter(
    (value) => value !== null,
  );
  if (isNumber && values.length > kWordsUpTo) return null;
  return values
    .sort((a, b) => (isNumber ? a - b : String(a).localeCompare(String(b), "en", { numeric: true })))
    .map(String);
}

export function parallelChart(points, selection) {
  const objectives = () => [
    ...new Set([...points.objectives.map(({ key }) => key), selection.x.key, selection.y.key]),
  ];
  const keys = () =>
    [...points.axes, ...objectives().filter((key) => !points.axes.includes(key))].filter((key) =>
      points.good.some((at) => points.value(key, at) !== null),
    );
  const drawn = () => points.good.filter((at) => selection.filtered === null || selection.filtered.has(at));
  const words = new Map(
    points.good.length === 0 ? [] : Object.keys(points.values).map((key) => [key, wordsOf(points, key)]),
  );
  let chart = null;
  let pause = null;
  let lists = { points: [], front: [] }; // places of the lines that are drawn

  function allAxes() {
    return chart.getModel().queryComponents({ mainType: "parallelAxis" });
  }

  function setRanges(rangesOf) {
    allAxes().forEach((each, at) =>
      chart.dispatchAction({ type: "axisAreaSelect", parallelAxisId: each.id, intervals: rangesOf(at) }),
    );
  }

  /** What is drawn on the axes stays when the lines are drawn anew. */
  function keepRanges() {
    const drawnRanges = allAxes().map(({ activeIntervals }) => activeIntervals);
    if (drawnRanges.every((intervals) => intervals.length === 0)) return null;
    return () => setRanges((at) => drawnRanges[at] ?? []);
  }

  // The table and the Pareto chart follow when the reader pauses.
  function brush() {
    clearTimeout(pause);
    pause = setTimeout(() => {
      const hasRanges = allAxes().some(({ activeIntervals }) => activeIntervals.length > 0);
      const active = chart
        .getModel()
        .getSeries()
        .flatMap((series) =>
          series.getRawIndicesByActiveState("active").map((index) => lists[series.name][index]),
        );
      selection.set({ brushed: hasRanges ? new Set(active) : null }, "brush");
    }, kPauseMs);
  }

  function parallelAxis(key, dim, colours, upright) {
    const common = {
      dim,
      name: axisTitle(key),
      nameTextStyle: {
        color: colours.text,
        fontSize: 11,
        ...(upright ? { align: "right", verticalAlign: "bottom", padding: [0, 0, 4, 0] } : {}),
      },
      axisLine: { lineStyle: { color: colours.soft } },
      axisLabel: { color: colours.text, fontSize: 10, formatter: plain },
      axisTick: { lineStyle: { color: colours.soft } },
    };
    if (words.get(key) !== null)
      return {
        ...common,
        type: "category",
        boundaryGap: !points.numeric.includes(key),
        data: words.get(key),
        axisLabel: { ...common.axisLabel, formatter: null, interval: 0 },
      };
    return { ...common, type: "value", scale: true };
  }

  function rangeText(key, among) {
    const known = among.map((at) => points.value(key, at)).filter((value) => value !== null);
    if (!points.numeric.includes(key)) return [...new Set(known)].sort().join(", ") || "–";
    const [least, most] = known.reduce(
      ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
      [Infinity, -Infinity],
    );
    return known.length === 0 ? "–" : `${valueText(key, least)} to ${valueText(key, most)}`;
  }

  function option(colours, width) {
    const shown = keys();
    const places = drawn();
    const best = new Set(paretoFront(points, places, selection.x, selection.y));
    lists = { points: places.filter((at) => !best.has(at)), front: places.filter((at) => best.has(at)) };
    const row = (at) =>
      shown.map((key) => (words.get(key) === null ? points.value(key, at) : String(points.value(key, at))));
    const lines = (name, style) => ({
      name,
      type: "parallel",
      data: lists[name].map(row),
      lineStyle: style,
      inactiveOpacity: 0.03,
      activeOpacity: style.opacity,
      progressive: 1000,
      silent: true,
    });
    const many = places.length > kFaintFrom;
    const upright = width < 700;
    return {
      // A phone is narrow but long: there the axes lie below each other.
      parallel: {
        layout: upright ? "vertical" : "horizontal",
        left: upright ? 16 : 60,
        right: upright ? 24 : 70,
        top: upright ? 40 : 50,
        bottom: 24,
        parallelAxisDefault: {
          nameLocation: "end",
          nameGap: upright ? 4 : 14,
          areaSelectStyle: { width: 16, color: colours.accent, borderColor: colours.accent, opacity: 0.25 },
        },
      },
      parallelAxis: shown.map((key, dim) => parallelAxis(key, dim, colours, upright)),
      tooltip: { show: false },
      series: [
        lines("points", { color: "#56809c", width: 1, opacity: many ? 0.08 : 0.35 }),
        lines("front", { color: "#d55e00", width: 1.6, opacity: 0.9 }),
      ],
    };
  }

  const element = figure({
    id: "parallel",
    title: "Parallel coordinates",
    renderer: "canvas",
    option,
    height: () => (window.innerWidth < 760 ? 110 * keys().length + 80 : 400),
    finding: () =>
      selection.brushed === null
        ? `A line each of ${grouped(drawn().length)} points, those of the front in orange. Draw along an axis to keep only what passes there; the table's filters do the same from the keyboard.`
        : `${grouped(selection.brushed.size)} points pass the ranges that are drawn.`,
    controls: h(
      "div",
      { class: "controls" },
      h(
        "button",
        {
          type: "button",
          onclick: () => setRanges(() => []),
        },
        "Clear the ranges",
      ),
    ),
    table: () => ({
      caption: "From the least to the most of each key; every point stands in the table of all points",
      columns: [{ title: "key" }, { title: "points that are drawn" }, { title: "points of the front" }],
      rows: keys().map((key) => [
        axisTitle(key),
        rangeText(key, [...lists.points, ...lists.front]),
        rangeText(key, lists.front),
      ]),
    }),
    keep: keepRanges,
    ready: (made) => {
      chart = made;
      made.on("axisareaselected", brush);
    },
  });
  selection.on((changed) => {
    if (changed === "objectives" || changed === "filter") element.update();
    if (changed === "brush")
      element.querySelector(".finding").textContent =
        selection.brushed === null
          ? "All points pass."
          : `${grouped(selection.brushed.size)} points pass the ranges that are drawn.`;
  });
  return element;
}
