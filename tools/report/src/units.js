// Numbers as they are read: three digits with a prefix, bytes in KiB, whole counts in groups, and the
// unit that a key of result.json or of a configuration has by its name. No line ends between a number
// and its unit.
import { nameOf } from "./names.js";

export const kSpace = "\u00a0";

const kPrefixes = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
  [1e-3, "m"],
  [1e-6, "µ"],
  [1e-9, "n"],
  [1e-12, "p"],
];

function threeDigits(value) {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/** 0.00123, "s" -> "1.23 ms". */
export function withUnit(value, unit) {
  for (const [factor, prefix] of kPrefixes) {
    if (Math.abs(value) >= 0.9995 * factor)
      return `${threeDigits(value / factor)}${kSpace}${prefix}${unit}`.trim();
  }
  return `${value === 0 ? "0" : value.toExponential(2)}${kSpace}${unit}`.trim();
}

/** 1234567 -> "1.18 MiB". */
export function bytesText(bytes) {
  let unit = 0;
  let value = bytes;
  while (Math.abs(value) >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  return `${unit === 0 ? value.toFixed(0) : threeDigits(value)}${kSpace}${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
}

/** 1234567 -> "1,234,567". */
export function grouped(count) {
  return Math.round(count).toLocaleString("en-US");
}

export function percent(share, digits = 1) {
  return `${(100 * share).toFixed(digits)}${kSpace}%`;
}

export function times(ratio) {
  return `${Math.abs(ratio) >= 0.095 ? ratio.toFixed(2) : ratio.toPrecision(2)}${kSpace}×`;
}

/** A number without a unit, to four digits: 0.0012346 -> "0.001235", 12345678 -> "12,345,678". */
export function plain(value) {
  if (Number.isInteger(value)) return Math.abs(value) >= 1e4 ? grouped(value) : String(value);
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return String(Number(value.toPrecision(4)));
  return value.toExponential(3);
}

/** "8 images", "1 image". */
export function counted(count, what) {
  return `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
}

const kKinds = [
  [/bytes_per_cycle$/, "B/cycle"],
  [/(^|\.|_)bytes(_read|_written|_per_\w+)?$|_bytes$|_bytes\./, "bytes"],
  [/^(speedup|energy_gain|peak_ratio)|(^|\.)(area_ratio|factor|ratio)$/, "ratio"],
  [/utilization$|_rate$|_hit_rate$/, "share"],
  [/(^|_)power_w$/, "W"],
  [/energy_j|energy_range_j|_j$|_j_per_image$/, "J"],
  [/(^|_|\.)(time_s|wall_s|simulation_s)$/, "s"],
  [/area_mm2/, "mm²"],
  [/^tops_per_w$/, "TOPS/W"],
  [/tops$/, "TOPS"],
  [/^stalls\.|cycles/, "cycles"],
  [/gb_per_s$/, "GB/s"],
  [/mhz$/, "MHz"],
  [/kib$/, "KiB"],
  [/um2$/, "µm²"],
  [/steps_per_s$/, "1/s"],
  [/_percent$/, "%"],
  [/_wh$/, "Wh"],
];

/** "bytes", "ratio", "share", a unit, or "" of a plain number, by the name of a key. */
export function unitOf(key) {
  return kKinds.find(([pattern]) => pattern.test(key))?.[1] ?? "";
}

/** What the values of a key are divided by on an axis that reaches to `most`, and their unit then:
 *  {factor, unit}. Bytes are in powers of 1000 there, as their ticks are. */
export function axisScale(key, most) {
  const unit = unitOf(key);
  if (unit === "ratio") return { factor: 1, unit: "×" };
  if (unit === "share") return { factor: 0.01, unit: "%" };
  const prefixed = { bytes: "B", cycles: "cycles", J: "J", s: "s", W: "W" }[unit];
  if (prefixed === undefined) return { factor: 1, unit };
  const [factor, prefix] = kPrefixes.find(([size]) => (most || 1) >= size) ?? kPrefixes.at(-1);
  return { factor, unit: unit === "cycles" && prefix ? `${prefix} ${prefixed}` : prefix + prefixed };
}

/** The title of an axis: the name with its unit in brackets. */
export function axisTitle(key, unit) {
  return unit ? `${nameOf(key)} (${unit})` : nameOf(key);
}

/** A value of a key as a person reads it; "–" where there is none. */
export function valueText(key, value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  const unit = unitOf(key);
  if (unit === "bytes") return bytesText(value);
  if (unit === "ratio") return times(value);
  if (unit === "share") return percent(value);
  if (unit === "J" || unit === "s" || unit === "W") return withUnit(value, unit);
  if (unit === "cycles") return Number.isInteger(value) ? grouped(value) : plain(value);
  return unit ? `${plain(value)}${kSpace}${unit}` : plain(value);
}
