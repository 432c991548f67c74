// The stages of a step as a reader wants them: one by one in order, the longest first, or those of a
// layer or a pass together.
import { causesOfStage, sumOfCauses, total } from "./causes_of.js";

export const kGroupings = [
  ["order", "stages in order"],
  ["longest", "stages, longest first"],
  ["layer", "summed by layer"],
  ["pass", "summed by pass"],
];

/** A list of {name, causes, cycles, stages}; causes are of the array, summed over the cores. */
export function groupedStages(layers, grouping) {
  if (grouping === "layer" || grouping === "pass") {
    const groups = new Map();
    for (const stage of layers) {
      const name = grouping === "layer" ? stage.name : stage.pass;
      groups.set(name, [...(groups.get(name) ?? []), stage]);
    }
    return [...groups].map(([name, stages]) => bar(name, stages));
  }
  const bars = layers.map((stage) => bar(`${stage.name} ${stage.pass}`, [stage]));
  return grouping === "longest" ? bars.sort((a, b) => total(b.causes) - total(a.causes)) : bars;
}

function bar(name, stages) {
  return {
    name,
    stages,
    causes: sumOfCauses(stages.map(causesOfStage)),
    cycles: stages.reduce((sum, { cycles }) => sum + cycles, 0),
  };
}
