// Cycles by cause, of a run, a twin or a stage of it.
import { kCauses } from "../palette.js";

/** {streaming, weight_load, ...} of an entry of `layers`. */
export function causesOfStage(stage) {
  return { streaming: stage.streaming, ...stage.stalls };
}

/** Of a whole chip; what its array does not stall, it streams (a twin's result does not say it). */
export function causesOfChip(chip) {
  const stalled = Object.values(chip.stalls).reduce((sum, cycles) => sum + cycles, 0);
  return { streaming: chip.streaming_cycles ?? chip.cycles * chip.cores - stalled, ...chip.stalls };
}

/** Of several stages together. */
export function sumOfCauses(list) {
  return Object.fromEntries(
    kCauses.map(({ key }) => [key, list.reduce((sum, causes) => sum + (causes[key] ?? 0), 0)]),
  );
}

export function total(causes) {
  return kCauses.reduce((sum, { key }) => sum + (causes[key] ?? 0), 0);
}

/** The causes that occur, in their fixed order. */
export function presentCauses(list) {
  return kCauses.filter(({ key }) => list.some((causes) => causes[key] > 0));
}

/** "dram (DMA moves data)" */
export function causeName(cause) {
  return `${cause} (${kCauses.find(({ key }) => key === cause).meaning})`;
}

/** The cause, streaming apart, that takes most: {key, share}, or null if nothing stalls. */
export function mainStall(causes) {
  const all = total(causes);
  const worst = kCauses
    .filter(({ key }) => key !== "streaming" && causes[key] > 0)
    .sort((a, b) => causes[b.key] - causes[a.key])[0];
  return worst ? { key: worst.key, share: causes[worst.key] / all } : null;
}
