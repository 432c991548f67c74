// What keys are called: those of result.json (sim/DESIGN.md, section 6) and of a configuration
// (`--set`) that architects meet most. The key itself stands in a tooltip; one that is not here is
// called by its key. No two have the same name. They stand in the order in which they are read.
import { h } from "./dom.js";

const kNames = {
  time_s: "time",
  cycles: "cycles",
  steps_per_s: "steps per second",
  speedup_vs_fp16: "speed-up vs FP16",
  energy_gain_vs_fp16: "energy gain vs FP16",
  energy_gain_without_dram: "energy gain without DRAM",
  peak_ratio_vs_fp16: "peak ratio vs FP16",
  "energy_j.total": "energy",
  "energy_j.mac": "energy of MACs",
  "energy_j.scratchpad": "energy of scratchpad",
  "energy_j.accumulator": "energy of accumulators",
  "energy_j.sfu": "energy of SFU",
  "energy_j.ring": "energy of ring",
  "energy_j.dram": "energy of DRAM",
  "energy_j.leakage": "energy of leakage",
  average_power_w: "average power",
  array_power_w: "power of arrays at full rate",
  tops_per_w: "efficiency",
  "area_mm2.total": "area",
  "area_mm2.tile": "area of main arrays",
  "area_mm2.fp16_tile": "area of FP16 tiles",
  "area_mm2.scratchpad": "area of scratchpad",
  "area_mm2.sfu": "area of SFU",
  peak_tops: "peak rate",
  sustained_tops: "sustained rate",
  utilization: "utilization",
  macs_useful: "useful MACs",
  "dram.peak_gb_per_s": "DRAM peak bandwidth",
  "dram.utilization": "DRAM utilization",
  "dram.bytes_read": "DRAM read",
  "dram.bytes_written": "DRAM written",
  "dram.compulsory_bytes": "DRAM compulsory",
  "dram.row_hit_rate": "DRAM row hits",
  scratchpad_peak_bytes: "scratchpad used at most",
  scratchpad_bytes: "scratchpads of all cores",
  "footprint.peak_bytes": "live tensors at most",
  streaming_cycles: "streaming",
  "stalls.weight_load": "stall: weight load",
  "stalls.fill_drain": "stall: fill and drain",
  "stalls.fp16_tile": "stall: FP16 tile",
  "stalls.sfu": "stall: SFU",
  "stalls.dram": "stall: DRAM",
  "stalls.ring": "stall: ring",
  "stalls.token": "stall: token",
  "stalls.idle": "stall: idle",
  "inference.images_per_s": "inference rate",
  "inference.energy_j_per_image": "inference energy",
  "accuracy.chip": "accuracy on the chip",
  "epoch.time_s": "epoch time",
  "epoch.energy_j": "epoch energy",
  "epoch.energy_range_j.low": "epoch energy, low of published",
  "epoch.energy_range_j.high": "epoch energy, high of published",
  "epoch.battery_percent": "share of the battery",
  "epoch.steps": "steps an epoch",
  "epoch.baseline_fp16.time_s": "epoch time of the twin",
  "epoch.baseline_fp16.energy_j": "epoch energy of the twin",
  "epoch.baseline_fp16.battery_percent": "share of the battery, twin",

  network: "network",
  batch: "batch",
  chip: "chip",
  twin: "twin",
  twin_precision: "twin's precision",
  "mapping.search": "mappings tried",
  "precision.default": "precision",
  "epoch.samples": "samples an epoch",
  "epoch.battery_wh": "battery",
  "chip.clock_mhz": "clock",
  "chip.cores": "cores",
  "chip.tile.lanes": "tile lanes",
  "chip.tile.columns": "tile columns",
  "chip.tile.count": "tiles a core",
  "chip.tile.accumulator_rows": "accumulator rows",
  "chip.fp16_tile.lanes": "FP16 tile lanes",
  "chip.fp16_tile.columns": "FP16 tile columns",
  "chip.scratchpad.kib": "scratchpad",
  "chip.scratchpad.stream_buffer_kib": "stream buffer",
  "chip.scratchpad.bytes_per_cycle": "scratchpad ports",
  "chip.sfu.lanes": "SFU lanes",
  "chip.dma.bytes_per_cycle": "DMA port",
  "chip.dram.channels": "DRAM channels",
  "chip.dram.preset": "DRAM device",
  "chip.ideal.array": "ideal arrays",
  "chip.ideal.sfu": "ideal SFU",
  "chip.ideal.dram": "ideal DRAM",
  "chip.ideal.ring": "ideal ring",
};

const kPlaces = new Map(Object.keys(kNames).map((key, at) => [key, at]));

/** Keys in the order of the list above, those that it does not have last, as they came. */
export function inReadingOrder(keys) {
  const place = (key) => kPlaces.get(key) ?? kPlaces.size;
  return [...keys].sort((a, b) => place(a) - place(b));
}

export function nameOf(key) {
  return kNames[key] ?? key;
}

/** The name as an element whose tooltip is the key. */
export function named(key) {
  return nameOf(key) === key ? key : h("span", { title: key }, nameOf(key));
}

/** A key and its name as a choice of a select: [value, text, tooltip]. */
export function choiceOf(key) {
  return [key, nameOf(key), key];
}
