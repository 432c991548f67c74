// Data of a sweep as the page takes it, with figures that follow simple laws, so that tests know what to
// expect: a roofline of lanes and channels, energies that grow with the memory. Seeded: the same each time.

const kNetworks = ["resnet18", "resnet50", "transformer_base", "mobilenet_v1"];
const kCauses = ["weight_load", "fill_drain", "fp16_tile", "sfu", "dram", "ring", "token", "idle"];
/** The first is broken by many points, the second by none. */
const kConstraints = [
  { key: "area_mm2.total", at_least: null, at_most: 9 },
  { key: "speedup_vs_fp16", at_least: 0, at_most: null },
];
const kParts = ["mac", "scratchpad", "accumulator", "sfu", "ring", "dram", "leakage"];

/** Numbers of 0 to 1 (mulberry32). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `layers`: entries of a result.json, carried as the details of the first points. */
export function madeUpSweep(count, layers = []) {
  const random = randomNumbers(count);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const number = [];
  const fault = [];
  const rows = [];
  for (let at = 0; at < count; ++at) {
    number.push(at + 1);
    const axes = {
      "chip.tile.lanes": pick([16, 32, 64, 128]),
      "chip.tile.columns": pick([16, 32, 64, 128]),
      "chip.scratchpad.kib": pick([256, 512, 1024, 2048, 4096]),
      "chip.dram.channels": pick([1, 2, 4, 8]),
      network: pick(kNetworks),
    };
    const fails = at % 25 === 24;
    fault.push(
      fails
        ? `chip.scratchpad.kib: ${axes["chip.scratchpad.kib"]} hold no block of conv1, allowed from ${2 * axes["chip.scratchpad.kib"]}`
        : "",
    );
    rows.push({ ...axes, ...figures(axes, random, fails) });
  }
  const values = Object.fromEntries(Object.keys(rows[0]).map((key) => [key, rows.map((row) => row[key])]));
  return {
    kind: "sweep",
    name: "edge_design_space",
    program: "nibblesim 0.1.0, commit 0123456789",
    experiment: "any_network",
    file: "sweep: edge_design_space\nexperiment: any_network\nset: {batch: 8, chip.sfu.lanes: 32}\n",
    simulated: {
      network: kNetworks,
      mode: ["training"],
      batch: [8],
      sample: ["image", "sequence"],
      chip: ["edge"],
      engine: ["timing"],
      twin: ["equal_area"],
      twin_precision: ["fp16"],
    },
    set: [
      { key: "batch", value: 8 },
      { key: "chip.sfu.lanes", value: 32 },
    ],
    sampling: { method: "random", asked: count + 7, unlisted: 7 },
    axis_values: {
      "chip.tile.lanes": [16, 32, 64, 128, 256],
      "chip.tile.columns": [16, 32, 64, 128],
      "chip.scratchpad.kib": [256, 512, 1024, 2048, 4096],
      "chip.dram.channels": [1, 2, 4, 8],
      network: kNetworks,
    },
    axes: ["chip.tile.lanes", "chip.tile.columns", "chip.scratchpad.kib", "chip.dram.channels", "network"],
    objectives: [
      { key: "speedup_vs_fp16", goal: "maximise" },
      { key: "energy_j.total", goal: "minimise" },
    ],
    constraints: kConstraints,
    points: { number, fault, outside: fault.map((_, at) => broken(values, at)), values },
    details:
      layers.length > 0 ? Object.fromEntries(number.slice(0, 5).map((each) => [each, { layers }])) : {},
  };
}

function broken(values, at) {
  return kConstraints.flatMap(({ key, at_least: least, at_most: most }, place) => {
    const value = values[key][at];
    return value !== null && ((least !== null && value < least) || (most !== null && value > most))
      ? [place]
      : [];
  });
}

function figures(axes, random, fails) {
  const macs = axes["chip.tile.lanes"] * axes["chip.tile.columns"];
  const cycles = {
    streaming_cycles: Math.round((4e9 / macs) * (1 + random())),
  };
  for (const cause of kCauses) cycles[`stalls.${cause}`] = Math.round(1e5 * (1 + random()));
  cycles["stalls.dram"] = Math.round((2e6 / axes["chip.dram.channels"]) * (1 + random()));
  const all = Object.values(cycles).reduce((sum, some) => sum + some, 0);
  const energies = Object.fromEntries(kParts.map((part) => [`energy_j.${part}`, 1e-3 * (0.5 + random())]));
  energies["energy_j.scratchpad"] *= axes["chip.scratchpad.kib"] / 512;
  const total = Object.values(energies).reduce((sum, some) => sum + some, 0);
  const made = {
    speedup_vs_fp16: (4e6 / all) * (0.9 + 0.2 * random()),
    "energy_j.total": total,
    energy_gain_vs_fp16: 0.02 / total,
    cycles: all,
    time_s: all / 1e9,
    ...cycles,
    ...energies,
    utilization: cycles.streaming_cycles / all,
    sustained_tops: (2 * 4e9) / all / 1e3,
    "area_mm2.total": 2 + macs / 2000 + axes["chip.scratchpad.kib"] / 270,
    scratchpad_peak_bytes: Math.round(1024 * axes["chip.scratchpad.kib"] * (0.7 + 0.3 * random())),
    "dram.bytes_read": Math.round(1e8 * random()),
    "dram.bytes_written": Math.round(1e8 * random()),
    "dram.utilization": random(),
    peak_ratio_vs_fp16: 5 + random(),
    average_power_w: total / (all / 1e9),
  };
  return fails ? Object.fromEntries(Object.keys(made).map((key) => [key, null])) : made;
}
