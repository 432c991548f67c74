// What the run computed in which format, what it was worth, what its numbers rest on. The words of the
// last two are those of the page that `nibblesim run` prints; the program sends them along.
import { h, section } from "../dom.js";
import { keyFigures } from "../figures.js";
import { simpleTable } from "../simple_table.js";
import { grouped, percent, withUnit } from "../units.js";

const kNamesShown = 8; // more are shown in groups

/** "*.conv1 × 16" for names that end alike, as the printed page has them. */
export function namesByEnd(names) {
  const ends = new Map();
  for (const name of names) {
    const end = name.slice(name.lastIndexOf(".") + 1);
    ends.set(end, [...(ends.get(end) ?? []), name]);
  }
  return [...ends].map(([end, all]) => (all.length === 1 ? all[0] : `*.${end} × ${all.length}`)).join(", ");
}

export function precisionSection(r) {
  const macs = new Map();
  for (const { name, macs: some } of r.layers) macs.set(name, (macs.get(name) ?? 0) + some);
  const of = (names) => names.reduce((sum, name) => sum + (macs.get(name) ?? 0), 0);
  return section(
    "precision",
    "Which layers multiply in what",
    simpleTable({
      caption: "Precision policies",
      columns: [
        { title: "policy" },
        { title: "share of the MACs", number: true },
        { title: "layers", number: true },
        { title: "names", wraps: true },
      ],
      rows: Object.entries(r.precision).map(([policy, names]) => [
        policy,
        percent(of(names) / r.macs_useful),
        grouped(names.length),
        names.length <= kNamesShown
          ? names.join(", ")
          : [
              namesByEnd(names),
              h("details", {}, h("summary", {}, `All ${names.length}`), h("p", {}, names.join(", "))),
            ],
      ]),
    }),
  );
}

export function inferenceSection(r) {
  if (!r.inference && !r.accuracy) return null;
  const { inference: i, accuracy: a, sample } = r;
  const points = (value) => (value === null || value === undefined ? null : value.toFixed(2));
  return section(
    "inference",
    "Inference and accuracy",
    keyFigures([
      [
        "Rate",
        i ? grouped(i.images_per_s) : null,
        i ? `${sample}s per second, in batches of ${i.batch}` : null,
      ],
      [
        "Energy",
        i ? withUnit(i.energy_j_per_image, "J") : null,
        i ? `per ${sample}; utilization ${percent(i.utilization)}` : null,
      ],
      ["Trained in FP32", a ? points(a.fp32) : null, a?.metric],
      ["Trained in 4 bits", a ? points(a.nibble4) : null, a?.recipe ? `recipe ${a.recipe}` : null],
      [
        "On the chip",
        a ? points(a.chip) : null,
        a?.predictions ? `${grouped(a.correct)} of ${grouped(a.predictions)} right` : null,
      ],
    ]),
  );
}

/** "  measured  what was, and" with its continuation below -> [["measured", "what was, and ..."]]. */
export function labelledLines(text) {
  const items = [];
  for (const line of text.split("\n")) {
    const labelled = /^ {2}(\S+) {2,}(\S.*)$/.exec(line);
    if (labelled) items.push([labelled[1], labelled[2]]);
    else if (items.length > 0 && line.startsWith("      ")) items.at(-1)[1] += `\n${line.trim()}`;
  }
  return items;
}

export function sourcesSection({ rests_on: restsOn, checks, page }) {
  return section(
    "sources",
    "What this rests on",
    h(
      "dl",
      { class: "rests" },
      labelledLines(restsOn).map(([label, text]) => [h("dt", {}, label), h("dd", {}, text)]),
    ),
    h("h3", {}, "Checks"),
    h(
      "ul",
      {},
      checks
        .split("\n")
        .filter((line) => line.startsWith("  "))
        .map((line) => h("li", {}, line.trim())),
    ),
    h(
      "details",
      {},
      h("summary", {}, "The page as nibblesim run prints it"),
      h("pre", { tabindex: "0" }, page),
    ),
  );
}
