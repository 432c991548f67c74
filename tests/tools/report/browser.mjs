// A report in headless Chromium: what it says on the console and what it asks of the network is kept, so
// that a test can demand that both are nothing.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const { chromium } = createRequire(join(process.env.NIBBLE_NPM, "package.json"))("playwright-core");

export const kDesktop = { width: 1280, height: 900 };
export const kPhone = { width: 360, height: 740 };

const kTimeoutMs = 10000;

let browser = null;

/** A page with the report; `console` and `requests` are lists that grow. Waits until all charts are
 *  drawn, unless told not to; `before(page)` is called before the report is opened. */
export async function open(
  file,
  { viewport = kDesktop, colorScheme = "light", wait = true, before = null } = {},
) {
  browser ??= await chromium.launch({
    executablePath: process.env.NIBBLE_CHROMIUM,
    args: process.getuid() === 0 ? ["--no-sandbox"] : [],
  });
  const page = await browser.newPage({ viewport, colorScheme });
  page.setDefaultTimeout(kTimeoutMs);
  const heard = { page, console: [], requests: [] };
  page.on("console", (message) => heard.console.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => heard.console.push(`error: ${error.stack}`));
  page.on("request", (request) => heard.requests.push(request.url()));
  await before?.(page);
  heard.url = pathToFileURL(file).href;
  await page.goto(heard.url, { waitUntil: "commit" });
  if (wait) await drawn(page);
  return heard;
}

/** All charts have been drawn. */
export async function drawn(page) {
  await page.waitForFunction(() => {
    const charts = Object.values(window.__report?.charts ?? {});
    return window.__report?.readyMs && charts.every(({ chart }) => chart !== null);
  });
}

/** Charts have followed the width of the window. */
export async function chartsFit(page) {
  await page.waitForFunction(() =>
    Object.entries(window.__report.charts).every(
      ([id, { chart }]) => chart.getWidth() === document.getElementById(`chart-${id}`).clientWidth,
    ),
  );
}

export async function closeBrowser() {
  await browser?.close();
}

/** The series of a chart as it is drawn: [{name, data}]; and what stands beside its axes. */
export function seriesOf(page, id) {
  return page.evaluate(
    (name) =>
      window.__report.charts[name].chart
        .getOption()
        .series.map((series) => ({ name: series.name, data: series.data })),
    id,
  );
}

/** The page is as wide as the window: no sideways scrolling. */
export function scrollsSideways(page) {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}
