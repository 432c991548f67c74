// The points of a sweep: columns of values, a point is its place in them.

export class Points {
  constructor({ axes, objectives, points, details = {} }) {
    this.axes = axes;
    this.objectives = objectives;
    this.values = points.values;
    this.numbers = points.number;
    this.faults = points.fault;
    this.details = details;
    this.all = this.numbers.map((_, at) => at);
    this.good = this.all.filter((at) => !this.faults[at]);
    this.failed = this.all.filter((at) => this.faults[at]);
    /** Keys of the results, without the axes; those that a chart can show; and of all keys likewise. */
    this.results = Object.keys(this.values).filter((key) => !axes.includes(key));
    this.numeric = Object.keys(this.values).filter((key) => this.isNumeric(key));
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
