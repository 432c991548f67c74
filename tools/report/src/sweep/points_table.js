// All points as a table: sorted, filtered, a page at a time; A and B are chosen here.
import { dataTable } from "../data_table.js";
import { h } from "../dom.js";
import { nameOf, named } from "../names.js";
import { grouped, unitOf } from "../units.js";

const kShownAtFirst = 12;
const kNarrow = "(max-width: 30rem)"; // as in the styles

export function pointsTable(points, selection) {
  const objectives = points.objectives.map(({ key }) => key);
  const keys = [...new Set([...points.axes, ...objectives, ...points.results])];
  const visible = new Set(keys.slice(0, Math.max(points.axes.length + objectives.length, kShownAtFirst)));

  const pick = (side) => ({
    title: side.toUpperCase(),
    filter: false,
    sortable: false,
    value: () => null,
    cell: (at) =>
      h(
        "button",
        {
          type: "button",
          "aria-pressed": String(selection[side] === at),
          "aria-label": `Point ${points.numbers[at]} as ${side.toUpperCase()}`,
          "data-point": points.numbers[at],
          disabled: Boolean(points.faults[at]),
          onclick: () => keepFocus(side, at, () => selection.choose(side, at)),
        },
        side.toUpperCase(),
      ),
  });
  function keepFocus(side, at, act) {
    act();
    table
      .querySelector(`button[data-point="${points.numbers[at]}"][aria-label$="as ${side.toUpperCase()}"]`)
      ?.focus();
  }
  const explain = {
    title: "point",
    number: true,
    value: (at) => points.numbers[at],
    cell: (at) =>
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          "aria-label": `Explain point ${points.numbers[at]}`,
          onclick: () => selection.set({ focus: at }, "explain"),
        },
        String(points.numbers[at]),
      ),
  };
  const isOnFront = (at) => !points.faults[at] && selection.front().includes(at);
  const front = {
    title: "front",
    hint: "on the Pareto front of the points that are shown",
    value: (at) => (isOnFront(at) ? "front" : null),
    cell: (at) => (isOnFront(at) ? h("span", { class: "on-front" }, "front") : ""),
  };
  const bounds = {
    title: "bounds",
    value: (at) => (points.faults[at] ? null : points.brokenText(at) || "within"),
    text: (at) => (points.faults[at] ? "–" : points.brokenText(at) || "within"),
  };
  const keyColumn = (key) => {
    const isNumber = points.numeric.includes(key);
    const factor = unitOf(key) === "share" ? 100 : 1; // filters work on what is shown
    return {
      title: nameOf(key),
      hint: key,
      number: isNumber,
      unit: { bytes: "B", ratio: "", share: "%", cycles: "" }[unitOf(key)] ?? unitOf(key),
      text: (at) => points.text(key, at),
      value: (at) =>
        isNumber && points.value(key, at) !== null ? factor * points.value(key, at) : points.value(key, at),
    };
  };
  const fault = {
    title: "fault",
    value: (at) => points.faults[at] || null,
    cell: (at) => h("span", { class: "clipped", title: points.faults[at] }, points.faults[at]),
  };
  // On a phone, where few columns are in sight, what was wanted comes before what was set.
  const narrow = window.matchMedia(kNarrow);
  const columns = () => {
    const shown = keys.filter((key) => visible.has(key));
    const keyColumns = (isIn) => shown.filter(isIn).map(keyColumn);
    const wanted = keyColumns((key) => objectives.includes(key));
    const pair = [pick("a"), pick("b")];
    const settings = keyColumns((key) => points.axes.includes(key) && !objectives.includes(key));
    return [
      ...(narrow.matches
        ? [explain, ...wanted, front, ...pair, ...settings]
        : [...pair, explain, front, ...settings, ...wanted]),
      ...(points.outside.length > 0 ? [bounds] : []),
      ...(points.failed.length > 0 ? [fault] : []),
      ...keyColumns((key) => !points.axes.includes(key) && !objectives.includes(key)),
    ];
  };

  // Every letter that is typed filters; the charts follow when the reader pauses.
  let pause = null;
  const table = dataTable({
    name: "All points",
    columns: columns(),
    rows: points.all,
    rowClass: (at) =>
      [
        at === selection.a || at === selection.b || at === selection.focus ? "chosen" : "",
        points.isWithin(at) ? "" : "outside",
        isOnFront(at) ? "front" : "",
      ].join(" "),
    onFilter: (rows, isFiltered) => {
      if (!isFiltered && selection.filtered === null) return;
      clearTimeout(pause);
      pause = setTimeout(() => selection.set({ filtered: isFiltered ? new Set(rows) : null }, "filter"), 150);
    },
  });
  const choose = h(
    "details",
    {},
    h("summary", {}, `Columns: ${grouped(keys.length)} keys`),
    h(
      "div",
      { class: "controls" },
      keys.map((key) =>
        h(
          "label",
          {},
          h("input", {
            type: "checkbox",
            checked: visible.has(key),
            onchange: ({ target }) => {
              if (target.checked) visible.add(key);
              else visible.delete(key);
              table.setColumns(columns());
            },
          }),
          named(key),
        ),
      ),
    ),
  );
  narrow.addEventListener("change", () => table.setColumns(columns()));
  selection.on((changed) => {
    if (changed === "brush")
      table.restrict(selection.brushed === null ? null : (at) => selection.brushed.has(at));
    else if (!changed !== "colour") table.refresh();
  });
  return h(
    "div",
    {},
    h(
      "p",
      { class: "note" },
      "Sort by a column's title. Filters: > 2, <= 10 mJ, 3..5, 16, a part of a text, !text. A and B put two points side by side, the number explains a point; rows of the front are bold.",
    ),
    choose,
    table,
  );
}
