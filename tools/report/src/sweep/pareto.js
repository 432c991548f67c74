// All points over two keys of the reader's choice, their Pareto front, and the point in focus.
import { axis, figure } from "../chart.js";
import { escaped, h } from "../dom.js";
import { colourKey } from "../figures.js";
import { nameOf, named } from "../names.js";
import { presentCauses, total } from "../run/causes_of.js";
import { causeBar } from "../run/stages.js";
import { counted, grouped, plain } from "../units.js";
import { colourLegend } from "./colour_controls.js";
import { paretoControls } from "./pareto_controls.js";
import { kFrontKey, pointSeries } from "./pareto_points.js";
import { slowerThanFastest, whySlow } from "./why.js";

const kDecadesFrom = 1000; // most / least from which a logarithmic axis has no labels at powers of two
const kClick = "Click a point: where its time goes. Ctrl and wheel zoom";
export const kSides = { a: "#0072b2", b: "#009e73" };

const goalText = ({ key, goal }) => `${goal} ${nameOf(key)}`;

export function paretoChart(points, selection) {
  const isLog = {
    x: points.stepsByFactors(selection.x.key),
    y: points.stepsByFactors(selection.y.key),
  };
  const shown = () => points.good.filter((at) => selection.isShown(at));
  const place = (at) => [points.value(selection.x.key, at), points.value(selection.y.key, at)];
  const hasBounds = points.constraints.length > 0;
  const hasOutside = points.outside.length > 0;

  const colouredBy = () => (selection.colouring === null ? [] : [selection.colouring.key]);

  function finding() {
    const best = selection.front();
    const sides = selection.sides();
    const hasAll = (at) => sides.every(({ key }) => points.value(key, at) !== null);
    const within = shown().filter((at) => points.isWithin(at) && hasAll(at)).length;
    const outside = shown().filter((at) => !points.isWithin(at)).length;
    const what = sides.length > 1 ? "on the front" : "the best";
    if (within === 0)
      return `No point that is shown is within the bounds, so none is ${what}; ${grouped(outside)} are outside one.`;
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
    return `${text} ${sides.length > 1 ? "At its ends" : "Of the best"}, ${sides.map(end).join(", ")}.${colourText(best)}`;
  }

  /** How many points of the front have each value that a colour stands for. */
  function colourText(best) {
    const { colouring } = selection;
    if (!colouring?.entries) return "";
    const shares = colouring.entries
      .map((entry) => [entry.text, best.filter((at) => colouring.of(at) === entry).length])
      .filter(([, count]) => count > 0);
    return ` Of the front by ${nameOf(colouring.key)}: ${shares.map(([text, count]) => `${text} has ${grouped(count)}`).join(", ")}.`;
  }

  function describe(at) {
    const keys = [...new Set([selection.x.key, selection.y.key, ...colouredBy(), ...points.axes])];
    const lines = keys.map((key) => `${escaped(nameOf(key))} ${escaped(points.text(key, at))}`);
    const bound = points.isWithin(at) ? [] : [`outside: ${escaped(points.brokenText(at))}`];
    return [`<b>point ${points.numbers[at]}</b>`, ...lines, ...bound].join("<br>");
  }

  function option(colours) {
    const valueAxis = (side, extra) => {
      const { factor, title } = points.scaleOf(selection[side].key);
      const reach = points.reachOf(selection[side].key); // null: some are not positive, no logarithm
      return axis(colours, {
        type: isLog[side] && reach !== null ? "log" : "value",
        logBase: factor === 1 && reach < kDecadesFrom ? 2 : 10, // powers of two have no round milliseconds
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
            {
              name: text,
              type: "scatter",
              data: [[...place(at), at]],
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
            },
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
        formatter: ({ value }) => describe(value[2]),
      },
      series: [
        ...pointSeries(points, selection, place, colours),
        ...marked(selection.focus, "focus", colours.text),
        ...marked(selection.a, "A", kSides.a),
        ...marked(selection.b, "B", kSides.b),
      ],
    };
  }

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
      paretoControls(points, selection, isLog, () => element.update()),
      colourLegend(
        selection,
        colourKey([...kFrontKey, ...(hasOutside ? [{ text: "◇ outside a bound" }] : []), { text: kClick }]),
        ["Outlined: on the front", ...(hasOutside ? ["hollow: outside a bound"] : []), kClick],
      ),
    ),
    ready: (chart) => chart.on("click", ({ value }) => selection.set({ focus: value[2] }, "focus")),
    table: () => {
      const sides = selection.sides().map(({ key }) => key);
      const keys = [
        ...new Set([...sides, selection.x.key, selection.y.key, ...colouredBy(), ...points.axes]),
      ];
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
  // A point in focus says at once where its time goes; the section below says more.
  const picked = h("div", { role: "status" });
  element.querySelector(".chart").after(picked);
  function tellPicked() {
    const at = selection.focus;
    if (at === null || points.faults[at]) return picked.replaceChildren();
    const causes = points.causes(at);
    return picked.replaceChildren(
      h(
        "p",
        {},
        [slowerThanFastest(points, at) ?? `Point ${points.numbers[at]}:`, whySlow(points, at), ""].join(" "),
        h("a", { href: "#explain" }, "Explained below"),
      ),
      total(causes) > 0 ? causeBar(causes, total(causes)) : "",
      colourKey(presentCauses([causes]).map(({ key, colour }) => ({ colour, text: key }))),
    );
  }
  selection.on((changed) => {
    tellPicked();
    element.update(changed);
  });
  return element;
}
