// What the reader has chosen, shared by all parts of the sweep's page: the two objectives, the point
// in focus, A and B, and which points the table's filters and the brushes leave.

export class Selection {
  constructor(points) {
    this.points = points;
    const keys = points.objectives.map(({ key }) => key).filter((key) => points.numeric.includes(key));
    const others = points.numeric.filter((key) => !keys.includes(key) && !points.axes.includes(key));
    const [x, y] = [...keys, ...others, ...points.numeric];
    this.x = { key: x, goal: points.goalOf(x) };
    this.y = { key: y, goal: points.goalOf(y) };
    this.focus = null;
    this.a = null;
    this.b = null;
    this.filtered = null; // a Set of places, or null: all
    this.brushed = null;
    this.listeners = [];
  }

  /** `listener(changed)` is called with the names of what changed: "objectives", "focus", "pair", "shown". */
  on(listener) {
    this.listeners.push(listener);
  }

  set(changes, name) {
    Object.assign(this, changes);
    for (const listener of this.listeners) listener(name);
  }

  isShown(at) {
    return (
      (this.filtered === null || this.filtered.has(at)) && (this.brushed === null || this.brushed.has(at))
    );
  }

  isAllShown() {
    return this.filtered === null && this.brushed === null;
  }

  /** A and B: a point that is one already is let go. */
  choose(side, at) {
    this.set({ [side]: this[side] === at ? null : at }, "pair");
  }
}
