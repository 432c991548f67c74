// What colours and symbols of the points mean: the choice of the key that they stand for, and its legend,
// in which each value can be taken out and brought back.
import { choice, h } from "../dom.js";
import { colourKey } from "../figures.js";
import { choiceOf, nameOf } from "../names.js";
import { symbolMark } from "../symbols.js";
import { grouped, valueText } from "../units.js";
import { colouringBy, colourKeys } from "./colouring.js";

const kSwitch = "Click a value: its points go, and come back";

export function colourChoice(points, selection) {
  const { varied, figures } = colourKeys(points);
  if (varied.length + figures.length === 0) return null;
  const group = (title, keys) => ({ title, choices: keys.map(choiceOf) });
  return choice(
    "Colour by",
    [
      ["", "front"],
      ...[group("What was varied", varied), group("Figures", figures)].filter(
        ({ choices }) => choices.length > 0,
      ),
    ],
    "",
    (key) => selection.colourBy(key === "" ? null : colouringBy(points, key)),
  );
}

function entryButton(selection, { value, text, colour, symbol, count }) {
  const button = h(
    "button",
    {
      type: "button",
      class: "entry",
      "aria-pressed": "true",
      title: `${grouped(count)} points; click to take them out or to bring them back`,
      onclick: () => {
        const isOn = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(isOn));
        selection.switchValue(value, isOn);
      },
    },
    symbolMark(symbol, colour),
    text,
  );
  return button;
}

/** From the least to the most, dark to light. */
function colourBar(key, { least, most, isLogarithmic, stops }) {
  const middle = isLogarithmic ? Math.sqrt(least * most) : (least + most) / 2;
  const texts = [least, middle, most].map((value) => valueText(key, value));
  return h(
    "div",
    { class: "colour-bar" },
    h("div", {
      role: "img",
      "aria-label": `Colours from ${texts[0]}, dark, to ${texts[2]}, light`,
      style: `background: linear-gradient(to right, ${stops.join(", ")})`,
    }),
    h(
      "div",
      { class: "ends" },
      texts.map((text) => h("span", {}, text)),
    ),
  );
}

/** An element that follows the selection; `front` is the legend of the colours that points begin with,
 *  `notes` are texts below any other. */
export function colourLegend(selection, front, notes) {
  const place = h("div", {});
  const show = () => {
    const { colouring } = selection;
    if (colouring === null) return place.replaceChildren(front);
    const { key, entries, scale } = colouring;
    place.replaceChildren(
      h(
        "ul",
        { class: "key", "aria-label": `Colours: ${nameOf(key)}` },
        h("li", {}, h("strong", {}, nameOf(key) + (scale?.isLogarithmic ? ", logarithmic" : ""))),
        entries
          ? entries.map((entry) => h("li", {}, entryButton(selection, entry)))
          : h("li", {}, colourBar(key, scale)),
      ),
      colourKey([...(entries ? [kSwitch] : []), ...notes].map((text) => ({ text }))),
    );
  };
  selection.on((changed) => {
    if (changed === "colour") show();
  });
  show();
  return place;
}
