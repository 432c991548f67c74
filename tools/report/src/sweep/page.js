// The report of a sweep: data is {kind: "sweep", name, program, experiment, axes, objectives, constraints,
// points, details} (sim/html/README.md).
import { h, section } from "../dom.js";
import { keyFigures } from "../figures.js";
import { frame } from "../frame.js";
import { simpleTable } from "../simple_table.js";
import { nameOf, named } from "../names.js";
import { grouped, valueText } from "../units.js";
import { compareSection } from "./compare.js";
import { explainSection } from "./explain.js";
import { parallelChart } from "./parallel.js";
import { paretoChart } from "./pareto.js";
import { boundText, Points, sortedValues } from "./points.js";
import { pointsTable } from "./points_table.js";
import { Selection } from "./selection.js";

function summary(points) {
  const best = ({ key, goal }) => {
    const known = points.good.filter((at) => points.isWithin(at) && points.value(key, at) !== null);
    if (known.length === 0) return null;
    return known.reduce((most, at) =>
      points.value(key, at) > points.value(key, most) === (goal === "maximise") ? at : most,
    );
  };
  return keyFigures([
    [
      "Points",
      grouped(points.all.length),
      [
        points.failed.length > 0 ? `${grouped(points.failed.length)} failed` : "none failed",
        ...(points.constraints.length > 0 ? [`${grouped(points.outside.length)} outside the bounds`] : []),
      ].join(", "),
    ],
    ...points.objectives.map((objective) => {
      const at = best(objective);
      return [
        `${objective.goal === "maximise" ? "Most" : "Least"} ${nameOf(objective.key)}`,
        at === null ? "–" : points.text(objective.key, at),
        at === null ? "no point within the bounds" : `point ${points.numbers[at]}`,
      ];
    }),
  ]);
}

function axesTable(points) {
  const values = (key) =>
    sortedValues(new Set(points.all.map((at) => points.value(key, at)).filter((value) => value !== null)));
  const text = (key) => {
    const all = values(key).map((value) => valueText(key, value));
    return all.length <= 12 ? all.join(", ") : `${all[0]} … ${all.at(-1)}`;
  };
  return simpleTable({
    caption: "What was varied",
    columns: [{ title: "axis" }, { title: "values", number: true }, { title: "which", wraps: true }],
    rows: points.axes.map((key) => [named(key), grouped(values(key).length), text(key)]),
  });
}

/** Bounds that a point may break although it is simulated; the others keep points out of the sweep. */
function boundsTable(points) {
  if (points.constraints.length === 0) return null;
  const outside = (place) => points.good.filter((at) => points.broken[at].includes(place)).length;
  return h(
    "div",
    {},
    simpleTable({
      caption: "Bounds",
      columns: [{ title: "figure" }, { title: "allowed" }, { title: "points outside", number: true }],
      rows: points.constraints.map((bound, place) => [
        named(bound.key),
        boundText(bound),
        grouped(outside(place)),
      ]),
    }),
    h(
      "p",
      { class: "note" },
      "A point outside a bound is shown, but is never on the front nor the best. Where a bound is known of the chip before anything runs, points outside it were not simulated and are not here.",
    ),
  );
}

/** What the front section says where the sweep's file leaves the choice to the page. */
function noObjectives(points, selection) {
  if (points.objectives.length > 0) return null;
  return h(
    "p",
    { class: "note" },
    `The sweep's file names no objectives, so it has no front of its own. The page begins with ${nameOf(selection.x.key)} and ${nameOf(selection.y.key)}; choose any two figures with Across and Up.`,
  );
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
      `${grouped(points.failed.length)} of ${grouped(points.all.length)} points have no result; they are in no chart. The table of all points has their settings.`,
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
  window.__report.selection = selection;
  return frame({
    kicker: `NibbleSim sweep · ${data.experiment}`,
    title: data.name,
    lead: data.program,
    sections: [
      section("overview", "The sweep", summary(points), axesTable(points), boundsTable(points)),
      hasResults
        ? section("front", "Pareto front", noObjectives(points, selection), paretoChart(points, selection))
        : null,
      hasResults ? explainSection(points, selection) : null,
      hasResults
        ? section("coordinates", "Settings and results together", parallelChart(points, selection))
        : null,
      section("points", "All points", pointsTable(points, selection)),
      hasResults ? compareSection(points, selection) : null,
      faultsSection(points),
    ],
  });
}
