// What stands above the Pareto chart: its axes and goals, what the front is the front of, whether points
// outside a bound are shown, and the way along the front from the keyboard.
import { choice, h, toggle } from "../dom.js";
import { choiceOf } from "../names.js";
import { counted, grouped } from "../units.js";
import { colourChoice } from "./colour_controls.js";

/** Key, goal and scale of an axis, "x" or "y". */
function sideControls(points, selection, side, label, isLog, redraw) {
  const goals = choice(
    `${label} goal`,
    [
      ["maximise", "maximise"],
      ["minimise", "minimise"],
    ],
    selection[side].goal,
    (goal) => selection.setAxis(side, { ...selection[side], goal }),
    false,
  );
  const keys = choice(label, points.numeric.map(choiceOf), selection[side].key, (key) => {
    goals.querySelector("select").value = points.goalOf(key);
    isLog[side] = points.stepsByFactors(key);
    log.setAttribute("aria-pressed", String(isLog[side]));
    selection.setAxis(side, { key, goal: points.goalOf(key) });
  });
  const log = toggle("log", isLog[side], (down) => {
    isLog[side] = down;
    redraw();
  });
  log.setAttribute("aria-label", `${label} logarithmic`);
  return h("span", { class: "controls" }, keys, goals, log);
}

function frontChoice(points, selection) {
  const { objectives } = points;
  if (objectives.length === 0) return null;
  const element = choice(
    objectives.length > 1 ? "Front of" : "Best in",
    [
      ["objectives", `the sweep's ${counted(objectives.length, "objective")}`],
      ["axes", "the two axes"],
    ],
    "objectives",
    (chosen) => selection.set({ isOfObjectives: chosen === "objectives" }, "objectives"),
  );
  selection.on(() => {
    element.querySelector("select").value = selection.isOfObjectives ? "objectives" : "axes";
  });
  return element;
}

function outsideToggle(points, selection) {
  if (points.outside.length === 0) return null;
  return toggle(`Show ${grouped(points.outside.length)} outside a bound`, true, (isOutsideShown) =>
    selection.set({ isOutsideShown }, "filter"),
  );
}

/** The points of the front one after the other, in the order of x. */
function steps(selection) {
  const step = (by) => {
    const best = selection.front();
    if (best.length === 0) return;
    const at = best.indexOf(selection.focus);
    const first = by > 0 ? 0 : best.length - 1;
    selection.set({ focus: best[at < 0 ? first : (at + by + best.length) % best.length] }, "focus");
  };
  return [
    ["Previous on the front", -1],
    ["Next on the front", 1],
  ].map(([text, by]) => h("button", { type: "button", onclick: () => step(by) }, text));
}

/** `isLog.{x,y}` are set, then redraw() called. */
export function paretoControls(points, selection, isLog, redraw) {
  return h(
    "div",
    {},
    h(
      "div",
      { class: "controls" },
      sideControls(points, selection, "x", "Across", isLog, redraw),
      sideControls(points, selection, "y", "Up", isLog, redraw),
      frontChoice(points, selection),
      colourChoice(points, selection),
      outsideToggle(points, selection),
    ),
    h("div", { class: "controls" }, steps(selection)),
  );
}
