// What a reader types into a column's filter: "> 2", "<= 10", "3..5", "16", "resnet", "!resnet".

const kNumber = "[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[-+]?\\d+)?";
const kComparison = new RegExp(`^(<=|>=|<|>|=)\\s*(${kNumber})$`, "i");
const kRange = new RegExp(`^(${kNumber})\\s*\\.\\.\\s*(${kNumber})$`, "i");
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
    const limit = Number(comparison[2]);
    return (value) => typeof value === "number" && kCompare[comparison[1]](value, limit);
  }
  const range = kRange.exec(wanted);
  if (range)
    return (value) => typeof value === "number" && value >= Number(range[1]) && value <= Number(range[2]);
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
