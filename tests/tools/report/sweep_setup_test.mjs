// What a sweep's report says of the sweep itself. NIBBLE_BOUNDED: a grid that was run,
// of which a bound that is known beforehand leaves 12 points of 16, of two networks.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";

import { closeBrowser, open } from "./browser.mjs";
import { small } from "./small_sweep.mjs";

const bounded = `${process.env.NIBBLE_BOUNDED}/report.html`;
after(closeBrowser);

const rowsOf = (page, caption) =>
  page
    .locator("#overview table", { hasText: caption })
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));

test("sweep: the top says network, chip, mode, batch, twin and what was wanted", async () => {
  const { page } = await open(bounded);
  const [what, wanted] = await page.locator(".head .lead").allTextContents();
  assert.equal(
    what,
    "Network varied: resnet8_w8, resnet8_w16; mode training; batch 1 (images); chip edge, parts of it varied; " +
      "twin equal_lanes in fp16; engine timing.",
  );
  assert.equal(wanted, "Wanted: least time; peak rate at most 4\u00a0TOPS.");
  await page.close();
});

test("sweep: all that its file sets is listed, and the file itself is there, folded", async () => {
  const { page } = await open(bounded);
  const said = new Map(await rowsOf(page, "What was simulated"));
  assert.equal(said.get("network"), "varied: resnet8_w8, resnet8_w16");
  assert.match(said.get("twin"), /^equal_lanes: as many multiply-adds.* \(set\)$/);
  assert.equal(said.get("chip"), "edge (set)");
  assert.equal(said.get("waterfall"), "false (set)");
  assert.equal(said.get("points chosen as"), "the whole grid: 16 points");
  assert.equal(said.get("objectives"), "least time");
  const file = page.locator("#overview .sweep-file");
  assert.equal(await file.locator("pre").isVisible(), false);
  await file.locator("summary").click();
  assert.equal(
    await file.locator("pre").textContent(),
    readFileSync(`${process.env.NIBBLE_BOUNDED}/sweep.yaml`, "utf8"),
  );
  await page.close();
});

test("sweep: points that a bound left out beforehand are counted, an axis has its file's values", async () => {
  const ran = await open(bounded);
  assert.match(
    await ran.page.locator("#overview .figures").textContent(),
    /Points run12none failed, none outside the bounds, 4 more of the file's 16 left out: outside a bound/,
  );
  await ran.page.close();
  const { page } = await open(small);
  const lanes = (await rowsOf(page, "What was varied"))[0];
  assert.deepEqual(lanes, ["tile lanes", "5", "16, 32, 64, 128, 256", "256"]);
  await page.close();
});
