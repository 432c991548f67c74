// What the points of a sweep are coloured by: a key of few values gives each its colour and symbol, one of
// many numbers a sequential scale.
import { kSequential, kSeries, sequentialColour } from "../palette.js";
import { symbolAt } from "../symbols.js";
import { valueText } from "../units.js";
import { sortedValues } from "./points.js";

const kColours = kSeries.slice(0, 8);
const kFewNumbers = kColours.length;
const kMostWords = 24; // of a key of texts that may colour: more cannot be told apart
const kLogarithmicFrom = 100; // times that the most is the least

function valuesOf(points, key) {
  return new Set(points.good.map((at) => points.value(key, at)).filter((value) => value !== null));
}

/** Keys that tell points apart: {varied, figures}. */
export function colourKeys(points) {
  const tells = (key) => {
    const count = valuesOf(points, key).size;
    return count > 1 && (count <= kMostWords || points.numeric.includes(key));
  };
  return {
    varied: points.axes.filter(tells),
    figures: points.results.filter((key) => points.numeric.includes(key) && tells(key)),
  };
}

/** `entries`: {value, text, colour, symbol, count} of each value; that of points without one is null, and
 *  comes last. `of(at)` is a point's. */
function byValue(points, key, values) {
  const counts = new Map(values.map((value) => [value, 0]));
  for (const at of points.good)
    counts.set(points.value(key, at), (counts.get(points.value(key, at)) ?? 0) + 1);
  const entries = [...counts].map(([value, count], place) => ({
    value,
    text: value === null ? "no value" : valueText(key, value),
    colour: kColours[place % kColours.length],
    symbol: symbolAt(place),
    count,
  }));
  const entryOf = new Map(entries.map((entry) => [entry.value, entry]));
  return { key, entries, of: (at) => entryOf.get(points.value(key, at)) };
}

/** `scale`: {least, most, isLogarithmic, stops}; `of(at)`: {value, colour, symbol} of a point. */
function bySize(points, key, values) {
  const [least, most] = [values[0], values.at(-1)];
  const isLogarithmic = least > 0 && most / least >= kLogarithmicFrom;
  const along = (value) =>
    isLogarithmic ? Math.log(value / least) / Math.log(most / least) : (value - least) / (most - least);
  return {
    key,
    scale: { least, most, isLogarithmic, stops: kSequential },
    of: (at) => {
      const value = points.value(key, at);
      return {
        value,
        colour: value === null ? "#8c8c8c" : sequentialColour(along(value)),
        symbol: symbolAt(0),
      };
    },
  };
}

export function colouringBy(points, key) {
  const values = sortedValues(valuesOf(points, key));
  return points.numeric.includes(key) && values.length > kFewNumbers
    ? bySize(points, key, values)
    : byValue(points, key, values);
}
