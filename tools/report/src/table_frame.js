// The frame in which a table scrolls, so that the page never does; a line below says that there is
// more to the side while there is.
import { h } from "./dom.js";

const watched = new ResizeObserver((entries) => {
  for (const { target } of entries) tell(target.closest(".table"));
});

function tell(frame) {
  if (frame === null) return;
  const wider = frame.scrollWidth > frame.clientWidth + 1;
  frame.classList.toggle("scrolls", wider);
  frame.nextElementSibling?.classList.toggle("needed", wider);
}

/** `name` is read out; `table` is the element. */
export function tableFrame(name, table, isTall = false) {
  const frame = h(
    "div",
    { class: isTall ? "table tall" : "table", tabindex: "0", role: "region", "aria-label": name },
    table,
  );
  watched.observe(frame);
  watched.observe(table);
  return h(
    "div",
    {},
    frame,
    h("p", { class: "more-columns", "aria-hidden": "true" }, "← more columns: scroll the table sideways →"),
  );
}
