// The Pareto front: the points that no other point is at least as good as in everything and better in
// something. Points outside a bound are never on it, as on the page that `nibblesim sweep` prints.

/** A function of a place: what it costs by each of `sides`, {key, goal}; null if the point lacks a value. */
function costsOf(points, sides) {
  const signs = sides.map(({ goal }) => (goal === "maximise" ? -1 : 1));
  return (at) => {
    const values = sides.map(({ key }) => points.value(key, at));
    return values.some((value) => typeof value !== "number")
      ? null
      : values.map((value, side) => signs[side] * value);
  };
}

function beats(one, other) {
  return one.every((cost, side) => cost <= other[side]) && one.some((cost, side) => cost < other[side]);
}

/** `points`: Points; `among`: places of points; `sides`: one {key, goal} or more. Places of the front, the
 *  best in the first of them first. */
export function paretoFront(points, among, sides) {
  const costs = costsOf(points, sides);
  const sorted = among
    .filter((at) => points.isWithin(at))
    .map((at) => ({ at, cost: costs(at) }))
    .filter(({ cost }) => cost !== null)
    .sort((a, b) => a.cost.map((cost, side) => cost - b.cost[side]).find((some) => some !== 0) ?? 0);
  // From the best in the first on, only a point that is on the front can beat the next; of two sides it is
  // the one before it.
  const front = [];
  for (const point of sorted)
    if (front.findLast((other) => beats(other.cost, point.cost)) === undefined) front.push(point);
  return front.map(({ at }) => at);
}

/** Points of the front that beat the one at `at`. */
export function dominators(points, front, at, sides) {
  const costs = costsOf(points, sides);
  const own = costs(at);
  return own === null ? [] : front.filter((other) => beats(costs(other), own));
}
