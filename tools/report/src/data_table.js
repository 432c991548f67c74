// A table of many rows: sorted by any column, filtered by any column, a page of rows at a time so
// that 10,000 rows answer at once. Everything is a button or a field, so the keyboard reaches it.
import { filterOf } from "./filter.js";
import { h } from "./dom.js";
import { tableFrame } from "./table_frame.js";
import { grouped } from "./units.js";

const kPageRows = 25;

/** `columns`: {title, hint: the title's tooltip, unit of its numbers, value(row) (a number, text or null), text(row) or cell(row), number, filter = true,
 *  sortable = true}. `rows`: anything. `onFilter(rows)`: those that pass, after each change; `rowClass(row)`.
 *  The element has setColumns(columns), restrict(test or null): rows that fail it are not shown, whatever
 *  the filters say, refresh() and sortBy(title, isDescending). */
export function dataTable({ name, columns, rows, onFilter, rowClass }) {
  const filters = new Map();
  let sorting = null;
  let restriction = null;
  let shown = rows;
  let page = 0;
  const head = h("thead", {});
  const body = h("tbody", {});
  const count = h("span", { role: "status" });
  const previous = h("button", { type: "button", onclick: () => turn(-1) }, "Previous");
  const next = h("button", { type: "button", onclick: () => turn(1) }, "Next");

  function turn(pages) {
    page += pages;
    fillBody();
  }

  function sortBy(title, isDescending) {
    sorting = { title, isDescending };
    page = 0;
    fillHead();
    arrange();
  }

  function headCell(column) {
    const current = sorting?.title === column.title ? sorting : null;
    const direction = current === null ? "none" : current.isDescending ? "descending" : "ascending";
    if (column.sortable === false) return h("th", { scope: "col", title: column.hint }, column.title);
    const sort = () => {
      // Numbers begin with the largest, texts with the first.
      sortBy(column.title, current === null ? Boolean(column.number) : !current.isDescending);
      [...head.querySelectorAll("button")].find((each) => each.textContent === column.title)?.focus();
    };
    return h(
      "th",
      {
        scope: "col",
        title: column.hint,
        "aria-sort": direction,
        class: column.number ? "number" : null,
      },
      h("button", { type: "button", onclick: sort }, column.title),
    );
  }

  function filterCell(column) {
    if (column.filter === false) return h("td", {});
    const field = h("input", {
      type: "text",
      class: "filter",
      value: filters.get(column.title)?.text ?? "",
      "aria-label": `Filter ${column.title}`,
      placeholder: column.number ? `> < .. ${column.unit ?? ""}`.trim() : "text",
      title: column.number
        ? `> 2, <= 10, 3..5, 16${column.unit ? `, in ${column.unit} unless a unit is given` : ""}`
        : "part of the text; ! in front: without",
      oninput: () => {
        const test = filterOf(field.value);
        if (test === null) filters.delete(column.title);
        else filters.set(column.title, { text: field.value, test, column });
        page = 0;
        arrange();
      },
    });
    return h("td", {}, field);
  }

  function fillHead() {
    head.replaceChildren(
      h("tr", {}, columns.map(headCell)),
      h("tr", { class: "filters" }, columns.map(filterCell)),
    );
  }

  function arrange() {
    const tests = [...filters.values()];
    const passed = rows.filter((row) => tests.every(({ test, column }) => test(column.value(row))));
    shown = restriction === null ? passed : passed.filter(restriction);
    const column = sorting && columns.find(({ title }) => title === sorting.title);
    if (column) {
      const sign = sorting.isDescending ? -1 : 1;
      const keyed = shown.map((row) => [column.value(row), row]);
      keyed.sort(([left], [right]) => compare(left, right, sign));
      shown = keyed.map(([, row]) => row);
    }
    fillBody();
    onFilter?.(passed, tests.length > 0);
  }

  function fillBody() {
    const pages = Math.max(1, Math.ceil(shown.length / kPageRows));
    page = Math.min(Math.max(page, 0), pages - 1);
    const first = page * kPageRows;
    const rowsNow = shown.slice(first, first + kPageRows);
    body.replaceChildren(
      ...rowsNow.map((row) =>
        h(
          "tr",
          { class: rowClass?.(row) || null },
          columns.map((column) =>
            h(
              "td",
              { class: column.number ? "number" : null },
              column.cell ? column.cell(row) : column.text(row),
            ),
          ),
        ),
      ),
    );
    count.textContent =
      shown.length === 0
        ? "No row passes the filters"
        : `Rows ${grouped(first + 1)} to ${grouped(first + rowsNow.length)} of ${grouped(shown.length)}` +
          (shown.length < rows.length ? ` that pass, ${grouped(rows.length)} in all` : "");
    previous.disabled = page === 0;
    next.disabled = page === pages - 1;
  }

  fillHead();
  arrange();
  const element = h(
    "div",
    { class: "data-table" },
    tableFrame(name, h("table", {}, h("caption", { class: "hidden" }, name), head, body)),
    h("div", { class: "controls pages" }, count, previous, next),
  );
  element.restrict = (test) => {
    restriction = test;
    page = 0;
    arrange();
  };
  element.setColumns = (some) => {
    columns = some;
    for (const title of filters.keys())
      if (!columns.some((column) => column.title === title)) filters.delete(title);
    fillHead();
    arrange();
  };
  element.refresh = fillBody;
  element.sortBy = sortBy;
  return element;
}

/** Rows without a value come last, whichever way the others go. */
function compare(left, right, sign) {
  const leftMissing = left === null || left === undefined;
  const rightMissing = right === null || right === undefined;
  if (leftMissing || rightMissing) return leftMissing - rightMissing;
  if (typeof left === "number" && typeof right === "number") return sign * (left - right);
  return sign * String(left).localeCompare(String(right), "en", { numeric: true });
}
