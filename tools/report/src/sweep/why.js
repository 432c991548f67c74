// Why a point is as slow as it is, in a sentence: what its array waits for most.
import { mainStall, total } from "../run/causes_of.js";
import { percent, withUnit } from "../units.js";

/** The time of a cause's share of the array's cycles; "–" if the sweep keeps no time. */
export function timeOf(points, at, share) {
  const seconds = points.value("time_s", at);
  return seconds === null ? "–" : withUnit(share * seconds, "s");
}

export function whySlow(points, at) {
  const causes = points.causes(at);
  if (total(causes) === 0) return "The sweep keeps no stalls.CAUSE, so its cycles cannot be told apart.";
  const stall = mainStall(causes);
  return stall
    ? `Most of what is lost goes to ${stall.key}: ${percent(stall.share)} of the array's cycles, ${timeOf(points, at, stall.share)} of ${timeOf(points, at, 1)}.`
    : "The array never waits.";
}
