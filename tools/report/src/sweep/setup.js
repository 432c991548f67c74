// What a sweep simulated: what all its points have in common, what was varied, and the sweep's file itself.
import { h } from "../dom.js";
import { nameOf, named } from "../names.js";
import { simpleTable } from "../simple_table.js";
import { counted, grouped, valueText } from "../units.js";
import { boundText, sortedValues } from "./points.js";

const kValuesShown = 12;
const kTwins = {
  equal_area: "equal_area: the same silicon in both arrays",
  equal_lanes: "equal_lanes: as many multiply-adds as 4-bit cells",
  equal_density: "equal_density: the silicon of the 4-bit array alone",
  equal_power: "equal_power: the same power in both arrays at full rate",
};
const kMethods = {
  grid: "the whole grid",
  random: "a random sample of the grid",
  latin_hypercube: "a Latin hypercube of the grid",
  search: "a search, which asks for points by what others came to",
};

/** "a, b, c", of many values "a … z". */
function listText(texts) {
  return texts.length <= kValuesShown ? texts.join(", ") : `${texts[0]} … ${texts.at(-1)}`;
}

/** The one value of all points, or "varied: 1, 8"; "–" where no point has a result. */
function commonText(key, values, words = {}) {
  const texts = sortedValues(values).map((value) => words[value] ?? valueText(key, value));
  return texts.length === 0 ? "–" : texts.length === 1 ? texts[0] : `varied: ${listText(texts)}`;
}

/** "most speed-up vs FP16, least energy" */
function goalsText(objectives) {
  return objectives
    .map(({ key, goal }) => `${goal === "maximise" ? "most" : "least"} ${nameOf(key)}`)
    .join(", ");
}

function boundsText(constraints) {
  return constraints.map((bound) => `${nameOf(bound.key)} ${boundText(bound)}`).join("; ");
}

/** The line below the sweep's name. */
export function leadText({ simulated, axes }) {
  const of = (key) => commonText(key, simulated[key]);
  const [sample] = simulated.sample.length === 1 ? simulated.sample : ["sample"];
  const hasTwin = simulated.twin_precision.length > 0;
  const isChipVaried = axes.some((key) => key.startsWith("chip."));
  return (
    `Network ${of("network")}; mode ${of("mode")}; batch ${of("batch")} (${sample}s); ` +
    `chip ${of("chip")}${isChipVaried ? ", parts of it varied" : ""}; ` +
    `twin ${of("twin")}${hasTwin ? ` in ${of("twin_precision")}` : ""}; engine ${of("engine")}.`
  );
}

/** "Wanted: most speed-up vs FP16, least energy; area at most 9 mm²."; empty if the file wants nothing. */
export function wantedText({ objectives, constraints }) {
  const wanted = [goalsText(objectives), boundsText(constraints)].filter(Boolean);
  return wanted.length > 0 ? `Wanted: ${wanted.join("; ")}.` : "";
}

export function setupTable({ simulated, set, sampling, objectives, constraints }) {
  const isSet = (name) => set.some(({ key }) => key === name);
  const common = ["network", "mode", "batch", "chip", "twin", "twin_precision", "engine"].map((key) => [
    named(key),
    commonText(key, simulated[key], key === "twin" ? kTwins : {}) + (isSet(key) ? " (set)" : ""),
  ]);
  const asked = sampling.asked === null ? "" : `: ${counted(sampling.asked, "point")}`;
  return simpleTable({
    caption: "What was simulated; (set): the sweep's file says it of all points",
    columns: [{ title: "what" }, { title: "value", wraps: true }],
    rows: [
      ...common,
      ...set
        .filter(({ key }) => !(key in simulated))
        .map(({ key, value }) => [named(key), `${valueText(key, value)} (set)`]),
      ["points chosen as", kMethods[sampling.method] + asked],
      ["objectives", goalsText(objectives) || "none"],
      ["bounds", boundsText(constraints) || "none"],
    ],
  });
}

/** The sweep's file, as it was run. */
export function sweepFile({ file }) {
  return h(
    "details",
    { class: "sweep-file" },
    h("summary", {}, "The sweep's file"),
    h("pre", { tabindex: "0", "aria-label": "The sweep's file" }, file),
  );
}

/** The values of the file, and which of them no point here has. */
export function axesTable(points, fileValues) {
  const ran = (key) => new Set(points.all.map((at) => points.value(key, at)));
  const rows = points.axes.map((key) => {
    const asked = sortedValues(new Set(fileValues[key]));
    const known = ran(key);
    const missing = asked.filter((value) => !known.has(value));
    const text = (values) => listText(values.map((value) => valueText(key, value)));
    return { key, asked, text: text(asked), missing: text(missing) };
  });
  const hasMissing = rows.some(({ missing }) => missing !== "");
  return simpleTable({
    caption: "What was varied: the values of the sweep's file",
    columns: [
      { title: "axis" },
      { title: "values", number: true },
      { title: "which", wraps: true },
      ...(hasMissing ? [{ title: "of these in no point here", wraps: true }] : []),
    ],
    rows: rows.map(({ key, asked, text, missing }) => [
      named(key),
      grouped(asked.length),
      text,
      ...(hasMissing ? [missing || "–"] : []),
    ]),
  });
}

/** Bounds that a point may break although it is simulated; the others keep points out of the sweep. */
export function boundsTable(points) {
  if (points.constraints.length === 0) return null;
  const outside = (place) => points.good.filter((at) => points.broken[at].includes(place)).length;
  return h(
    "div",
    {},
    simpleTable({
      caption: "Bounds",
      columns: [
        { title: "figure" },
        { title: "allowed" },
        { title: "outside, of the simulated", number: true },
      ],
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

/** "none failed, 3 outside the bounds, 18 more of the file's 256 left out: ..." */
export function countsText(points, { asked, unlisted }) {
  const hasBounds = points.constraints.length > 0;
  const why = hasBounds ? "outside a bound beforehand, or not run yet" : "not run yet";
  return [
    points.failed.length > 0 ? `${grouped(points.failed.length)} failed` : "none failed",
    ...(hasBounds
      ? [`${points.outside.length === 0 ? "none" : grouped(points.outside.length)} outside the bounds`]
      : []),
    ...(unlisted > 0 ? [`${grouped(unlisted)} more of the file's ${grouped(asked)} left out: ${why}`] : []),
  ].join(", ");
}
