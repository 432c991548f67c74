// Modules of the page that need no browser.
import assert from "node:assert/strict";
import { test } from "node:test";

import { filterOf } from "../../../tools/report/src/filter.js";
import { bytesText, plain, unitOf, valueText, withUnit } from "../../../tools/report/src/units.js";

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
  assert.equal(filterOf("  "), null);
  assert.equal(filterOf("!"), null);
});

test("numbers are read as the printed page has them", () => {
  assert.equal(withUnit(0.000333335, "s"), "333 µs");
  assert.equal(withUnit(0.9996e-3, "J"), "1.00 mJ");
  assert.equal(withUnit(0, "J"), "0 J");
  assert.equal(bytesText(1048576), "1.00 MiB");
  assert.equal(bytesText(1023), "1023 B");
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
  };
  for (const [key, unit] of Object.entries(units)) assert.equal(unitOf(key), unit, key);
  assert.equal(valueText("utilization", 0.158), "15.8 %");
  assert.equal(valueText("energy_j.total", null), "–");
});
