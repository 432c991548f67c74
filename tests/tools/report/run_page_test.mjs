// The report of a run: its charts hold the numbers of result.json. NIBBLE_RUN: a folder with result.json
// of a network of many stages and of an epoch, and its report.html. NIBBLE_ALONE: an epoch without twin and
// battery; NIBBLE_STEP: no epoch.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";

import { closeBrowser, open, seriesOf } from "./browser.mjs";
import { commonChecks } from "./common_checks.mjs";

const folder = process.env.NIBBLE_RUN;
const file = `${folder}/report.html`;
const result = JSON.parse(readFileSync(`${folder}/result.json`, "utf8"));
const sum = (values) => values.reduce((total, value) => total + value, 0);
const near = (left, right, message) =>
  assert.ok(
    Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right)),
    `${message}: ${left}, ${right}`,
  );
const named = (series, name) => series.find((each) => each.name === name).data;
after(closeBrowser);

commonChecks("run", file);

test("run: the waterfall ends at the speed-up, a bar a loss", async () => {
  const { page } = await open(file);
  const left = named(await seriesOf(page, "waterfall"), "left");
  assert.equal(left.length, result.loss_waterfall.length);
  assert.equal(left.at(-1), result.speedup_vs_fp16);
  assert.match(
    await page.locator("#waterfall .finding").textContent(),
    new RegExp(`speed-up of ${result.speedup_vs_fp16.toFixed(2)}`),
  );
  await page.close();
});

test("run: every step of the waterfall is explained", async () => {
  const { page } = await open(file);
  const names = await page.locator("#waterfall-section dt").allTextContents();
  assert.deepEqual(
    names,
    result.loss_waterfall.map(({ name }) => name),
  );
  const texts = await page.locator("#waterfall-section dd").allTextContents();
  assert.match(texts[names.indexOf("other")], /wait for tokens.*cores wait for the slowest/);
  await page.close();
});

test("run: the stages' bars add up to the run's cycles by cause, in every grouping", async () => {
  const { page } = await open(file);
  const expected = { streaming: result.streaming_cycles, ...result.stalls };
  for (const [grouping, bars] of [
    ["order", result.layers.length],
    ["longest", result.layers.length],
    ["layer", new Set(result.layers.map(({ name }) => name)).size],
    ["pass", new Set(result.layers.map(({ pass }) => pass)).size],
  ]) {
    await page.getByLabel("Show", { exact: true }).first().selectOption(grouping);
    for (const { name, data } of await seriesOf(page, "layer_time")) {
      assert.equal(data.length, bars, grouping);
      assert.equal(sum(data), expected[name], `${grouping} ${name}`);
    }
  }
  await page.close();
});

test("run: chip and twin lose the cycles that result.json says", async () => {
  const { page } = await open(file);
  for (const { name, data } of await seriesOf(page, "cycles")) {
    if (name === "streaming") continue;
    near(data[0], (100 * result.stalls[name]) / (result.cycles * result.cores), name);
    near(
      data[1],
      (100 * result.baseline_fp16.stalls[name]) / (result.baseline_fp16.cycles * result.baseline_fp16.cores),
      `twin ${name}`,
    );
  }
  await page.close();
});

/** Rows of the table of an epoch, texts of their cells. */
const epochRows = (page) =>
  page
    .locator("#chips table", { hasText: "A whole epoch" })
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));

test("run: an epoch's time, energy and share of the battery are those of chip and twin", async () => {
  const { page } = await open(file);
  const { epoch } = result;
  const steps = Math.ceil(epoch.samples / result.batch);
  const heading = `An epoch: 1,281,167 images in ${steps.toLocaleString("en-US")} steps`;
  assert.equal(await page.locator("#chips h3").textContent(), heading);
  const [time, energy, low, high, battery] = await epochRows(page);
  const joules = (text) => parseFloat(text) * { J: 1, k: 1e3, M: 1e6 }[text.split("\u00a0")[1][0]];
  const isNear = (text, value) => assert.ok(Math.abs(joules(text) / value - 1) < 0.006, `${text}: ${value}`);
  assert.deepEqual([time[0], energy[0], battery[0]], ["time", "energy", "share of a battery of 15 Wh"]);
  [result, result.baseline_fp16].forEach((chip, at) => {
    isNear(energy[1 + at], chip.energy_j.total * steps);
    isNear(low[1 + at], chip.energy_range_j.low.total * steps);
    isNear(high[1 + at], chip.energy_range_j.high.total * steps);
    const percent = (100 * chip.energy_j.total * steps) / (15 * 3600);
    assert.equal(battery[1 + at], `${Number(percent.toPrecision(2))}\u00a0%`);
  });
  assert.equal(time[3], `${result.speedup_vs_fp16.toFixed(2)}\u00a0×`);
  assert.match(await page.locator("#chips").textContent(), /The chip and its DRAM alone: no screen/);
  await page.close();
});

test("run: an epoch without twin and battery has a column and four rows; no epoch, no table", async () => {
  for (const [folderOf, rows] of [
    ["NIBBLE_ALONE", 4],
    ["NIBBLE_STEP", 0],
  ]) {
    const { page, console: said } = await open(`${process.env[folderOf]}/report.html`);
    const shown = await epochRows(page);
    assert.equal(shown.length, rows, folderOf);
    for (const row of shown) assert.equal(row.length, 2);
    assert.deepEqual(said, []);
    await page.close();
  }
});

test("run: the roofline has every stage that multiplies and moves bytes, none above its roofs", async () => {
  const { page } = await open(file);
  const series = await seriesOf(page, "roofline");
  const points = series.flatMap(({ data }) => data.filter((each) => each.point));
  const expected = result.layers.filter(({ macs, dram_bytes: bytes }) => macs > 0 && bytes > 0);
  assert.equal(points.length, expected.length);
  const roof = (2 * result.array.macs_per_cycle * result.cores * result.clock_mhz * 1e6) / 1e12;
  near(named(series, "peak of the main array")[0][1], roof, "roof");
  for (const {
    value: [intensity, tops],
    point: { stage },
  } of points) {
    near(intensity, stage.macs / stage.dram_bytes, stage.name);
    near(tops, (2 * stage.macs * result.clock_mhz * 1e6) / stage.cycles / 1e12, stage.name);
    assert.ok(tops <= roof);
    assert.ok(
      tops <= ((2 * intensity * result.dram.peak_gb_per_s * 1e9) / 1e12) * 1.001,
      `${stage.name} ${stage.pass} is above the DRAM's bandwidth`,
    );
  }
  await page.close();
});

test("run: energies with their ranges are those of chip and twin", async () => {
  const { page } = await open(file);
  const series = await seriesOf(page, "energy");
  for (const chip of [result, result.baseline_fp16]) {
    const bars = named(series, chip.chip);
    const ranges = named(series, `${chip.chip} range`);
    const scale = chip.energy_j.mac / bars[0];
    near(sum(bars) * scale, chip.energy_j.total, chip.chip);
    near(sum(ranges.map((each) => each[1])) * scale, chip.energy_range_j.low.total, "low");
    near(sum(ranges.map((each) => each[2])) * scale, chip.energy_range_j.high.total, "high");
  }
  await page.close();
});

test("run: the footprint is each stage's live bytes, the line the scratchpad's size", async () => {
  const { page } = await open(file);
  const [live] = await seriesOf(page, "footprint");
  assert.deepEqual(
    live.data.map((mib) => mib * 2 ** 20),
    result.layers.map(({ live_bytes: bytes }) => bytes),
  );
  const line = await page.evaluate(
    () => window.__report.charts.footprint.chart.getOption().series[0].markLine.data[0].yAxis,
  );
  assert.equal(line * 2 ** 20, result.scratchpad_bytes);
  await page.close();
});

test("run: a long network has a slider, and its table sorts by mouse and keyboard and filters", async () => {
  const { page } = await open(file);
  assert.ok(result.layers.length > 60);
  assert.ok(
    (await page.evaluate(() => window.__report.charts.layer_time.chart.getOption().dataZoom.length)) > 0,
  );
  // The bar that the sentence names is in sight, whatever the order.
  for (const grouping of ["longest", "order", "layer"]) {
    const named = /^(.+) takes most: /.exec(await page.locator("#layer_time .finding").textContent())[1];
    const inSight = await page.evaluate(() => {
      const { xAxis, dataZoom } = window.__report.charts.layer_time.chart.getOption();
      const [{ startValue, endValue } = { startValue: 0 }] = dataZoom;
      return xAxis[0].data.slice(startValue, endValue === undefined ? undefined : endValue + 1);
    });
    assert.ok(inSight.includes(named), `${grouping}: ${named}`);
    await page
      .getByLabel("Show", { exact: true })
      .first()
      .selectOption({ longest: "order", order: "layer", layer: "pass" }[grouping]);
  }
  const table = page.locator("#stages");
  const column = (at) => table.locator(`tbody tr td:nth-child(${at})`).allTextContents();
  const header = table.getByRole("button", { name: "cycles", exact: true });
  const cycles = result.layers.map((stage) => stage.cycles).sort((a, b) => a - b);
  const text = (value) => value.toLocaleString("en-US");
  await header.click();
  assert.deepEqual(await column(5), cycles.slice(-25).reverse().map(text));
  await page.keyboard.press("Enter");
  assert.deepEqual(await column(5), cycles.slice(0, 25).map(text));
  assert.equal(await table.locator("th[aria-sort=ascending]").textContent(), "cycles");
  await table.getByLabel("Filter pass").fill("wgrad");
  await table.getByLabel("Filter cycles").fill("> 100000");
  const expected = result.layers.filter((stage) => stage.pass === "wgrad" && stage.cycles > 1e5).length;
  assert.match(
    await table.getByRole("status").textContent(),
    new RegExp(`^Rows 1 to ${Math.min(25, expected)} of ${expected} that pass`),
  );
  await page.close();
});

test("run: all that the printed page says stands in the report", async () => {
  const { page } = await open(file);
  const data = await page.evaluate(() => window.__report.data);
  assert.deepEqual(data.result, result);
  assert.equal(data.page, readFileSync(`${folder}/summary.txt`, "utf8"));
  const sources = await page.locator("#sources .rests dd").allTextContents();
  const words = (text) => text.split(/\s+/).filter(Boolean);
  const printed = data.page.split("What this rests on")[1].split("Checks")[0];
  for (const word of sources.flatMap(words)) assert.ok(printed.includes(word), word);
  assert.equal(
    (await page.locator("#sources li").allTextContents()).length,
    data.checks.split("\n").filter((line) => line.startsWith("  ")).length,
  );
  await page.close();
});
