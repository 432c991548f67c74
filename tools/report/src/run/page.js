// The report of one run: data is {kind: "run", result, page, rests_on, checks} (sim/html/README.md).
import { frame } from "../frame.js";
import { section } from "../dom.js";
import { counted } from "../units.js";
import { chipsSection } from "./chips.js";
import { cyclesSection } from "./cycles.js";
import { energySection } from "./energy.js";
import { footprintSection } from "./footprint.js";
import { layerTime } from "./layer_time.js";
import { roofline } from "./roofline.js";
import { inferenceSection, precisionSection, sourcesSection } from "./sources.js";
import { stagesTable } from "./stages.js";
import { waterfallSection } from "./waterfall.js";

const kEngines = {
  rtl: "Verilated tiles inside the SystemC chip",
  model: "the bit-exact model of the tiles",
  timing: "closed-form tile times, no values",
};
const kIdeal = {
  dram: "DRAM transfers take no time and no energy",
  sfu: "SFU work takes no time",
  ring: "transfers between cores and between chips take no time",
  array: "arrays always compute at their peak rate",
};

export function runPage(data) {
  const r = data.result;
  const what = r.mode === "training" ? "One training step" : "Inference";
  return frame({
    kicker: `NibbleSim run · ${r.experiment}`,
    title: `${r.network} on ${r.chip}`,
    lead: [
      `${what} of ${counted(r.batch, r.sample)}; engine ${r.engine}: ${kEngines[r.engine]}`,
      ...(r.overrides?.length ? [`Changed: ${r.overrides.join(", ")}`] : []),
    ],
    warnings: Object.entries(kIdeal)
      .filter(([key]) => r.ideal[key])
      .map(([, text]) => `What if: ${text}`),
    sections: [
      chipsSection(r),
      waterfallSection(r),
      cyclesSection(r),
      section("layers", "Layer by layer", layerTime(r.layers), roofline(r)),
      energySection(r),
      footprintSection(r),
      section("stages", "All stages", stagesTable(r.layers)),
      precisionSection(r),
      inferenceSection(r),
      sourcesSection(data),
    ],
  });
}
