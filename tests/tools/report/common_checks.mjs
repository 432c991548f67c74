// What holds for every report, whatever it shows.
import assert from "node:assert/strict";
import { test } from "node:test";

import { chartsFit, drawn, kDesktop, kPhone, open, scrollsSideways } from "./browser.mjs";

export function commonChecks(kind, file) {
  test(`${kind}: it opens from a file without a word on the console and without a request`, async () => {
    const heard = await open(file);
    assert.deepEqual(heard.console, []);
    assert.deepEqual(
      heard.requests.filter((url) => url !== heard.url && !url.startsWith("data:")),
      [],
    );
    await heard.page.close();
  });

  test(`${kind}: no width makes the page scroll sideways, in light and dark`, async () => {
    const { page } = await open(file, { viewport: kPhone });
    for (const viewport of [kPhone, { width: 768, height: 1024 }, kDesktop, kPhone]) {
      for (const colorScheme of ["light", "dark"]) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await chartsFit(page);
        assert.equal(await scrollsSideways(page), false, `${viewport.width} ${colorScheme}`);
      }
    }
    await page.close();
  });

  test(`${kind}: on a phone no label of a chart is cut, a table that scrolls says so`, async () => {
    const { page } = await open(file, { viewport: kPhone });
    const cut = await page.$$eval(".chart svg text", (all) =>
      all
        .filter((text) => text.textContent !== "")
        .map((text) => [text, text.getBoundingClientRect(), text.closest(".chart").getBoundingClientRect()])
        .filter(([, box, chart]) => box.left < chart.left - 1 || box.right > chart.right + 1)
        .map(([text, , chart]) => `${chart.id}: ${text.textContent}`),
    );
    assert.deepEqual(cut, []);
    const tables = await page.$$eval(".table", (all) =>
      all
        .filter((table) => table.clientWidth > 0)
        .map((table) => ({
          name: table.getAttribute("aria-label"),
          scrolls: table.scrollWidth > table.clientWidth + 1,
          says: table.nextElementSibling.checkVisibility(),
        })),
    );
    assert.ok(tables.length > 0);
    for (const { name, scrolls, says } of tables) assert.equal(says, scrolls, name);
    assert.ok(tables.some(({ scrolls }) => scrolls));
    await page.close();
  });

  test(`${kind}: the system's theme is taken, the button changes page and charts`, async () => {
    const { page } = await open(file, { colorScheme: "dark" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const chartText = () =>
      page.evaluate(() => Object.values(window.__report.charts)[0].chart.getOption().textStyle.color);
    const dark = [await ground(), await chartText()];
    await page.getByRole("button", { name: "Light", exact: true }).click();
    const light = [await ground(), await chartText()];
    assert.notEqual(dark[0], light[0]);
    assert.notEqual(dark[1], light[1]);
    await page.emulateMedia({ colorScheme: "light" });
    assert.equal(await ground(), light[0]);
    await page.close();
  });

  test(`${kind}: every chart tells its finding in words and has its numbers as a table`, async () => {
    const { page } = await open(file);
    const charts = await page.$$eval(".chart", (all) =>
      all.map((chart) => ({
        role: chart.getAttribute("role"),
        label: chart.getAttribute("aria-label"),
        id: chart.id,
      })),
    );
    assert.ok(charts.length >= 2);
    for (const { role, label, id } of charts) {
      assert.equal(role, "img", id);
      assert.match(label, /^Chart: .+\. .*\d/, id);
    }
    const tables = page.locator("figure > details");
    for (let at = 0; at < (await tables.count()); ++at) {
      await tables.nth(at).locator("summary").click();
      await tables.nth(at).locator("tbody tr").first().waitFor();
    }
    await page.close();
  });

  test(`${kind}: the first tab is the link to the content, and focus is seen`, async () => {
    const { page } = await open(file);
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => ({
      text: document.activeElement.textContent,
      outline: getComputedStyle(document.activeElement).outlineStyle,
    }));
    assert.deepEqual(focused, {
      text: "Skip to the content",
      outline: "solid",
    });
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "content");
    await page.close();
  });

  test(`${kind}: on paper it is light, without controls`, async () => {
    const { page } = await open(file, { colorScheme: "dark" });
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
    await page.emulateMedia({ media: "print" });
    await drawn(page);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
    assert.equal(await page.locator(".controls:visible, nav:visible, button.theme:visible").count(), 0);
    await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await page.close();
  });

  test(`${kind}: every identifier stands once, every heading follows its order`, async () => {
    const { page } = await open(file);
    const ids = await page.$$eval("[id]", (all) => all.map(({ id }) => id));
    assert.deepEqual(
      ids.filter((id, at) => ids.indexOf(id) !== at),
      [],
    );
    const levels = await page.$$eval("h1, h2, h3", (all) => all.map(({ tagName }) => Number(tagName[1])));
    assert.equal(levels[0], 1);
    levels.forEach((level, at) => assert.ok(at === 0 || level <= levels[at - 1] + 1, `heading ${at}`));
    await page.close();
  });
}
