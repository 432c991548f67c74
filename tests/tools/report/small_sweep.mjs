// The small made-up sweep, its data and its front as tests expect it. NIBBLE_SWEEPS: a folder with 50.json and
// 50.html.
import { readFileSync } from "node:fs";

import { seriesOf } from "./browser.mjs";

export const folder = process.env.NIBBLE_SWEEPS;
export const small = `${folder}/50.html`;
export const data = JSON.parse(readFileSync(`${folder}/50.json`, "utf8"));
export const { number, fault, outside, values } = data.points;
export const good = number.map((_, at) => at).filter((at) => fault[at] === "");
export const isWithin = (at) => outside[at].length === 0;

/** Every pair compared: what the page's sorted sweep must find. */
export function naiveFront(x, y) {
  const better = (at, other) => {
    const gains = [
      [x, at, other],
      [y, at, other],
    ].map(([{ key, goal }, a, b]) => (goal === "maximise" ? 1 : -1) * (values[key][a] - values[key][b]));
    return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
  };
  const within = good.filter(isWithin);
  return within.filter((at) => !within.some((other) => better(other, at)));
}

/** Numbers of the points that the page has on its front. */
export const frontNumbers = async (page) =>
  (await seriesOf(page, "pareto"))
    .find(({ name }) => name === "front")
    .data.map((point) => number[point[2]])
    .sort((a, b) => a - b);
