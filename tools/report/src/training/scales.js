// What each layer's gradscale and alpha were over the steps.
import { h, section } from "../dom.js";
import { curveChart, pointsOf } from "./curve_chart.js";

function linesOf(curve, prefix) {
  return Object.keys(curve)
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ name: name.slice(prefix.length), points: pointsOf(curve.step, curve[name]) }))
    .filter(({ points }) => points.length > 0);
}

function rangeText(lines) {
  const last = lines.map(({ points }) => points.at(-1)[1]);
  return `${lines.length} layers end between ${Math.min(...last).toPrecision(3)} and ${Math.max(...last).toPrecision(3)}.`;
}

export function scalesSection(curve) {
  if (curve === null) return null;
  const gradscales = linesOf(curve, "gradscale.");
  const alphas = linesOf(curve, "alpha.");
  const lossScale = curve.loss_scale
    ? [{ name: "loss scale", points: pointsOf(curve.step, curve.loss_scale) }].filter(
        ({ points }) => points.length > 0,
      )
    : [];
  if (gradscales.length + alphas.length + lossScale.length === 0) return null;
  const chart = (id, title, unit, lines, finding) =>
    lines.length > 0 ? curveChart({ id, title, unit, lines, finding, stepped: id !== "alpha" }) : null;
  return section(
    "scales",
    "Scales of the layers",
    h(
      "div",
      { class: "pair" },
      chart(
        "gradscale",
        "GradScale: exponent of each layer's gradients",
        "log2 of the scale",
        gradscales,
        gradscales.length && rangeText(gradscales),
      ),
      chart(
        "loss_scale",
        "Loss scale",
        "log2 of the scale",
        lossScale,
        lossScale.length && `It ends at 2^${lossScale[0].points.at(-1)[1]}.`,
      ),
      chart(
        "alpha",
        "PACT: upper clip of each activation (alpha)",
        "alpha",
        alphas,
        alphas.length && rangeText(alphas),
      ),
    ),
  );
}
