// A small table as it is: a caption, columns with a title and an alignment, rows of texts.
import { breakable, h } from "./dom.js";
import { tableFrame } from "./table_frame.js";

/** `columns` are {title, number, wraps}; `rows` are lists of cells, texts or elements. */
export function simpleTable({ caption, columns, rows, tall = rows.length > 30 }) {
  const kind = ({ number, wraps }) => (number ? "number" : wraps ? "wraps" : null);
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
          columns.map((column) => h("th", { scope: "col", class: kind(column) }, column.title)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((cell, at) =>
              at === 0
                ? h("th", { scope: "row", class: kind(columns[at]) }, breakable(cell))
                : h("td", { class: kind(columns[at]) }, cell),
            ),
          ),
        ),
      ),
    ),
    tall,
  );
}
