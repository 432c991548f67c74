// One point explained: what it is, where its cycles go, and what the points of the front do otherwise.
import { h, section } from "../dom.js";
import { colourKey, keyFigures } from "../figures.js";
import { presentCauses, total } from "../run/causes_of.js";
import { layerTime } from "../run/layer_time.js";
import { causeBar, stagesTable } from "../run/stages.js";
import { simpleTable } from "../simple_table.js";
import { nameOf, named } from "../names.js";
import { grouped, percent, times } from "../units.js";
import { dominators } from "./pareto_front.js";
import { slowerThanFastest, timeOf, whySlow } from "./why.js";

const kDominatorsShown = 5;

function settings(points, at) {
  return simpleTable({
    caption: `Settings of point ${points.numbers[at]}`,
    columns: [{ title: "key" }, { title: "value" }],
    rows: points.axes.map((key) => [named(key), points.text(key, at)]),
  });
}

function cycles(points, at) {
  const causes = points.causes(at);
  const why = whySlow(points, at);
  if (total(causes) === 0) return h("p", { class: "note" }, why);
  const present = presentCauses([causes]);
  const share = (key) => causes[key] / total(causes);
  return h(
    "div",
    {},
    h("p", {}, slowerThanFastest(points, at)),
    h("p", {}, why),
    causeBar(causes, total(causes)),
    colourKey(present.map(({ key, colour, meaning }) => ({ colour, text: `${key}: ${meaning}` }))),
    simpleTable({
      caption: "Cycles of the array by cause",
      columns: ["cause", "cycles", "share", "time"].map((title, column) => ({
        title,
        number: column > 0,
      })),
      rows: present.map(({ key }) => [
        key,
        grouped(causes[key]),
        percent(share(key)),
        timeOf(points, at, share(key)),
      ]),
    }),
  );
}

function againstFront(points, selection, at) {
  if (!points.isWithin(at))
    return h(
      "p",
      {},
      `It is outside the sweep's bounds and so never on the front: ${points.brokenText(at)}.`,
    );
  const front = selection.front();
  const sides = selection.sides();
  const goals = sides.map(({ key }) => key);
  if (front.includes(at))
    return h(
      "p",
      {},
      goals.length === 1
        ? `It is the best: no point shown is better in ${nameOf(goals[0])}.`
        : `It is on the front: no point shown is better in one of ${goals.map(nameOf).join(", ")} without being worse in another.`,
    );
  const better = dominators(points, front, at, sides)
    .sort((left, right) => points.differences(at, left).length - points.differences(at, right).length)
    .slice(0, kDominatorsShown);
  if (better.length === 0)
    return h("p", {}, "It is not among the points that are shown, or has no value of these keys.");
  const ratio = (key, other) =>
    points.value(key, at) ? ` (${times(points.value(key, other) / points.value(key, at))})` : "";
  const setting = (key, other) => {
    const text = points.text(key, other);
    return points.value(key, at) === points.value(key, other)
      ? h("span", { class: "note" }, text)
      : h("strong", {}, text);
  };
  return h(
    "div",
    {},
    h(
      "p",
      {},
      "Points of the front that are better in something and worse in nothing, the most alike first; what they set otherwise is bold:",
    ),
    simpleTable({
      caption: "Better points of the front",
      columns: [
        { title: "point" },
        ...[...goals, ...points.axes].map((key) => ({ title: named(key), number: true })),
      ],
      rows: better.map((other) => [
        String(points.numbers[other]),
        ...goals.map((key) => points.text(key, other) + ratio(key, other)),
        ...points.axes.map((key) => setting(key, other)),
      ]),
    }),
  );
}

function explained(points, selection, at) {
  const number = points.numbers[at];
  const title = h("h3", { id: "explained", tabindex: "-1" }, `Point ${number}`);
  if (points.faults[at])
    return h(
      "div",
      {},
      title,
      h("p", { class: "warning" }, `It failed: ${points.faults[at]}`),
      settings(points, at),
    );
  const layers = points.layers(at);
  return h(
    "div",
    {},
    title,
    keyFigures(
      [...new Set([selection.x.key, selection.y.key, ...points.objectives.map(({ key }) => key)])].map(
        (key) => [nameOf(key), points.text(key, at), null],
      ),
    ),
    h(
      "div",
      { class: "controls" },
      ["a", "b"].map((side) =>
        h(
          "button",
          { type: "button", onclick: () => selection.choose(side, at) },
          `Take as ${side.toUpperCase()}`,
        ),
      ),
    ),
    h("div", { class: "pair" }, settings(points, at), cycles(points, at)),
    h("h3", {}, "Beside the front"),
    h("div", { class: "beside-front" }, againstFront(points, selection, at)),
    layers
      ? [
          layerTime(layers, "point_layers"),
          h(
            "details",
            {},
            h("summary", {}, "All stages of this point"),
            stagesTable(layers, `Stages of point ${number}`),
          ),
        ]
      : h(
          "p",
          { class: "note" },
          "The report carries layers only for some points, those of the front first.",
        ),
  );
}

export function explainSection(points, selection) {
  const place = h("div", {});
  const show = () => {
    const at = selection.focus;
    place.replaceChildren(
      at === null
        ? h("p", { class: "note" }, "Click a point of the Pareto chart, or a point's number in the table.")
        : explained(points, selection, at),
    );
  };
  selection.on((changed) => {
    if (changed === "focus" || changed === "explain" || changed === "objectives") show();
    // What is shown may have another front; all else of a point stays as it is.
    if (["filter", "brush", "colour"].includes(changed))
      place.querySelector(".beside-front")?.replaceChildren(againstFront(points, selection, selection.focus));
    if (changed === "explain") place.querySelector("#explained")?.focus();
  });
  show();
  return section("explain", "A point explained", place);
}
