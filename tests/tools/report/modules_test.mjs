// Modules of the page that need no browser.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { escaped } from "../../../tools/report/src/dom.js";
import { filterOf } from "../../../tools/report/src/filter.js";
import { kSequential, sequentialColour } from "../../../tools/report/src/palette.js";
import { colouringBy, colourKeys } from "../../../tools/report/src/sweep/colouring.js";
import { Points } from "../../../tools/report/src/sweep/points.js";
import { Selection } from "../../../tools/report/src/sweep/selection.js";
import { paretoFront } from "../../../tools/report/src/sweep/pareto_front.js";
import { symbolAt } from "../../../tools/report/src/symbols.js";
import { inLines } from "../../../tools/report/src/text_lines.js";
import { inReadingOrder, nameOf } from "../../../tools/report/src/names.js";
import { axisScale, bytesText, plain, unitOf, valueText, withUnit } from "../../../tools/report/src/units.js";

test("a filter compares numbers, takes ranges and finds parts of texts", () => {
  const passing = (text, values) => values.filter(filterOf(text));
  assert.deepEqual(passing("> 2", [1, 2, 3, null, "3"]), [3]);
  assert.deepEqual(passing("<=2", [1, 2, 3]), [1, 2]);
  assert.deepEqual(passing("=-1e3", [-1000, 1000]), [-1000]);
  assert.deepEqual(passing("2..4", [1, 2, 3, 4, 5]), [2, 3, 4]);
  assert.deepEqual(passing("16", [16, 160]), [16]);
  assert.deepEqual(passing("Net", ["resnet", "bert", null]), ["resnet"]);
  assert.deepEqual(passing("!net", ["resnet", "bert", null]), ["bert"]);
  assert.deepEqual(passing("> x", ["a > x"]), ["a > x"]);
  assert.deepEqual(passing("< 20 mJ", [0.0195, 0.021, 20]), [0.0195]);
  assert.deepEqual(passing("1..2 MiB", [1, 2 ** 20, 2 ** 22]), [1, 2 ** 20]);
  assert.deepEqual(passing("500us .. 1.5 ms", [0.0004, 0.0005, 0.0015, 0.002]), [0.0005, 0.0015]);
  assert.deepEqual(passing(">= 50 %", [49, 50]), [50]);
  assert.equal(filterOf("  "), null);
  assert.equal(filterOf("!"), null);
});

test("numbers are read as the printed page has them", () => {
  assert.equal(withUnit(0.000333335, "s"), "333\u00a0µs");
  assert.equal(withUnit(0.9996e-3, "J"), "1.00\u00a0mJ");
  assert.equal(withUnit(0, "J"), "0\u00a0J");
  assert.equal(bytesText(1048576), "1.00\u00a0MiB");
  assert.equal(bytesText(1023), "1023\u00a0B");
  assert.equal(plain(12345678), "12,345,678");
  assert.equal(plain(0.00123456), "0.001235");
});

test("a key's name tells its unit", () => {
  const units = {
    "energy_j.total": "J",
    time_s: "s",
    speedup_vs_fp16: "ratio",
    "area_mm2.total": "mm²",
    "stalls.dram": "cycles",
    cycles: "cycles",
    utilization: "share",
    "dram.bytes_read": "bytes",
    "chip.scratchpad.kib": "KiB",
    "chip.tile.lanes": "",
    clock_mhz: "MHz",
    peak_tops: "TOPS",
    tops_per_w: "TOPS/W",
    average_power_w: "W",
    "dram.peak_gb_per_s": "GB/s",
    energy_gain_vs_fp16: "ratio",
    "dram.row_hit_rate": "share",
    scratchpad_bytes: "bytes",
    batch: "",
    "footprint.peak_bytes": "bytes",
    "epoch.time_s": "s",
    "epoch.energy_j": "J",
    "epoch.energy_range_j.high": "J",
    "epoch.battery_percent": "%",
    "epoch.battery_wh": "Wh",
    "epoch.samples": "",
    "chip.ideal.array": "",
  };
  for (const [key, unit] of Object.entries(units)) assert.equal(unitOf(key), unit, key);
  assert.equal(valueText("utilization", 0.158), "15.8\u00a0%");
  assert.equal(valueText("energy_j.total", null), "–");
});

test("the labels of an axis are short: its unit takes the prefix", () => {
  assert.deepEqual(axisScale("energy_j.total", 0.039), { factor: 1e-3, unit: "mJ" });
  assert.deepEqual(axisScale("cycles", 3e7), { factor: 1e6, unit: "M cycles" });
  assert.deepEqual(axisScale("cycles", 300), { factor: 1, unit: "cycles" });
  assert.deepEqual(axisScale("utilization", 0.4), { factor: 0.01, unit: "%" });
  assert.deepEqual(axisScale("speedup_vs_fp16", 3), { factor: 1, unit: "×" });
  assert.deepEqual(axisScale("dram.bytes_read", 5e8), { factor: 1e6, unit: "MB" });
  assert.deepEqual(axisScale("time_s", 0), { factor: 1, unit: "s" });
});

/** Three figures of five points, of which the last is outside a bound, as the page takes them. */
function fivePoints(objectives) {
  return new Points({
    axes: ["chip.tile.lanes", "network"],
    objectives,
    constraints: [{ key: "area_mm2.total", at_least: null, at_most: 5 }],
    points: {
      number: [1, 2, 3, 4, 5],
      fault: ["", "", "", "", ""],
      outside: [[], [], [], [], [0]],
      values: {
        "chip.tile.lanes": [16, 32, 64, 64, 128],
        network: ["b", "a", "a", "b", "b"],
        time_s: [4, 3, 2, 2, 1],
        "energy_j.total": [1, 2, 3, 3, 0.5],
        "area_mm2.total": [1, 5, 2, 3, 6],
      },
    },
  });
}
const kThree = ["time_s", "energy_j.total", "area_mm2.total"].map((key) => ({ key, goal: "minimise" }));

test("the front is that of all objectives, of one the best, and never has a point outside a bound", () => {
  const front = (sides) => {
    const points = fivePoints(sides);
    return paretoFront(points, points.good, sides).map((at) => points.numbers[at]);
  };
  assert.deepEqual(front(kThree), [3, 2, 1]);
  assert.deepEqual(front(kThree.slice(0, 2)), [3, 4, 2, 1]); // equal ones stand beside each other
  assert.deepEqual(front(kThree.slice(0, 1)), [3, 4]);
  assert.deepEqual(front([{ key: "network", goal: "minimise" }]), []);
  assert.equal(fivePoints(kThree).brokenText(4), "area 6\u00a0mm² > 5\u00a0mm²");
});

test("a page begins with the sweep's objectives; other axes have a front of their own", () => {
  const all = new Selection(fivePoints(kThree));
  assert.deepEqual([all.x.key, all.y.key, all.isOfObjectives], ["time_s", "energy_j.total", true]);
  assert.equal(all.isFrontOfAxes(), false); // three objectives are no line in a plane
  all.setAxis("y", kThree[2]);
  assert.equal(all.sides().length, 3);
  all.setAxis("y", { key: "chip.tile.lanes", goal: "maximise" });
  assert.deepEqual([all.isOfObjectives, all.isFrontOfAxes()], [false, true]);
  assert.deepEqual(
    all.sides().map(({ key }) => key),
    ["time_s", "chip.tile.lanes"],
  );
  const one = new Selection(fivePoints(kThree.slice(1, 2)));
  assert.deepEqual([one.x.key, one.y.key, one.sides().length], ["energy_j.total", "time_s", 1]);
  const none = new Selection(fivePoints([]));
  assert.deepEqual([none.x.key, none.y.key, none.isOfObjectives], ["energy_j.total", "time_s", false]);
});

test("what was varied has words if it has few values or texts, a figure of the result never", () => {
  const points = fivePoints(kThree);
  assert.deepEqual(points.wordsOf("chip.tile.lanes"), ["16", "32", "64", "128"]);
  assert.deepEqual(points.wordsOf("network"), ["a", "b"]);
  assert.equal(points.wordsOf("time_s"), null);
  points.good = Array.from({ length: 13 }, (_, at) => at);
  points.values["chip.tile.lanes"] = points.good;
  assert.equal(points.wordsOf("chip.tile.lanes"), null);
});

test("an axis of few values far apart is logarithmic by itself", () => {
  const points = fivePoints(kThree);
  assert.equal(points.stepsByFactors("chip.tile.lanes"), false); // 16 to 128
  points.values["chip.tile.lanes"][0] = 8;
  assert.equal(points.stepsByFactors("chip.tile.lanes"), true);
  points.values["chip.tile.lanes"][0] = 0;
  assert.deepEqual([points.reachOf("chip.tile.lanes"), points.reachOf("time_s")], [null, 4]);
  assert.equal(points.stepsByFactors("chip.tile.lanes"), false);
  points.good = Array.from({ length: 20 }, (_, at) => at);
  points.values.time_s = points.good.map((at) => 1 + at);
  assert.equal(points.stepsByFactors("time_s"), false);
});

test("few values have a colour and a symbol each, many numbers a scale, one value neither", () => {
  const points = fivePoints(kThree);
  const { entries, of } = colouringBy(points, "chip.tile.lanes");
  assert.deepEqual(
    entries.map(({ value, count }) => [value, count]),
    [
      [16, 1],
      [32, 1],
      [64, 2],
      [128, 1],
    ],
  );
  assert.equal(new Set(entries.map(({ colour }) => colour)).size, 4);
  assert.equal(new Set(entries.map(({ symbol }) => symbol)).size, 4);
  assert.equal(of(3), entries[2]);
  points.values["chip.tile.lanes"][4] = null;
  assert.deepEqual(
    colouringBy(points, "chip.tile.lanes").entries.map(({ text }) => text),
    ["16", "32", "64", "no value"],
  );
  points.values.network.fill("a");
  assert.deepEqual(colourKeys(points), {
    varied: ["chip.tile.lanes"],
    figures: ["time_s", "energy_j.total", "area_mm2.total"],
  });
});

test("a scale begins dark and ends light, by powers if the most is a hundred times the least", () => {
  assert.deepEqual([0, 1, 2, -1].map(sequentialColour), [
    kSequential[0],
    kSequential[9],
    kSequential[9],
    kSequential[0],
  ]);
  assert.equal(sequentialColour(1 / 3), kSequential[3]);
  const lightness = (colour) =>
    [0.2126, 0.7152, 0.0722].reduce(
      (sum, weight, at) => sum + weight * parseInt(colour.slice(1 + 2 * at, 3 + 2 * at), 16),
      0,
    );
  for (let at = 1; at <= 50; ++at)
    assert.ok(lightness(sequentialColour(at / 50)) > lightness(sequentialColour((at - 1) / 50)), at);
  const points = fivePoints(kThree);
  const scaleOf = (values) => {
    points.good = values.map((_, at) => at);
    points.values.time_s = values;
    return colouringBy(points, "time_s");
  };
  const even = scaleOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual([even.scale.least, even.scale.most, even.scale.isLogarithmic], [1, 10, false]);
  assert.equal(even.of(3).colour, kSequential[3]);
  const powers = scaleOf([1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
  assert.equal(powers.scale.isLogarithmic, true);
  assert.equal(powers.of(3).colour, kSequential[3]);
  assert.equal(scaleOf([0, 2, 4, 8, 16, 32, 64, 128, 256, null]).scale.isLogarithmic, false);
  assert.equal(colouringBy(points, "time_s").of(9).value, null);
  assert.equal(scaleOf([1, 2, 3, 4, 5, 6, 7, 8]).scale, undefined);
});

test("no two of 24 values share colour and symbol", () => {
  const points = fivePoints(kThree);
  points.good = Array.from({ length: 24 }, (_, at) => at);
  points.values.network = points.good.map((at) => `net${at}`);
  const { entries } = colouringBy(points, "network");
  assert.equal(new Set(entries.map(({ colour, symbol }) => colour + symbol.path)).size, 24);
  assert.ok(colourKeys(points).varied.includes("network"));
  points.good.push(24);
  points.values.network.push("net24");
  assert.ok(!colourKeys(points).varied.includes("network"));
  assert.notEqual(symbolAt(0), symbolAt(8));
});

test("values that the legend takes out leave another front, and come back with another colour", () => {
  const two = kThree.slice(0, 2);
  const selection = new Selection(fivePoints(two));
  selection.colourBy(colouringBy(selection.points, "network"));
  assert.deepEqual(selection.front(), [2, 3, 1, 0]);
  selection.switchValue("a", false);
  assert.deepEqual([selection.front(), selection.isDrawn(1), selection.isDrawn(0)], [[3, 0], false, true]);
  selection.switchValue("a", true);
  assert.equal(selection.front().length, 4);
  selection.switchValue("b", false);
  selection.colourBy(null);
  assert.equal(selection.front().length, 4);
});

test("the title of an axis is broken into lines that fit, a long key after its dots", () => {
  const widthOf = (text) => text.length;
  assert.deepEqual(inLines("DRAM peak bandwidth (GB/s)", 20, widthOf), ["DRAM peak bandwidth", "(GB/s)"]);
  assert.deepEqual(inLines("DRAM peak", 4, widthOf), ["DRAM", "peak"]);
  assert.deepEqual(inLines("some chip.fp16_tile.lanes", 10, widthOf), ["some chip.", "fp16_tile.", "lanes"]);
  assert.deepEqual(inLines("batch", 2, widthOf), ["batch"]);
});

test("a text of the data is no markup in a tooltip", () => {
  assert.equal(escaped('<img src="x"> & a'), "&#60;img src=&#34;x&#34;&#62; &#38; a");
});

test("no two keys have the same name", () => {
  const source = readFileSync(new URL("../../../tools/report/src/names.js", import.meta.url), "utf8");
  const keys = [...source.matchAll(/^ {2}"?([a-z0-9_.]+)"?: "/gm)].map(([, key]) => key);
  assert.ok(keys.length > 50);
  assert.equal(new Set(keys.map(nameOf)).size, keys.length);
});

test("what the shipped sweeps vary and want has a name", () => {
  const folder = new URL("../../../configs/sweeps/", import.meta.url);
  const keys = readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .flatMap((file) => {
      const text = readFileSync(new URL(file, folder), "utf8").replace(/#.*/g, "");
      const varied = text.replace(/^set:.*\n(?: .*\n)*/m, "");
      return [...varied.matchAll(/(?<![\w.])(?:(?:chip|epoch)(?:\.\w+)+(?=:)|(?<=key: )[\w.]+)/g)];
    })
    .map(([key]) => key);
  assert.ok(keys.includes("chip.ideal.array") && keys.includes("epoch.battery_percent"));
  assert.deepEqual(
    keys.filter((key) => nameOf(key) === key),
    [],
  );
});

test("figures stand in the order in which they are read, those without a name last", () => {
  assert.deepEqual(inReadingOrder(["zeta", "energy_j.total", "alpha", "time_s"]), [
    "time_s",
    "energy_j.total",
    "zeta",
    "alpha",
  ]);
});
