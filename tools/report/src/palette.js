// What a colour means, the same in every chart, in light and dark. The colours are those of Okabe and
// Ito, which people with any kind of colour vision tell apart.

/** Causes of a cycle of the main array in the order of sim/DESIGN.md, section 4. */
export const kCauses = [
  { key: "streaming", colour: "#009e73", meaning: "rows enter the array" },
  { key: "weight_load", colour: "#56b4e9", meaning: "weights are not there" },
  { key: "fill_drain", colour: "#0072b2", meaning: "pipeline fills, empties" },
  { key: "fp16_tile", colour: "#cc79a7", meaning: "FP16 tile runs a layer" },
  { key: "sfu", colour: "#e69f00", meaning: "element-wise work" },
  { key: "dram", colour: "#d55e00", meaning: "DMA moves data" },
  { key: "ring", colour: "#f0e442", meaning: "cores exchange data" },
  { key: "token", colour: "#8c8c8c", meaning: "fences, command issue" },
  { key: "idle", colour: "#c8cdd0", meaning: "nothing left to do in the stage" },
];

export const kEnergyParts = ["mac", "scratchpad", "accumulator", "sfu", "ring", "dram", "leakage"];

export const kChip = "#0072b2";
export const kTwin = "#a6761d";

export const kPasses = {
  forward: "#0072b2",
  dgrad: "#d55e00",
  wgrad: "#009e73",
  loss: "#cc79a7",
  backward: "#e69f00",
  update: "#8c8c8c",
  prepare: "#56b4e9",
};

/** Series that stand for nothing but themselves: layers of a curve. */
export const kSeries = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#d55e00",
  "#56b4e9",
  "#cc79a7",
  "#8c8c8c",
  "#a6761d",
  "#332288",
  "#999933",
];

/** Numbers from the least to the most: ten stops of viridis of Matplotlib (CC0), whose lightness grows evenly,
 *  so that every kind of colour vision reads it. */
export const kSequential = [
  "#440154",
  "#482878",
  "#3e4a89",
  "#31688e",
  "#26828e",
  "#1f9e89",
  "#35b779",
  "#6dcd59",
  "#b4de2c",
  "#fde725",
];

/** The colour at a share, 0..1, of that scale. */
export function sequentialColour(share) {
  const place = Math.min(Math.max(share, 0), 1) * (kSequential.length - 1);
  const below = Math.min(Math.floor(place), kSequential.length - 2);
  const parts = (colour) => [1, 3, 5].map((from) => parseInt(colour.slice(from, from + 2), 16));
  const [low, high] = [parts(kSequential[below]), parts(kSequential[below + 1])];
  const mixed = low.map((part, at) => Math.round(part + (place - below) * (high[at] - part)));
  return `#${mixed.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

export function passColour(pass) {
  return kPasses[pass] ?? "#8c8c8c";
}
