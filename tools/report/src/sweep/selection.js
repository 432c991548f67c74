// What the reader has chosen, shared by all parts of the sweep's page: the two axes, what the front is
// the front of, the point in focus, A and B, and which points filters, brushes, bounds and the legend leave.
import { paretoFront } from "./pareto_front.js";

// What a chart begins with where the sweep's file names no objective, or one.
const kFirstLooked = ["speedup_vs_fp16", "energy_j.total", "time_s", "area_mm2.total"];

export class Selection {
  constructor(points) {
    this.points = points;
    const results = points.numeric.filter((key) => !points.axes.includes(key));
    const wanted = [
      ...points.objectives.map(({ key }) => key),
      ...kFirstLooked,
      ...results,
      ...points.numeric,
    ];
    const [x, y] = [...new Set(wanted.filter((key) => points.numeric.includes(key)))];
    this.x = { key: x, goal: points.goalOf(x) };
    this.y = { key: y ?? x, goal: points.goalOf(y ?? x) };
    this.isOfObjectives = points.objectives.length > 0; // the front; else it is of the two axes
    this.isOutsideShown = true;
    this.colouring = null; // what points are coloured by (colouring.js), or null: whether they are on the front
    this.switchedOff = new Set(); // of its values
    this.focus = null;
    this.a = null;
    this.b = null;
    this.filtered = null; // a Set of places, or null: all
    this.brushed = null;
    this.listeners = [];
    this.lastFront = null;
  }

  /** `listener(changed)` is called with the names of what changed: "objectives", "focus", "explain", "pair",
   *  "filter", "brush", "colour". */
  on(listener) {
    this.listeners.push(listener);
  }

  set(changes, name) {
    Object.assign(this, changes);
    this.lastFront = null;
    for (const listener of this.listeners) listener(name);
  }

  /** An axis of the chart, {key, goal}. What is no objective asks for the front of the two axes. */
  setAxis(side, chosen) {
    const axes = { x: this.x, y: this.y, [side]: chosen };
    const isObjective = ({ key, goal }) =>
      this.points.objectives.some((each) => each.key === key && each.goal === goal);
    this.set({ ...axes, isOfObjectives: isObjective(axes.x) && isObjective(axes.y) }, "objectives");
  }

  /** What the front is the front of: {key, goal}, one or more. */
  sides() {
    return this.isOfObjectives ? this.points.objectives : [this.x, this.y];
  }

  /** Whether these are the axes of the chart, so that the front is a line in it. */
  isFrontOfAxes() {
    const sides = this.sides();
    const isSide = ({ key, goal }) => sides.some((each) => each.key === key && each.goal === goal);
    return sides.length === 2 && isSide(this.x) && isSide(this.y) && this.x.key !== this.y.key;
  }

  /** Colours by another key; all of its values are shown. */
  colourBy(colouring) {
    this.set({ colouring, switchedOff: new Set() }, "colour");
  }

  /** Takes out the points that have a value of the key that colours, or brings them back. */
  switchValue(value, isOn) {
    const switchedOff = new Set(this.switchedOff);
    if (isOn) switchedOff.delete(value);
    else switchedOff.add(value);
    this.set({ switchedOff }, "filter");
  }

  /** Whether neither the legend nor the bounds take it out of the charts. */
  isDrawn(at) {
    return (
      (this.isOutsideShown || this.points.isWithin(at)) &&
      (this.switchedOff.size === 0 || !this.switchedOff.has(this.colouring.of(at).value))
    );
  }

  isShown(at) {
    return (
      (this.filtered === null || this.filtered.has(at)) &&
      (this.brushed === null || this.brushed.has(at)) &&
      this.isDrawn(at)
    );
  }

  /** Places of the front among the points that are shown, the best in x first. */
  front() {
    if (this.lastFront === null) {
      const shown = this.points.good.filter((at) => this.isShown(at));
      const sign = this.x.goal === "maximise" ? -1 : 1;
      this.lastFront = paretoFront(this.points, shown, this.sides()).sort(
        (a, b) => sign * (this.points.value(this.x.key, a) - this.points.value(this.x.key, b)),
      );
    }
    return this.lastFront;
  }

  /** A and B: a point that is one already is let go. */
  choose(side, at) {
    this.set({ [side]: this[side] === at ? null : at }, "pair");
  }
}
