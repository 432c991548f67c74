// One point explained: what it is, where its cycles go, and what the points of the front do otherwise.
import { h, section } from "../dom.js";
import { colourKey, keyFigures } from "../figures.js";
import { presentCauses, total, mainStall } from "../run/causes_of.js";
import { layerTime } from "../run/layer_time.js";
import { causeBar, stagesTable } from "../run/stages.js";
import { simpleTable } from "../simple_table.js";
import { grouped, percent, times, valueText } from "../units.js";
import { dominators } from "./pareto_front.js";

const kDominatorsShown = 5;

function settings(points, at) {
  return simpleTable({
    caption: `Settings of point ${points.numbers[at]}`,
    columns: [{ title: "key" }, { title: "value" }],
    rows: points.axes.map((key) => [key, valueText(key, points.value(key, at))]),
  });
}

function cycles(points, at) {
  const causes = points.causes(at);
  if (total(causes) === 0)
    return h("p", { class: "note" }, "The sweep keeps no stalls.CAUSE, so its cycles cannot be told apart.");
  const present = presentCauses([causes]);
  const stall = mainStall(causes);
  return h(
    "div",
    {},
    h(
      "p",
      {},
      stall
        ? `Most of what is lost goes to ${stall.key}: ${percent(stall.share)} of the array's cycles.`
        : "The array never waits.",
    ),
    causeBar(causes, total(causes)),
    colourKey(present.map(({ key, colour, meaning }) => ({ colour, text: `${key}: ${meaning}` }))),
    simpleTable({
      caption: "Cycles of the array by cause",
      columns: [{ title: "cause" }, { title: "cycles", number: true }, { title: "share", number: true }],
      rows: present.map(({ key }) => [key, grouped(causes[key]), percent(causes[key] / total(causes))]),
    }),
  );
}

function againstFront(points, selection, front, at) {
  if (front.includes(at))
    return h(
      "p",
      {},
      `It is on the front: no point shown is better in ${selection.x.key} without being worse in ${selection.y.key}.`,
    );
  const better = dominators(points, front, at, selection.x, selection.y)
    .sort((left, right) => points.differences(at, left).length - points.differences(at, right).length)
    .slice(0, kDominatorsShown);
  if (better.length === 0)
    return h("p", {}, "It is not among the points that are shown, or has no value of these keys.");
  const ratio = (key, other) =>
    points.value(key, at) ? ` (${times(points.value(key, other) / points.value(key, at))})` : "";
  const setting = (key, other) => {
    const text = valueText(key, points.value(key, other));
    return points.value(key, at) === points.value(key, other)
      ? h("span", { class: "note" }, text)
      : h("strong", {}, text);
  };
  const goals = [selection.x.key, selection.y.key];
  return h(
    "div",
    {},
    h(
      "p",
      {},
      "Points of the front that are better in one and no worse in the other, the most alike first; what they set otherwise is bold:",
    ),
    simpleTable({
      caption: "Better points of the front",
      columns: [{ title: "point" }, ...[...goals, ...points.axes].map((title) => ({ title, number: true }))],
      rows: better.map((other) => [
        String(points.numbers[other]),
        ...goals.map((key) => valueText(key, points.value(key, other)) + ratio(key, other)),
        ...points.axes.map((key) => setting(key, other)),
      ]),
    }),
  );
}

function explained(points, selection, front, at) {
  const number = points.numbers[at];
  if (points.faults[at])
    return h(
      "div",
      {},
      h("p", { class: "warning" }, `Point ${number} failed: ${points.faults[at]}`),
      settings(points, at),
    );
  const layers = points.layers(at);
  return h(
    "div",
    {},
    h("h3", { id: "explained", tabindex: "-1" }, `Point ${number}`),
    keyFigures(
      [...new Set([selection.x.key, selection.y.key, ...points.objectives.map(({ key }) => key)])].map(
        (key) => [key, valueText(key, points.value(key, at)), null],
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
    againstFront(points, selection, front, at),
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

export function explainSection(points, selection, front) {
  const place = h("div", {});
  const show = () => {
    const at = selection.focus;
    place.replaceChildren(
      at === null
        ? h("p", { class: "note" }, "Click a point of the Pareto chart, or a point's number in the table.")
        : explained(points, selection, front(), at),
    );
  };
  selection.on((changed) => {
    if (changed === "focus" || changed === "explain" || changed === "objectives") show();
    if (changed === "explain") place.querySelector("#explained")?.focus();
  });
  show();
  return section("explain", "A point explained", place);
}
