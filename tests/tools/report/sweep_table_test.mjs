// The columns and marks of the table of points. NIBBLE_BOUNDED: a grid that was run, all of whose points are
// within its bounds.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { closeBrowser, kDesktop, kPhone, open } from "./browser.mjs";
import { frontNumbers, small } from "./small_sweep.mjs";

const bounded = `${process.env.NIBBLE_BOUNDED}/report.html`;
after(closeBrowser);

test("sweep: the table marks the front, and has what was wanted after the settings, on a phone before them", async () => {
  const titles = (page) =>
    page.locator("#points thead tr:first-child th").evaluateAll((all) => all.map((each) => each.textContent));
  const settings = ["tile lanes", "tile columns", "scratchpad", "DRAM channels", "network"];
  const wanted = ["speed-up vs FP16", "energy"];
  const { page } = await open(small);
  const wide = ["A", "B", "point", "front", ...settings, ...wanted, "bounds"];
  assert.deepEqual((await titles(page)).slice(0, wide.length), wide);
  await page.getByLabel("Filter front").fill("front");
  await page.waitForFunction(() => window.__report.selection.filtered !== null);
  const marked = await page.locator("#points tbody tr.front button.quiet").allTextContents();
  assert.deepEqual(marked.map(Number), await frontNumbers(page));
  await page.getByLabel("Filter front").fill("");
  await page.setViewportSize(kPhone);
  const narrow = ["point", ...wanted, "front", "A", "B", ...settings];
  await page.waitForFunction(() => document.querySelector("#points thead th").textContent === "point");
  assert.deepEqual((await titles(page)).slice(0, narrow.length), narrow);
  const frame = await page.locator("#points .table").boundingBox();
  const last = await page.locator("#points thead th", { hasText: /^energy$/ }).boundingBox();
  assert.ok(last.x + last.width <= frame.x + frame.width, "both objectives are in sight");
  await page.setViewportSize(kDesktop);
  await page.close();
});

test("sweep: a table whose points are all within the bounds has no column of them", async () => {
  const { page } = await open(bounded);
  assert.equal(await page.getByLabel("Filter bounds").count(), 0);
  assert.equal(await page.locator("#points tbody tr.front").count(), 1);
  await page.close();
});
