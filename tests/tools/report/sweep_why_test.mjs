// What a sweep's report says of why a point is slower than another. NIBBLE_BOUNDED: a grid of two networks that
// was run.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { closeBrowser, open } from "./browser.mjs";
import { good, isWithin, number, small, values } from "./small_sweep.mjs";

const bounded = `${process.env.NIBBLE_BOUNDED}/report.html`;
after(closeBrowser);

/** The sentence that a second way of computing expects: the fastest by comparing all, its causes by cycles. */
function expectedStart(at) {
  const alike = good.filter((other) => isWithin(other) && values.network[other] === values.network[at]);
  const best = alike.sort((a, b) => values.time_s[a] - values.time_s[b])[0];
  const cycles = Object.keys(values).filter((key) => /^stalls\.|^streaming_cycles$/.test(key));
  const more = cycles.map((key) => [values[key][at] - values[key][best], key]); // of one clock: 1 GHz
  const [most, key] = more.sort(([a], [b]) => Math.abs(b) - Math.abs(a))[0];
  return { best, most, cause: key.replace("stalls.", "").replace("_cycles", "") };
}

test("sweep: a point is told what makes it slower than the fastest of its network, in time by cause", async () => {
  const { page } = await open(small);
  for (const at of good.filter((each) => each < 8)) {
    const { best, most, cause } = expectedStart(at);
    if (best === at) continue;
    await page.getByRole("button", { name: `Explain point ${number[at]}`, exact: true }).click();
    const text = await page.locator("#explain").textContent();
    const found =
      /Point (\d+) is ([\d.]+)\s(.?)s slower \(([\d.]+)\s× as long\) than point (\d+), the fastest within the bounds of the same network: (\w+) \(.*?\) takes ([\d.]+)\s(.?)s (more|less)/.exec(
        text,
      );
    assert.ok(found, text);
    const seconds = (digits, prefix) => Number(digits) * { "": 1, m: 1e-3, µ: 1e-6, n: 1e-9 }[prefix];
    const near = (one, other) => assert.ok(Math.abs(one / other - 1) < 0.006, `${one} ${other}`);
    assert.deepEqual([found[1], found[5], found[6]], [String(number[at]), String(number[best]), cause]);
    near(seconds(found[2], found[3]), values.time_s[at] - values.time_s[best]);
    near(Number(found[4]), values.time_s[at] / values.time_s[best]);
    near(seconds(found[7], found[8]), Math.abs(most) / 1e9);
    assert.equal(found[9], most > 0 ? "more" : "less");
  }
  await page.close();
});

test("sweep: two points side by side begin with the difference of their times, and say if the work differs", async () => {
  const { page } = await open(bounded);
  const { network } = await page.evaluate(() => window.__report.data.points.values);
  const other = network.findIndex((name) => name !== network[0]);
  const pairs = page.locator("#compare p").first();
  await page.getByRole("button", { name: "Point 1 as A" }).click();
  await page.getByRole("button", { name: "Point 2 as B" }).click();
  assert.match(
    await pairs.textContent(),
    /^B \(point 2\) is [\d.]+\s.s faster \(0\.\d+\s× as long\) than A \(point 1\): /,
  );
  assert.doesNotMatch(await pairs.textContent(), /same work/);
  await page.getByRole("button", { name: `Point ${other + 1} as B` }).click();
  assert.match(await pairs.textContent(), /They do not do the same work: they differ in network\.$/);
  await page.close();
});
