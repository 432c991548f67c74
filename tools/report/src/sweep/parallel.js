// Parallel coordinates: a line a point over the sweep's axes and its objectives. Ranges that the reader
// draws on the axes leave the points that pass all of them; they show in the Pareto chart and the table.
import { figure } from "../chart.js";
import { h } from "../dom.js";
import { nameOf, named } from "../names.js";
import { inLines, widthIn } from "../text_lines.js";
import { axisScale, axisTitle, grouped, plain, valueText } from "../units.js";
import { paretoFront } from "./pareto_front.js";

const kPauseMs = 120;
const kFaintFrom = 500; // from so many lines on they are drawn fainter
const kUprightBelow = 700; // pixels: there the axes lie below each other
const kMostLabels = 12; // of texts: more are left out where they would touch
const kLetter = 6; // pixels of a letter of the labels, about
const kTitle = { fontSize: 11, fontWeight: 600, lineHeight: 14 };

export function parallelChart(points, selection) {
  const figures = () => [
    ...new Set([
      ...points.objectives.map(({ key }) => key),
      selection.x.key,
      selection.y.key,
      ...(selection.colouring === null ? [] : [selection.colouring.key]),
    ]),
  ];
  const keys = () =>
    [...points.axes, ...figures().filter((key) => !points.axes.includes(key))].filter((key) =>
      points.good.some((at) => points.value(key, at) !== null),
    );
  const drawn = () =>
    points.good.filter(
      (at) => (selection.filtered === null || selection.filtered.has(at)) && selection.isDrawn(at),
    );
  const words = new Map(
    points.good.length === 0 ? [] : Object.keys(points.values).map((key) => [key, points.wordsOf(key)]),
  );
  let chart = null;
  let pause = null;
  let lists = { outside: [], points: [], front: [] }; // places of the lines that are drawn

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

  function titleOf(key) {
    return words.get(key) === null ? points.scaleOf(key).title : axisTitle(key, axisScale(key, 1).unit);
  }

  /** `width`: pixels of an axis that lies; `title`: its lines. */
  function parallelAxis(key, dim, title, colours, { upright, width }) {
    // Lines pass behind the texts.
    const readable = { color: colours.text, textBorderColor: colours.ground, textBorderWidth: 3 };
    const common = {
      dim,
      name: title.join("\n"),
      nameTextStyle: {
        ...readable,
        ...kTitle,
        ...(upright ? { align: "right", verticalAlign: "bottom", padding: [0, 0, 6, 0] } : {}),
      },
      axisLine: { lineStyle: { color: colours.soft } },
      axisLabel: { ...readable, fontSize: 10, hideOverlap: true },
      axisTick: { lineStyle: { color: colours.soft } },
    };
    const list = words.get(key);
    if (list !== null) {
      const room = width / list.length;
      const isWide = upright && list.some((word) => kLetter * word.length > room);
      return {
        ...common,
        type: "category",
        boundaryGap: !points.numeric.includes(key),
        data: list,
        axisTick: { ...common.axisTick, alignWithLabel: true },
        axisLabel: {
          ...common.axisLabel,
          interval: list.length > kMostLabels ? "auto" : 0,
          ...(isWide ? { width: room - kLetter, overflow: "truncate" } : {}),
        },
      };
    }
    const { factor } = points.scaleOf(key);
    return {
      ...common,
      type: "value",
      scale: true,
      splitNumber: upright ? 4 : 5,
      axisLabel: { ...common.axisLabel, formatter: (value) => plain(value / factor) },
    };
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

  function colourText() {
    return selection.colouring === null
      ? "those of the front in orange"
      : `coloured by ${nameOf(selection.colouring.key)} as in the Pareto chart, those of the front thick`;
  }

  function option(colours, width) {
    const shown = keys();
    const places = drawn();
    const best = new Set(paretoFront(points, places, selection.sides()));
    lists = {
      outside: places.filter((at) => !points.isWithin(at)),
      points: places.filter((at) => points.isWithin(at) && !best.has(at)),
      front: places.filter((at) => best.has(at)),
    };
    const row = (at) =>
      shown.map((key) => (words.get(key) === null ? points.value(key, at) : String(points.value(key, at))));
    const { colouring } = selection;
    const line = (at) =>
      colouring === null ? row(at) : { value: row(at), lineStyle: { color: colouring.of(at).colour } };
    const lines = (name, style) => ({
      name,
      type: "parallel",
      data: lists[name].map(line),
      lineStyle: style,
      inactiveOpacity: 0.03,
      activeOpacity: style.opacity,
      progressive: 1000,
      silent: true,
    });
    const many = places.length > kFaintFrom;
    const upright = width < kUprightBelow;
    const [left, right] = upright ? [16, 24] : [60, 70];
    const length = width - left - right;
    const gap = length / Math.max(1, shown.length - 1) - kLetter;
    const widthOf = widthIn(`${kTitle.fontWeight} ${kTitle.fontSize}px ${colours.font}`);
    // Titles stand above the middle of their axes, those of the first and last within the chart.
    const roomAt = (dim) =>
      Math.min(gap, ...(dim === 0 ? [2 * left] : dim === shown.length - 1 ? [2 * right] : []));
    const titles = shown.map((key, dim) => inLines(titleOf(key), upright ? length : roomAt(dim), widthOf));
    const mostLines = Math.max(...titles.map((lines) => lines.length));
    return {
      // A phone is narrow but long: there the axes lie below each other.
      parallel: {
        layout: upright ? "vertical" : "horizontal",
        left,
        right,
        top: upright ? 40 : 22 + kTitle.lineHeight * mostLines,
        bottom: 24,
        parallelAxisDefault: {
          nameLocation: "end",
          nameGap: upright ? 4 : 14,
          areaSelectStyle: { width: 16, color: colours.accent, borderColor: colours.accent, opacity: 0.25 },
        },
      },
      parallelAxis: shown.map((key, dim) =>
        parallelAxis(key, dim, titles[dim], colours, { upright, width: length }),
      ),
      tooltip: { show: false },
      series: [
        lines("outside", { color: "#8c8c8c", width: 1, type: "dotted", opacity: many ? 0.08 : 0.3 }),
        lines("points", { color: "#56809c", width: 1, opacity: many ? 0.08 : 0.35 }),
        lines("front", { color: "#d55e00", width: colouring === null ? 1.6 : 2.4, opacity: 0.9 }),
      ],
    };
  }

  const element = figure({
    id: "parallel",
    title: "Parallel coordinates",
    renderer: "canvas",
    option,
    height: (width) => (width < kUprightBelow ? 110 * keys().length + 80 : 400),
    finding: () =>
      selection.brushed === null
        ? `A line each of ${grouped(drawn().length)} points, ${colourText()}${points.outside.length > 0 ? ", those outside a bound dotted" : ""}. Draw along an axis to keep only what passes there; the table's filters do the same from the keyboard.`
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
      rows: keys().map((key) => [named(key), rangeText(key, drawn()), rangeText(key, lists.front)]),
    }),
    keep: keepRanges,
    ready: (made) => {
      chart = made;
      made.on("axisareaselected", brush);
    },
  });
  selection.on((changed) => {
    if (["objectives", "filter", "colour"].includes(changed)) element.update();
    if (changed === "brush")
      element.querySelector(".finding").textContent =
        selection.brushed === null
          ? "All points pass."
          : `${grouped(selection.brushed.size)} points pass the ranges that are drawn.`;
  });
  return element;
}
