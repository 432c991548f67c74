// Why a point is as slow as it is, in sentences: what its array does instead of streaming, and what makes it
// slower than another point, in the words of `nibblesim compare` (sim/report/comparison_words).
import { nameOf } from "../names.js";
import { kCauses } from "../palette.js";
import { causeName, mainStall, total } from "../run/causes_of.js";
import { percent, times, withUnit } from "../units.js";

const kWorkload = /^(network(\..+)?|batch|mode)$/; // points that differ in such a key do different work
const kAlike = 0.0005; // ratios that print as 1.000
const kWorthWords = 0.01; // of the whole difference

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
    ? `What keeps the array from streaming longest is ${causeName(stall.key)}: ${percent(stall.share)} of its cycles, ${timeOf(points, at, stall.share)} of ${timeOf(points, at, 1)}.`
    : "The array always streams.";
}

/** Seconds by cause of a point, which add up to its time; null if the sweep keeps no time or no causes. */
function secondsByCause(points, at) {
  const [seconds, causes] = [points.value("time_s", at), points.causes(at)];
  const all = total(causes);
  if (seconds === null || all === 0) return null;
  return new Map(kCauses.map(({ key }) => [key, (seconds * (causes[key] ?? 0)) / all]));
}

const workloadKeys = (points) => points.axes.filter((key) => kWorkload.test(key));

/** Keys of the workload in which two points differ. */
function otherWork(points, left, right) {
  return workloadKeys(points).filter((key) => points.value(key, left) !== points.value(key, right));
}

/** The point within the bounds that takes least time for the same work; null if none has a time. */
function fastestAlike(points, at) {
  return points.good
    .filter(
      (other) =>
        points.isWithin(other) &&
        points.value("time_s", other) !== null &&
        otherWork(points, at, other).length === 0,
    )
    .reduce(
      (best, other) =>
        best === null || points.value("time_s", other) < points.value("time_s", best) ? other : best,
      null,
    );
}

/** ": dram (DMA moves data) takes 27.8 ms more, sfu (element-wise work) 3.10 ms more", the largest first. */
function causesText(points, at, other) {
  const [own, others] = [secondsByCause(points, at), secondsByCause(points, other)];
  if (own === null || others === null) return "";
  const whole = points.value("time_s", at) - points.value("time_s", other);
  const parts = [...own]
    .map(([cause, seconds]) => [cause, seconds - others.get(cause)])
    .filter(([, more]) => Math.abs(more) > kWorthWords * Math.abs(whole))
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .map(([cause, more], place) => {
      const size = `${withUnit(Math.abs(more), "s")} ${more < 0 ? "less" : "more"}`;
      return `${causeName(cause)} ${place === 0 ? "takes " : ""}${size}`;
    });
  return parts.length > 0 ? `: ${parts.join(", ")}` : "";
}

/** "Point 40 is 32.0 ms slower (2.10 × as long) than point 12: dram (DMA moves data) takes 27.8 ms more, ...";
 *  null if a point has no time. `name(at)` is what a point is called, `note` what is said of the other. */
function differenceText(points, at, other, name, note = "") {
  const [own, others] = [points.value("time_s", at), points.value("time_s", other)];
  if (own === null || others === null || others === 0) return null;
  const because = causesText(points, at, other);
  const than = `${name(other)}${note}`;
  if (Math.abs(own / others - 1) < kAlike) return `${name(at)} takes the same time as ${than}${because}.`;
  const size = `${withUnit(Math.abs(own - others), "s")} ${own > others ? "slower" : "faster"}`;
  return `${name(at)} is ${size} (${times(own / others)} as long) than ${than}${because}.`;
}

/** "Point 12 has DRAM channels 64 instead of 2." */
function settingsText(points, at, other) {
  const texts = points
    .differences(at, other)
    .map((key) => `${nameOf(key)} ${points.text(key, other)} instead of ${points.text(key, at)}`);
  return texts.length > 0 ? ` Point ${points.numbers[other]} has ${texts.join(", ")}.` : "";
}

/** A point against the fastest that does the same; null where that cannot be said. */
export function slowerThanFastest(points, at) {
  const best = fastestAlike(points, at);
  if (best === null) return null;
  const alike = workloadKeys(points).map(nameOf);
  const among =
    (points.constraints.length > 0 ? " within the bounds" : "") +
    (alike.length > 0 ? ` of the same ${alike.join(" and ")}` : "");
  const name = (place) => `${place === at ? "Point" : "point"} ${points.numbers[place]}`;
  if (best === at) return `${name(at)} is the fastest${among}.`;
  const text = differenceText(points, at, best, name, `, the fastest${among}`);
  return text === null ? null : text + settingsText(points, at, best);
}

/** B against A; says if they do not do the same work. */
export function pairText(points, { a, b }) {
  const name = (at) => (at === b ? "B" : "A") + ` (point ${points.numbers[at]})`;
  const text = differenceText(points, b, a, name);
  if (text === null) return null;
  const other = otherWork(points, a, b);
  return other.length === 0
    ? text
    : `${text} They do not do the same work: they differ in ${other.map(nameOf).join(" and ")}.`;
}
