// What every report has around its sections: title, the theme's button, contents.
import { h } from "./dom.js";
import { themeButton } from "./theme.js";

/** `warnings` are lines that change what the numbers mean; `sections` are elements with an id. */
export function frame({ kicker, title, lead, warnings = [], sections }) {
  const shown = sections.filter((each) => each !== null);
  document.title = `${title} · NibbleSim`;
  return h(
    "div",
    { class: "frame" },
    h(
      "header",
      { class: "head" },
      h(
        "div",
        {},
        h("p", { class: "kicker" }, kicker),
        h("h1", {}, title),
        [lead].flat().map((line) => h("p", { class: "lead" }, line)),
        warnings.map((line) => h("p", { class: "warning" }, line)),
      ),
      themeButton(),
    ),
    h(
      "div",
      { class: "columns" },
      h(
        "nav",
        { class: "contents", "aria-label": "Contents" },
        h(
          "ul",
          {},
          shown.map((each) =>
            h("li", {}, h("a", { href: `#${each.id}` }, each.querySelector("h2").textContent)),
          ),
        ),
      ),
      h("main", { id: "content", tabindex: "-1" }, shown),
    ),
  );
}
