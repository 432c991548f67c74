// Two points side by side: settings, figures with their ratio, cycles by cause.
import { h, section } from "../dom.js";
import { colourKey } from "../figures.js";
import { presentCauses, total } from "../run/causes_of.js";
import { named } from "../names.js";
import { causeBar } from "../run/stages.js";
import { tableFrame } from "../table_frame.js";
import { grouped, times } from "../units.js";
import { pairText } from "./why.js";

function table(caption, titles, rows) {
  return tableFrame(
    caption,
    h(
      "table",
      {},
      h("caption", {}, h("span", {}, caption)),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          titles.map((title, at) => h("th", { scope: "col", class: at > 0 ? "number" : null }, title)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map(([name, isDifferent, ...cells]) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, name),
            cells.map((cell) => h("td", { class: isDifferent ? "number differs" : "number" }, cell)),
          ),
        ),
      ),
    ),
  );
}

function ratioText(left, right) {
  return typeof left === "number" && typeof right === "number" && left !== 0 ? times(right / left) : "–";
}

function sideBySide(points, { a, b }) {
  const titles = ["", `A: point ${points.numbers[a]}`, `B: point ${points.numbers[b]}`];
  const cells = (key) => [points.text(key, a), points.text(key, b)];
  const figures = points.results.filter(
    (key) => points.numeric.includes(key) && !key.startsWith("stalls.") && key !== "streaming_cycles",
  );
  const [left, right] = [points.causes(a), points.causes(b)];
  const most = Math.max(total(left), total(right));
  const present = presentCauses([left, right]);
  return h(
    "div",
    {},
    h("p", {}, pairText(points, { a, b })),
    h(
      "div",
      { class: "pair" },
      table(
        "Settings; those that differ are marked",
        titles,
        points.axes.map((key) => [named(key), points.value(key, a) !== points.value(key, b), ...cells(key)]),
      ),
      table(
        "Figures",
        [...titles, "B / A"],
        figures.map((key) => [
          named(key),
          false,
          ...cells(key),
          ratioText(points.value(key, a), points.value(key, b)),
        ]),
      ),
    ),
    present.length === 0
      ? null
      : h(
          "div",
          {},
          h("h3", {}, "Cycles of the array by cause, to one scale"),
          h("p", {}, "A", causeBar(left, most)),
          h("p", {}, "B", causeBar(right, most)),
          colourKey(present.map(({ key, colour }) => ({ colour, text: key }))),
          table(
            "Cycles by cause",
            [...titles, "B / A", "B − A"],
            present.map(({ key }) => {
              const [cyclesA, cyclesB] = [left[key] ?? 0, right[key] ?? 0];
              return [
                key,
                false,
                grouped(cyclesA),
                grouped(cyclesB),
                ratioText(cyclesA, cyclesB),
                grouped(cyclesB - cyclesA),
              ];
            }),
          ),
        ),
  );
}

export function compareSection(points, selection) {
  const place = h("div", {});
  const show = () => {
    const chosen = [selection.a, selection.b].filter((at) => at !== null).length;
    place.replaceChildren(
      chosen === 2
        ? sideBySide(points, selection)
        : h(
            "p",
            { class: "note", role: "status" },
            chosen === 1
              ? "Choose the other point too, with the buttons A and B of the table."
              : "Choose two points with the buttons A and B of the table, or of a point that is explained.",
          ),
    );
  };
  selection.on((changed) => {
    if (changed === "pair") show();
  });
  show();
  return section("compare", "Two points side by side", place);
}
