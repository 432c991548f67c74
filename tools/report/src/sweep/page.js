// The report of a sweep: data is {kind: "sweep", ...}, whose keys sim/html/README.md lists.
import { h, section } from "../dom.js";
import { keyFigures } from "../figures.js";
import { frame } from "../frame.js";
import { simpleTable } from "../simple_table.js";
import { nameOf } from "../names.js";
import { grouped } from "../units.js";
import { compareSection } from "./compare.js";
import { explainSection } from "./explain.js";
import { parallelChart } from "./parallel.js";
import { paretoChart } from "./pareto.js";
import { Points } from "./points.js";
import { pointsTable } from "./points_table.js";
import { Selection } from "./selection.js";
import { axesTable, boundsTable, countsText, leadText, setupTable, sweepFile, wantedText } from "./setup.js";

function summary(points, sampling) {
  const best = ({ key, goal }) => {
    const known = points.good.filter((at) => points.isWithin(at) && points.value(key, at) !== null);
    if (known.length === 0) return null;
    return known.reduce((most, at) =>
      points.value(key, at) > points.value(key, most) === (goal === "maximise") ? at : most,
    );
  };
  return keyFigures([
    ["Points run", grouped(points.all.length), countsText(points, sampling)],
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
    lead: [leadText(data), wantedText(data), data.program].filter(Boolean),
    sections: [
      section(
        "overview",
        "The sweep",
        summary(points, data.sampling),
        h("div", { class: "pair" }, setupTable(data), axesTable(points, data.axis_values)),
        boundsTable(points),
        sweepFile(data),
      ),
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
