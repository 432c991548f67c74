// The report of a sweep, its points in the colours of a key: symbols, legend, scale, both charts.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { closeBrowser, open, seriesOf } from "./browser.mjs";
import { data, frontNumbers, good, isWithin, naiveFront, number, small, values } from "./small_sweep.mjs";

after(closeBrowser);

/** Points of the Pareto chart that are coloured: {at, series, colour, symbol, border}. */
const colouredPoints = async (page) =>
  (await seriesOf(page, "pareto"))
    .filter(({ name }) => ["outside", "points", "front"].includes(name))
    .flatMap(({ name, data: points }) =>
      points.map(({ value, symbol, itemStyle }) => ({ at: value[2], series: name, symbol, ...itemStyle })),
    );

test("sweep: points take colour and symbol of their value, those of the front an outline", async () => {
  const { page, console: said } = await open(small);
  await page.getByLabel("Colour by", { exact: true }).selectOption("network");
  const points = await colouredPoints(page);
  assert.deepEqual(
    points.map(({ at }) => at).sort((a, b) => a - b),
    good,
  );
  const looks = new Map();
  for (const { at, series, symbol, color, borderColor } of points) {
    const colour = series === "outside" ? borderColor : color;
    looks.set(values.network[at], (looks.get(values.network[at]) ?? new Set()).add(`${colour} ${symbol}`));
    assert.equal(color === "transparent", !isWithin(at));
  }
  assert.equal(looks.size, 4);
  for (const [network, look] of looks) assert.equal(look.size, 1, network);
  assert.equal(new Set([...looks.values()].map(([look]) => look.split(" ")[0])).size, 4);
  assert.equal(new Set([...looks.values()].map(([look]) => look.split(" ")[1])).size, 4);
  const front = points.filter(({ series }) => series === "front");
  assert.deepEqual(
    front.map(({ at }) => at).sort((a, b) => a - b),
    naiveFront(...data.objectives),
  );
  const text = await page.evaluate(() =>
    getComputedStyle(document.documentElement).getPropertyValue("--text").trim(),
  );
  for (const { borderColor } of front) assert.equal(borderColor, text);
  // The lines of the parallel coordinates have the same colours.
  for (const { name, data: lines } of await seriesOf(page, "parallel"))
    for (const { value, lineStyle } of lines)
      assert.ok([...looks.get(value[4])][0].startsWith(lineStyle.color), `${name} ${value[4]}`);
  const at = front[0].at;
  const same = front.filter((each) => values.network[each.at] === values.network[at]).length;
  assert.match(
    await page.locator("#pareto .finding").textContent(),
    new RegExp(`Of the front by network: .*${values.network[at]} has ${same}[,.]`),
  );
  const pixel = await page.evaluate(
    ([x, y]) => window.__report.charts.pareto.chart.convertToPixel("grid", [x, y]),
    data.objectives.map(({ key }) => values[key][at]),
  );
  await page.locator("#chart-pareto").click({ position: { x: pixel[0], y: pixel[1] } });
  assert.equal(await page.locator("#explained").textContent(), `Point ${number[at]}`);
  await page.getByLabel("Colour by", { exact: true }).selectOption("");
  assert.deepEqual(
    await frontNumbers(page),
    naiveFront(...data.objectives).map((each) => number[each]),
  );
  assert.deepEqual(said, []);
  await page.close();
});

test("sweep: the legend takes a value's points out and brings them back, by mouse and keyboard", async () => {
  const { page } = await open(small);
  const taken = naiveFront(...data.objectives).find((at) => values["chip.dram.channels"][at] === 8);
  await page.evaluate((at) => window.__report.selection.set({ focus: at }, "focus"), taken);
  await page.getByLabel("Colour by", { exact: true }).selectOption("chip.dram.channels");
  const explained = page.locator("#explain");
  assert.match(await explained.textContent(), /It is on the front/);
  const legend = page.getByRole("list", { name: "Colours: DRAM channels" });
  assert.deepEqual(await legend.getByRole("button").allTextContents(), ["1", "2", "4", "8"]);
  const eight = legend.getByRole("button", { name: "8", exact: true });
  await eight.focus();
  await page.keyboard.press("Space");
  assert.equal(await eight.getAttribute("aria-pressed"), "false");
  assert.match(await explained.textContent(), /It is not among the points that are shown/);
  await legend.getByRole("button", { name: "1", exact: true }).click();
  const left = good.filter((at) => [2, 4].includes(values["chip.dram.channels"][at]));
  assert.deepEqual(
    (await colouredPoints(page)).map(({ at }) => at).sort((a, b) => a - b),
    left,
  );
  const lines = (await seriesOf(page, "parallel")).flatMap(({ data: some }) => some);
  assert.equal(lines.length, left.length);
  await eight.focus();
  await page.keyboard.press("Enter");
  await legend.getByRole("button", { name: "1", exact: true }).click();
  assert.equal((await colouredPoints(page)).length, good.length);
  await page.close();
});

test("sweep: a key of many numbers has a scale, and its ends are those of the points", async () => {
  const { page } = await open(small);
  await page.getByLabel("Colour by", { exact: true }).selectOption("energy_j.total");
  const points = (await colouredPoints(page)).filter(({ series }) => series !== "outside");
  const all = good.map((at) => values["energy_j.total"][at]);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const bar = page.locator("#pareto .colour-bar");
  assert.match(await bar.textContent(), new RegExp(`^${(1e3 * least).toFixed(2)}\\smJ`));
  assert.equal(await page.locator("#pareto .entry").count(), 0);
  const greenOf = ({ color }) => parseInt(color.slice(3, 5), 16); // grows along all of viridis
  const ordered = [...points].sort((a, b) => values["energy_j.total"][a.at] - values["energy_j.total"][b.at]);
  ordered.slice(1).forEach((point, at) => assert.ok(greenOf(point) >= greenOf(ordered[at])));
  assert.ok(most > least && greenOf(ordered.at(-1)) > greenOf(ordered[0]));
  await page.close();
});
