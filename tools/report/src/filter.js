// What a reader types into a column's filter: "> 2", "<= 10 mJ", "3..5", "16", "resnet", "!resnet".

// A number may have the unit with which such values are shown; without one it is in the unit itself.
const kNumber = "([-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?)";
const kUnit = "(?:\\s*(?:([pnuµmkMGT])?[JsW]|([KMGT]i)?B|[×%]))?";
const kComparison = new RegExp(`^(<=|>=|<|>|=)\\s*${kNumber}${kUnit}$`);
const kRange = new RegExp(`^${kNumber}${kUnit}\\s*\\.\\.\\s*${kNumber}${kUnit}$`);
const kPrefixes = { p: 1e-12, n: 1e-9, u: 1e-6, µ: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const kBinary = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

const quantity = (number, prefix, binary) => Number(number) * (kPrefixes[prefix] ?? kBinary[binary] ?? 1);

const kCompare = {
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
  "=": (value, limit) => value === limit,
};

/** A test of one value, or null if the text asks for nothing. A value that is missing passes no test. */
export function filterOf(text) {
  const wanted = text.trim();
  if (wanted === "" || wanted === "!") return null;
  const comparison = kComparison.exec(wanted);
  if (comparison) {
    const limit = quantity(...comparison.slice(2));
    return (value) => typeof value === "number" && kCompare[comparison[1]](value, limit);
  }
  const range = kRange.exec(wanted);
  if (range) {
    const [least, most] = [quantity(...range.slice(1, 4)), quantity(...range.slice(4))];
    return (value) => typeof value === "number" && value >= least && value <= most;
  }
  if (wanted.startsWith("!")) {
    const refused = wanted.slice(1).toLowerCase();
    return (value) => value !== null && !String(value).toLowerCase().includes(refused);
  }
  const sought = wanted.toLowerCase();
  return (value) =>
    value !== null &&
    value !== undefined &&
    (typeof value === "number" && !Number.isNaN(Number(sought))
      ? value === Number(sought)
      : String(value).toLowerCase().includes(sought));
}
