// The report of a training. NIBBLE_TRAINING: a folder with metrics.json, curve.csv, gradients.csv and its
// report.html; NIBBLE_TRAINING_BEGUN: one with nothing but a curve that grows.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";

import { closeBrowser, open, seriesOf } from "./browser.mjs";
import { commonChecks } from "./common_checks.mjs";

const folder = process.env.NIBBLE_TRAINING;
const file = `${folder}/report.html`;
const rowsOf = (name) =>
  readFileSync(`${folder}/${name}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
const metrics = JSON.parse(readFileSync(`${folder}/metrics.json`, "utf8"));
const named = (series, name) => series.find((each) => each.name === name).data;
after(closeBrowser);

commonChecks("training", file);

function column(name) {
  const [header, ...rows] = rowsOf("curve.csv");
  return rows
    .map((row) => [Number(row[0]), row[header.indexOf(name)]])
    .filter(([, cell]) => cell !== "")
    .map(([step, cell]) => [step, Number(cell)]);
}

test("training: the curves are those of curve.csv", async () => {
  const { page } = await open(file);
  const loss = await seriesOf(page, "loss");
  assert.deepEqual(named(loss, "training"), column("loss"));
  assert.deepEqual(named(loss, "validation"), column("validation_loss"));
  assert.deepEqual(named(await seriesOf(page, "accuracy"), "training"), column("accuracy_percent"));
  const [header] = rowsOf("curve.csv");
  for (const { name, data } of await seriesOf(page, "gradscale"))
    assert.deepEqual(data, column(`gradscale.${name}`));
  assert.equal(
    (await seriesOf(page, "alpha")).length,
    header.filter((each) => each.startsWith("alpha.")).length,
  );
  await page.close();
});

test("training: histograms are those of gradients.csv, for the layer and the step that is chosen", async () => {
  const { page } = await open(file);
  const rows = rowsOf("gradients.csv").slice(1);
  const [step, layer] = [rows[0][0], "conv1"];
  await page.getByLabel("Step", { exact: true }).selectOption(step);
  await page.getByLabel("Layer", { exact: true }).selectOption(layer);
  const expected = rows
    .filter((row) => row[0] === step && row[1] === layer && row[2] === "histogram")
    .sort((a, b) => a[3] - b[3])
    .map((row) => 100 * Number(row[4]));
  const [{ data }] = await seriesOf(page, "gradient_histogram");
  assert.ok(data.length > 0);
  assert.deepEqual(data, expected);
  await page.close();
});

test("training: what it reached is what metrics.json says", async () => {
  const { page } = await open(file);
  const text = await page.locator("#outcome").textContent();
  assert.ok(text.includes(`${metrics.test.accuracy_percent.toFixed(2)} %`));
  assert.ok((await page.locator("#sources").textContent()).includes(metrics.command));
  await page.close();
});

test("training: one that is not finished shows its curve so far", async () => {
  const heard = await open(`${process.env.NIBBLE_TRAINING_BEGUN}/report.html`);
  assert.deepEqual(heard.console, []);
  assert.equal(await heard.page.locator("h1").textContent(), "A training that is not finished");
  assert.ok(named(await seriesOf(heard.page, "loss"), "training").length > 0);
  await heard.page.close();
});
