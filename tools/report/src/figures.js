// Key figures: a row of large numbers, each with its name and what qualifies it.
import { h } from "./dom.js";

/** `entries` are [name, value, qualification]; those whose value is null are left out. */
export function keyFigures(entries) {
  return h(
    "dl",
    { class: "figures" },
    entries
      .filter(([, value]) => value !== null)
      .map(([name, value, note]) =>
        h("div", {}, h("dt", {}, name), h("dd", {}, value), note ? h("dd", {}, note) : null),
      ),
  );
}

/** A legend: what the colours of a chart mean. `entries` are {colour, text}; a note has no colour. */
export function colourKey(entries) {
  return h(
    "ul",
    { class: "key" },
    entries.map(({ colour, text }) =>
      h("li", {}, colour ? h("span", { class: "swatch", style: `background:${colour}` }) : null, text),
    ),
  );
}
