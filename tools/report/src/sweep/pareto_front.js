// The Pareto front of two objectives: the points that no other point is better than in one and at
// least as good as in the other.

/** `points`: Points; `among`: places of points; `x`, `y`: {key, goal}. Places of the front, by x. */
export function paretoFront(points, among, x, y) {
  const cost = ({ key, goal }, at) => (goal === "maximise" ? -1 : 1) * points.value(key, at);
  const sorted = among
    .filter((at) => points.value(x.key, at) !== null && points.value(y.key, at) !== null)
    .sort((a, b) => cost(x, a) - cost(x, b) || cost(y, a) - cost(y, b));
  const front = [];
  let best = Infinity;
  let bestAt = Infinity;
  for (const at of sorted) {
    const [costX, costY] = [cost(x, at), cost(y, at)];
    // Points that are equal in both stand beside each other on the front.
    if (costY < best || (costY === best && costX === bestAt)) {
      front.push(at);
      [best, bestAt] = [costY, costX];
    }
  }
  return front;
}

/** Points of the front that are better than `at` in one objective and at least as good in the other. */
export function dominators(points, front, at, x, y) {
  const cost = ({ key, goal }, place) => (goal === "maximise" ? -1 : 1) * points.value(key, place);
  return front.filter(
    (other) =>
      cost(x, other) <= cost(x, at) &&
      cost(y, other) <= cost(y, at) &&
      (cost(x, other) < cost(x, at) || cost(y, other) < cost(y, at)),
  );
}
