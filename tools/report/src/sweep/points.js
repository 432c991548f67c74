// The points of a sweep: columns of values, a point is its place in them.
import { inReadingOrder, nameOf } from "../names.js";
import { axisScale, axisTitle, valueText } from "../units.js";

const kFactorsFrom = 16; // most / least of few values whose axis is logarithmic by itself
const kWordsUpTo = 12; // values of a varied key that stand at equal distances on its axis

export class Points {
  constructor({ axes, objectives, constraints, points, details = {} }) {
    this.axes = axes;
    this.constraints = constraints;
    this.values = points.values;
    this.numbers = points.number;
    this.faults = points.fault;
    this.broken = points.outside; // lists of places in `constraints`
    this.details = details;
    this.all = this.numbers.map((_, at) => at);
    this.good = this.all.filter((at) => !this.faults[at]);
    this.failed = this.all.filter((at) => this.faults[at]);
    this.outside = this.good.filter((at) => !this.isWithin(at));
    /** Keys of the results, without the axes; those that a chart can show; and of all keys likewise. */
    const keys = inReadingOrder(Object.keys(this.values));
    this.results = keys.filter((key) => !axes.includes(key));
    this.numeric = keys.filter((key) => this.isNumeric(key));
    this.objectives = objectives.filter(({ key }) => this.numeric.includes(key));
    this.scales = new Map();
  }

  isNumeric(key) {
    return (
      this.good.length > 0 &&
      this.good.every((at) => typeof this.values[key][at] === "number" || this.values[key][at] === null) &&
      this.good.some((at) => this.values[key][at] !== null)
    );
  }

  value(key, at) {
    return this.values[key]?.[at] ?? null;
  }

  /** A value as it is read. */
  text(key, at) {
    return valueText(key, this.value(key, at));
  }

  /** Whether it is within the sweep's constraints, and so may be on the front. */
  isWithin(at) {
    return this.broken[at].length === 0;
  }

  /** "time 12.4 ms > 11.5 ms" of each bound that a point is outside; empty: within all. */
  brokenText(at) {
    return this.broken[at]
      .map((place) => this.constraints[place])
      .map(({ key, at_least: least, at_most: most }) => {
        const isOver = most !== null && this.value(key, at) > most;
        const bound = isOver ? most : least;
        const texts = [this.text(key, at), valueText(key, bound)];
        // Numbers that read alike are told as they are.
        const [value, limit] = texts[0] === texts[1] ? [this.value(key, at), bound] : texts;
        return `${nameOf(key)} ${value} ${isOver ? ">" : "<"} ${limit}`;
      })
      .join("; ");
  }

  /** Of an axis of numbers: {factor, unit, title}, so that its labels are short. */
  scaleOf(key) {
    if (!this.scales.has(key)) {
      const most = this.good.reduce((sofar, at) => Math.max(sofar, Math.abs(this.value(key, at))), 0);
      const scale = axisScale(key, most);
      this.scales.set(key, { ...scale, title: axisTitle(key, scale.unit) });
    }
    return this.scales.get(key);
  }

  /** Whether a key has an axis of words or one of numbers, decided here alone. A figure of the result has
   *  numbers. What was varied has words, its values at equal distances, if they are texts or few. The
   *  words in order, or null. */
  wordsOf(key) {
    const isNumber = this.numeric.includes(key);
    if (isNumber && !this.axes.includes(key)) return null;
    const values = new Set(this.good.map((at) => this.value(key, at)).filter((value) => value !== null));
    return isNumber && values.size > kWordsUpTo ? null : sortedValues(values).map(String);
  }

  /** What an axis of positive numbers reaches over: most / least; null if some are not positive. */
  reachOf(key) {
    const known = this.good.map((at) => this.value(key, at)).filter((value) => value !== null);
    const least = known.reduce((sofar, value) => Math.min(sofar, value), Infinity);
    const most = known.reduce((sofar, value) => Math.max(sofar, value), -Infinity);
    return least > 0 && known.length > 0 ? most / least : null;
  }

  /** Whether a key steps by factors, as 2, 4, 8 … 64 do: few values far apart. Its axis is logarithmic. */
  stepsByFactors(key) {
    const values = new Set(this.good.map((at) => this.value(key, at)).filter((value) => value !== null));
    return values.size <= kWordsUpTo && (this.reachOf(key) ?? 0) >= kFactorsFrom;
  }

  /** The layers of a point, if the report carries them. */
  layers(at) {
    return this.details[this.numbers[at]]?.layers ?? null;
  }

  /** Axes in which two points differ. */
  differences(left, right) {
    return this.axes.filter((key) => this.value(key, left) !== this.value(key, right));
  }

  /** Cycles by cause of a point, of what the sweep keeps: {streaming, weight_load, ...}. */
  causes(at) {
    const causes = {};
    const streaming = this.value("streaming_cycles", at);
    if (streaming !== null) causes.streaming = streaming;
    for (const key of this.results) {
      const cause = /^stalls\.(.+)$/.exec(key)?.[1];
      if (cause && this.value(key, at) !== null) causes[cause] = this.value(key, at);
    }
    return causes;
  }

  /** "maximise" or "minimise": an objective's goal, else what a reader of that key would want. */
  goalOf(key) {
    const objective = this.objectives.find((each) => each.key === key);
    return (
      objective?.goal ?? (/speedup|gain|utilization|tops|per_s$|accuracy/.test(key) ? "maximise" : "minimise")
    );
  }
}

/** Numbers by size, texts as people sort them. */
export function sortedValues(values) {
  return [...values].sort((a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), "en", { numeric: true }),
  );
}

/** "at least 1.50 ×, at most 2.00 ×" */
export function boundText({ key, at_least: least, at_most: most }) {
  return [
    ["at least", least],
    ["at most", most],
  ]
    .filter(([, bound]) => bound !== null)
    .map(([words, bound]) => `${words} ${valueText(key, bound)}`)
    .join(", ");
}
