// The report of a sweep: data is {kind: "sweep", name, program, experiment, axes, objectives, points,
// details} (sim/html/README.md).
import { h, section } from "../dom.js";
import { keyFigures } from "../figures.js";
import { frame } from "../frame.js";
import { simpleTable } from "../simple_table.js";
import { grouped, valueText } from "../units.js";
import { compareSection } from "./compare.js";
import { explainSection } from "./explain.js";
import { parallelChart } from "./parallel.js";
import { paretoChart } from "./pareto.js";
import { Points } from "./points.js";
import { pointsTable } from "./points_table.js";
import { Selection } from "./selection.js";

function summary(points) {
  const best = ({ key, goal }) => {
    const known = points.good.filter((at) => points.value(key, at) !== null);
    if (known.length === 0) return null;
    return known.reduce((most, at) =>
      points.value(key, at) > points.value(key, most) === (goal === "maximise") ? at : most,
    );
  };
  return keyFigures([
    [
      "Points",
      grouped(points.all.length),
      points.failed.length > 0 ? `${grouped(points.failed.length)} failed` : "all good",
    ],
    ...points.objectives.map((objective) => {
      const at = best(objective);
      return [
        `${objective.goal === "maximise" ? "Most" : "Least"} ${objective.key}`,
        at === null ? "–" : valueText(objective.key, points.value(objective.key, at)),
        at === null ? null : `point ${points.numbers[at]}`,
      ];
    }),
  ]);
}

function axesTable(points) {
  const values = (key) =>
    [...new Set(points.all.map((at) => points.value(key, at)))]
      .filter((value) => value !== null)
      .sort((a, b) =>
        typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)),
      );
  const text = (key) => {
    const all = values(key).map((value) => valueText(key, value));
    return all.length <= 12 ? all.join(", ") : `${all[0]} … ${all.at(-1)}`;
  };
  return simpleTable({
    caption: "What was varied",
    columns: [{ title: "axis" }, { title: "values", number: true }, { title: "which", wraps: true }],
    rows: points.axes.map((key) => [key, grouped(values(key).length), text(key)]),
  });
}

function faultsSection(points) {
  if (points.failed.length === 0) return null;
  const byFault = new Map();
  for (const at of points.failed)
    byFault.set(points.faults[at], [...(byFault.get(points.faults[at]) ?? []), at]);
  return section(
    "faults",
    "Points that failed",
    h(
      "p",
      {},
      `${grouped(points.failed.length)} of ${grouped(points.all.length)} points have no result; they are in no chart. The table has their settings.`,
    ),
    simpleTable({
      caption: "Faults",
      columns: [
        { title: "fault", wraps: true },
        { title: "points", number: true },
        { title: "numbers", wraps: true },
      ],
      rows: [...byFault]
        .sort((a, b) => b[1].length - a[1].length)
        .map(([fault, list]) => [
          fault,
          grouped(list.length),
          list
            .slice(0, 20)
            .map((at) => points.numbers[at])
            .join(", ") + (list.length > 20 ? ", …" : ""),
        ]),
    }),
  );
}

export function sweepPage(data) {
  const points = new Points(data);
  const selection = new Selection(points);
  const hasResults = points.good.length > 0 && points.numeric.some((key) => !points.axes.includes(key));
  const pareto = hasResults ? paretoChart(points, selection) : null;
  window.__report.selection = selection;
  return frame({
    kicker: `NibbleSim sweep · ${data.experiment}`,
    title: data.name,
    lead: data.program,
    sections: [
      section("overview", "The sweep", summary(points), axesTable(points)),
      hasResults ? section("front", "Pareto front", pareto) : null,
      hasResults ? explainSection(points, selection, pareto.front) : null,
      hasResults
        ? section("coordinates", "Settings and results together", parallelChart(points, selection))
        : null,
      section("points", "All points", pointsTable(points, selection)),
      hasResults ? compareSection(points, selection) : null,
      faultsSection(points),
    ],
  });
}
