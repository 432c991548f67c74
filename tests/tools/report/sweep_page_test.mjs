// The report of a sweep: made-up points (small_sweep.mjs) and, in the same folder, 10,000, 10000.html.
// NIBBLE_SEARCHED and NIBBLE_AIMLESS: sweeps that were run, one with bounds and three objectives, one
// without any, with report.html and what the command printed, printed.txt.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { after, test } from "node:test";

import { chartsFit, closeBrowser, drawn, kDesktop, kPhone, open, seriesOf } from "./browser.mjs";
import { commonChecks } from "./common_checks.mjs";
import {
  data,
  fault,
  folder,
  frontNumbers,
  good,
  isWithin,
  naiveFront,
  number,
  small,
  values,
} from "./small_sweep.mjs";

const large = `${folder}/10000.html`;
const kMaxBytes = 3e6;
const kInteractiveMs = 2000;
after(closeBrowser);

commonChecks("sweep", small);

test("sweep: the front of the objectives and of any two keys is that of comparing all pairs", async () => {
  const { page } = await open(small);
  assert.deepEqual(
    await frontNumbers(page),
    naiveFront(...data.objectives).map((at) => number[at]),
  );
  await page.getByLabel("Across", { exact: true }).selectOption("area_mm2.total");
  await page.getByLabel("Up", { exact: true }).selectOption("utilization");
  const chosen = [
    { key: "area_mm2.total", goal: "minimise" },
    { key: "utilization", goal: "maximise" },
  ];
  assert.deepEqual(
    await frontNumbers(page),
    naiveFront(...chosen).map((at) => number[at]),
  );
  await page.getByLabel("Up goal", { exact: true }).selectOption("minimise");
  chosen[1].goal = "minimise";
  assert.deepEqual(
    await frontNumbers(page),
    naiveFront(...chosen).map((at) => number[at]),
  );
  await page.close();
});

test("sweep: an axis that steps by factors begins logarithmic, the button has the last word", async () => {
  const { page } = await open(small);
  const log = page.getByLabel("Across logarithmic");
  const across = page.getByLabel("Across", { exact: true });
  for (const [act, ...expected] of [
    [() => across.selectOption("chip.scratchpad.kib"), "true", "log"],
    [() => log.click(), "false", "value"],
    [() => across.selectOption("utilization"), "false", "value"],
  ]) {
    await act();
    const [{ type }] = await page.evaluate(() => window.__report.charts.pareto.chart.getOption().xAxis);
    assert.deepEqual([await log.getAttribute("aria-pressed"), type], expected);
  }
  await page.close();
});

test("sweep: every point that has a result is in the chart, every failed one in the list of faults", async () => {
  const { page } = await open(small);
  const series = await seriesOf(page, "pareto");
  const shown = series
    .filter(({ name }) => ["hidden", "outside", "points", "front"].includes(name))
    .flatMap(({ data: points }) => points.map((point) => point[2]));
  assert.deepEqual(
    shown.sort((a, b) => a - b),
    good,
  );
  assert.deepEqual(
    series
      .find(({ name }) => name === "outside")
      .data.map((point) => point[2])
      .sort((a, b) => a - b),
    good.filter((at) => !isWithin(at)),
  );
  const text = await page.locator("#faults").textContent();
  for (const each of fault.filter(Boolean)) assert.ok(text.includes(each), each);
  await page.close();
});

test("sweep: points outside a bound are counted, marked in the table, filtered and taken out", async () => {
  const { page } = await open(small);
  const broken = good.filter((at) => !isWithin(at));
  assert.ok(broken.length > 5 && broken.length < good.length);
  assert.match(
    await page.locator("#overview").textContent(),
    new RegExp(`, ${broken.length} outside the bounds.*areaat most 9\\smm²${broken.length}speed-up.*×0`),
  );
  const table = page.locator("#points");
  assert.equal(
    await table.locator("tbody tr.outside").count(),
    broken.filter((at) => at < 25).length, // of the first page
  );
  await table.getByLabel("Filter bounds").fill("area");
  await page.waitForFunction(() => window.__report.selection.filtered !== null);
  assert.deepEqual(await page.evaluate(() => [...window.__report.selection.filtered]), broken);
  assert.deepEqual(await frontNumbers(page), []);
  assert.match(
    await page.locator("#pareto .finding").textContent(),
    /^No point that is shown is within the bounds/,
  );
  await table.getByLabel("Filter bounds").fill("");
  await page.waitForFunction(() => window.__report.selection.filtered === null);
  await page.getByRole("button", { name: `Show ${broken.length} outside a bound` }).click();
  for (const id of ["pareto", "parallel"]) {
    const lines = (await seriesOf(page, id)).find(({ name }) => name === "outside");
    assert.equal(lines.data.length, 0, id);
  }
  await page.getByRole("button", { name: `Explain point ${number[broken[0]]}`, exact: true }).click();
  assert.match(await page.locator("#explain").textContent(), /outside the sweep's bounds.*area .* > 9\smm²/);
  await page.close();
});

test("sweep: the page and what the command prints name the same front", async () => {
  const ran = process.env.NIBBLE_SEARCHED;
  const printed = readFileSync(`${ran}/printed.txt`, "utf8");
  const heading =
    /Pareto front: (\d+) of (\d+) points within the constraints\n-+\n.*\n((?: +\d+ .*\n)+)/.exec(printed);
  const names = heading[3]
    .trim()
    .split("\n")
    .map((line) => Number(line.trim().split(/ +/)[0]));
  assert.equal(names.length, Number(heading[1]));
  const { page, console: said } = await open(`${ran}/report.html`);
  const points = await page.evaluate(() => window.__report.data.points);
  const front = (await seriesOf(page, "pareto"))
    .find(({ name }) => name === "front")
    .data.map((point) => points.number[point[2]]);
  assert.deepEqual(
    front.sort((a, b) => a - b),
    names.sort((a, b) => a - b),
  );
  const broken = points.outside.filter((places) => places.length > 0).length;
  assert.ok(broken > 0);
  const text = await page.locator("#pareto .finding").textContent();
  assert.ok(
    text.startsWith(`${heading[1]} of ${heading[2]} points within the bounds are on the front`),
    text,
  );
  assert.ok(text.includes(`; ${broken} outside a bound cannot be.`), text);
  assert.match(await page.locator("#overview").textContent(), /timeat most 420\sµs/);
  // Three objectives: the axes show two of them at a time, and another figure asks for another front.
  const frontOf = page.getByLabel("Front of", { exact: true });
  await page.getByLabel("Up", { exact: true }).selectOption("area_mm2.total");
  assert.equal(await frontOf.inputValue(), "objectives");
  await page.getByLabel("Up", { exact: true }).selectOption("average_power_w");
  assert.equal(await frontOf.inputValue(), "axes");
  await frontOf.selectOption("objectives");
  const again = (await seriesOf(page, "pareto")).find(({ name }) => name === "front").data;
  assert.equal(again.length, names.length);
  assert.deepEqual(said, []);
  await page.close();
});

test("sweep: no title of the parallel coordinates is cut, on a desktop and on a phone", async () => {
  const { page } = await open(small);
  await page.getByLabel("Across", { exact: true }).selectOption("dram.utilization");
  await page.getByLabel("Up", { exact: true }).selectOption("average_power_w");
  for (const viewport of [kDesktop, kPhone]) {
    await page.setViewportSize(viewport);
    await chartsFit(page);
    const texts = await page.evaluate(() => {
      const { chart } = window.__report.charts.parallel;
      const all = chart
        .getZr()
        .storage.getDisplayList()
        .map(({ style }) => style.text ?? "");
      return { drawn: all, wanted: chart.getOption().parallelAxis.flatMap(({ name }) => name.split("\n")) };
    });
    assert.ok(texts.wanted.length >= 9);
    for (const title of texts.wanted) assert.ok(texts.drawn.includes(title), `${viewport.width}: ${title}`);
  }
  await page.close();
});

test("sweep: one without objectives says so, and what it shows instead", async () => {
  const { page, console: said } = await open(`${process.env.NIBBLE_AIMLESS}/report.html`);
  assert.match(
    await page.locator("#front").textContent(),
    /file names no objectives.* begins with speed-up vs FP16 and energy; choose/,
  );
  assert.equal(await page.getByLabel("Front of", { exact: true }).count(), 0);
  await page.getByLabel("Across", { exact: true }).selectOption("chip.tile.lanes");
  const [option] = await page.evaluate(() => window.__report.charts.pareto.chart.getOption().xAxis);
  assert.equal(option.name, "tile lanes, minimise");
  assert.equal(option.type, "value");
  assert.deepEqual(said, []);
  await page.close();
});

test("sweep: with few points, too, a figure of the result has an axis of numbers", async () => {
  const { page } = await open(`${process.env.NIBBLE_SEARCHED}/report.html`);
  const axes = await page.evaluate(() =>
    window.__report.charts.parallel.chart.getOption().parallelAxis.map(({ name, type }) => [name, type]),
  );
  assert.deepEqual(axes, [
    ["tile lanes", "category"],
    ["tile columns", "category"],
    ["DRAM channels", "category"],
    ["speed-up vs FP16 (×)", "value"],
    ["energy (µJ)", "value"],
    ["area (mm²)", "value"],
  ]);
  await page.close();
});

test("sweep: the front is walked from the keyboard, each point says where its time goes", async () => {
  const { page } = await open(small);
  const front = naiveFront(...data.objectives);
  const [{ key }] = data.objectives;
  front.sort((a, b) => values[key][b] - values[key][a]);
  await page.getByRole("button", { name: "Next on the front" }).focus();
  for (const at of [...front.slice(0, 2)]) {
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("#explained").textContent(), `Point ${number[at]}`);
    const status = await page.locator("#pareto [role=status]").textContent();
    assert.ok(status.startsWith(`Point ${number[at]} is `), status);
    const why =
      /What keeps the array from streaming longest is \w+ \(.+\): [\d.]+\s% of its cycles, [\d.]+\s.?s of [\d.]+\s.?s\./;
    assert.match(status, why);
    assert.match(await page.locator("#explain").textContent(), why);
  }
  await page.close();
});

test("sweep: a point that is clicked is explained", async () => {
  const { page } = await open(small);
  const { at, pixel } = await page.evaluate(() => {
    const { chart } = window.__report.charts.pareto;
    const [x, y, place] = chart.getOption().series.find(({ name }) => name === "front").data[0];
    return { at: place, pixel: chart.convertToPixel("grid", [x, y]) };
  });
  await page.locator("#chart-pareto").click({ position: { x: pixel[0], y: pixel[1] } });
  assert.equal(await page.locator("#explained").textContent(), `Point ${number[at]}`);
  const section = await page.locator("#explain").textContent();
  assert.match(section, /It is on the front/);
  assert.ok(section.includes(values["stalls.dram"][at].toLocaleString("en-US")));
  await page.close();
});

test("sweep: a point behind the front is told which points are better and what they set otherwise", async () => {
  const { page } = await open(small);
  const front = naiveFront(...data.objectives);
  const behind = good.find((at) => at < 25 && !front.includes(at));
  await page
    .getByRole("button", {
      name: `Explain point ${number[behind]}`,
      exact: true,
    })
    .click();
  const rows = page.locator("#explain table", { hasText: "Better points of the front" }).locator("tbody tr");
  assert.ok((await rows.count()) > 0);
  for (const cell of await rows.locator("th").allTextContents())
    assert.ok(front.some((at) => String(number[at]) === cell));
  await page.close();
});

test("sweep: a point with details shows its layers, the next one's take their place", async () => {
  const heard = await open(small);
  const { page } = heard;
  const layers = page.locator("#point_layers");
  await page.getByRole("button", { name: "Explain point 1", exact: true }).click();
  await layers.locator("svg").waitFor();
  const series = await seriesOf(page, "point_layers");
  assert.equal(series[0].data.length, data.details["1"].layers.length);
  await page.getByRole("button", { name: "Explain point 2", exact: true }).click();
  await layers.locator("svg").waitFor();
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  await page.setViewportSize(kPhone);
  assert.equal(await layers.count(), 1);
  assert.deepEqual(heard.console, []);
  await page.close();
});

test("sweep: two points stand side by side with settings, figures, their ratio and stalls", async () => {
  const { page } = await open(small);
  await page.getByRole("button", { name: "Point 2 as A" }).click();
  await page.keyboard.press("Tab"); // focus stayed: the next is B of the same point
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Point 2 as B");
  await page.getByRole("button", { name: "Point 3 as B" }).click();
  assert.equal(await page.getByRole("button", { name: "Point 2 as A" }).getAttribute("aria-pressed"), "true");
  const row = page.locator("#compare tr", {
    has: page.getByRole("rowheader", { name: "cycles", exact: true }),
  });
  const [a, b] = [values.cycles[1], values.cycles[2]];
  assert.deepEqual(await row.locator("td").allTextContents(), [
    a.toLocaleString("en-US"),
    b.toLocaleString("en-US"),
    `${(b / a).toFixed(2)}\u00a0×`,
  ]);
  const differing = data.axes.filter((key) => values[key][1] !== values[key][2]).length;
  assert.equal(await page.locator("#compare td.differs").count(), 2 * differing);
  const stall = page.locator("#compare tr", {
    has: page.getByRole("rowheader", { name: "dram", exact: true }),
  });
  assert.equal(
    (await stall.locator("td").allTextContents())[0],
    values["stalls.dram"][1].toLocaleString("en-US"),
  );
  await page.close();
});

test("sweep: filters of the table and ranges on the parallel axes leave the same points everywhere", async () => {
  const { page } = await open(small);
  await page.getByLabel("Filter tile lanes").fill(">= 64");
  const wide = good.filter((at) => values["chip.tile.lanes"][at] >= 64);
  await page.waitForFunction(
    (count) =>
      window.__report.selection.filtered?.size >= count &&
      window.__report.charts.parallel.chart.getOption().series[1].data.length <= count,
    wide.length,
  );
  const lines = await seriesOf(page, "parallel");
  assert.equal(
    lines.reduce((sum, each) => sum + each.data.length, 0),
    wide.length,
  );
  // A range on the fourth axis, the number of channels: from the third word on, 4 and 8.
  await page.evaluate(() => {
    const { chart } = window.__report.charts.parallel;
    const { id } = chart.getModel().queryComponents({ mainType: "parallelAxis" })[3];
    chart.dispatchAction({
      type: "axisAreaSelect",
      parallelAxisId: id,
      intervals: [[1.5, 3.5]],
    });
  });
  await page.waitForFunction(() => window.__report.selection.brushed !== null);
  const left = wide.filter((at) => values["chip.dram.channels"][at] >= 4);
  const brushed = await page.evaluate(() => [...window.__report.selection.brushed]);
  assert.deepEqual(
    brushed.sort((a, b) => a - b),
    left,
  );
  assert.match(
    await page.locator("#points [role=status]").textContent(),
    new RegExp(` of ${left.length} that pass, 50 in all`),
  );
  // The theme changes colours, not what the reader has drawn.
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  const ranges = () =>
    page.evaluate(() =>
      window.__report.charts.parallel.chart
        .getModel()
        .queryComponents({ mainType: "parallelAxis" })
        .map(({ activeIntervals }) => activeIntervals.length),
    );
  assert.deepEqual(await ranges(), [0, 0, 0, 1, 0, 0, 0]);
  await page.getByRole("button", { name: "Clear the ranges" }).click();
  await page.waitForFunction(() => window.__report.selection.brushed === null);
  assert.deepEqual(await ranges(), [0, 0, 0, 0, 0, 0, 0]);
  await page.close();
});

test("sweep: columns are chosen, sorted with failed points last, and turned page by page", async () => {
  const { page } = await open(small);
  const table = page.locator("#points");
  await table.locator("summary").click();
  await table.getByLabel("DRAM utilization", { exact: true }).check();
  await table.getByRole("button", { name: "energy", exact: true }).click();
  const points = () => table.locator("tbody button.quiet").allTextContents();
  const byEnergy = [...good]
    .sort((a, b) => values["energy_j.total"][b] - values["energy_j.total"][a])
    .map((at) => String(number[at]));
  assert.deepEqual(await points(), byEnergy.slice(0, 25));
  await table.getByRole("button", { name: "Next" }).click();
  const second = await points();
  assert.deepEqual(second.slice(0, good.length - 25), byEnergy.slice(25));
  assert.deepEqual(
    second.slice(good.length - 25).map(Number),
    number.filter((_, at) => fault[at] !== ""),
  );
  assert.ok((await table.locator("thead").textContent()).includes("DRAM utilization"));
  assert.equal(
    await table.locator("th", { hasText: "DRAM utilization" }).getAttribute("title"),
    "dram.utilization",
  );
  await page.close();
});

test("sweep: a text of the data is never markup", async () => {
  const { page } = await open(small);
  assert.ok(data.name.includes("</script>"));
  assert.equal(await page.locator("h1").textContent(), data.name);
  assert.equal(await page.evaluate(() => window.__marked), undefined);
  await page.close();
});

/** What opening the large sweep takes: milliseconds until a sort that was asked for at once is done, and what
 *  the page's thread computed until then, which other programs on this machine do not lengthen; what it
 *  computes to colour the points. */
async function opening() {
  let session = null;
  const began = performance.now();
  const { page, console: said } = await open(large, {
    wait: false,
    before: async (opened) => {
      session = await opened.context().newCDPSession(opened);
      await session.send("Performance.enable", { timeDomain: "threadTicks" });
    },
  });
  await page.getByRole("button", { name: "energy", exact: true }).click();
  await page.locator("#points th[aria-sort=descending]").waitFor();
  const answeredMs = performance.now() - began;
  const computed = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * metrics.find(({ name }) => name === "TaskDuration").value;
  };
  const computedMs = await computed();
  await drawn(page);
  const series = await seriesOf(page, "pareto");
  const shown = series
    .filter(({ name }) => ["outside", "points", "front"].includes(name))
    .flatMap(({ data: some }) => some);
  const beforeColour = await computed();
  await page.getByLabel("Colour by", { exact: true }).selectOption("network");
  await page.locator("#pareto .entry").first().waitFor();
  const colouredMs = (await computed()) - beforeColour;
  await page.close();
  return { answeredMs, computedMs, colouredMs, shown: shown.length, said };
}

test("sweep: 10,000 points take less than 3 MB, and the page answers within two seconds", async () => {
  const bytes = statSync(large).size;
  assert.ok(bytes < kMaxBytes);
  const { answeredMs, computedMs, colouredMs, shown, said } = await opening();
  console.log(
    `10,000 points: ${(bytes / 1e6).toFixed(2)} MB, a sort is done ${answeredMs.toFixed(0)} ms after opening,`,
    `of which the page computes ${computedMs.toFixed(0)} ms; colours take ${colouredMs.toFixed(0)} ms`,
  );
  assert.equal(shown, 9600);
  assert.deepEqual(said, []);
  assert.ok(computedMs > 0 && computedMs < kInteractiveMs, `${computedMs} ms`);
  assert.ok(colouredMs > 0 && colouredMs < kInteractiveMs, `${colouredMs} ms`);
});
