// A figure: its title, what it shows in a sentence, the chart, and the same numbers as a table for
// those who do not see charts. Charts are drawn one after the other between the reader's actions, so
// that the page answers from the beginning.
import { init } from "./charts.js";
import { h } from "./dom.js";
import { simpleTable } from "./simple_table.js";
import { chartColours, onThemeChange } from "./theme.js";

const queue = [];
let isDrawing = false;

function drawNext() {
  const next = queue.shift();
  isDrawing = next !== undefined;
  if (!isDrawing) return;
  next();
  setTimeout(drawNext, 0);
}

function drawSoon(draw) {
  queue.push(draw);
  if (isDrawing) return;
  isDrawing = true;
  setTimeout(drawNext, 0);
}

/** What all charts have in common: text, tooltips, no animation that the reader did not ask for. */
function styled(option, colours) {
  return {
    animation: false,
    textStyle: { fontFamily: colours.font, color: colours.text },
    ...option,
    tooltip: {
      confine: true,
      backgroundColor: colours.ground,
      borderColor: colours.line,
      textStyle: { color: colours.text, fontSize: 13 },
      ...option.tooltip,
    },
  };
}

/** An axis with its title and lines in the page's colours. */
export function axis(colours, option) {
  return {
    nameTextStyle: { color: colours.soft },
    axisLabel: { color: colours.soft, hideOverlap: true, ...option.axisLabel },
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { lineStyle: { color: colours.line } },
    splitLine: { lineStyle: { color: colours.line, opacity: 0.5 } },
    nameLocation: "middle",
    ...Object.fromEntries(Object.entries(option).filter(([key]) => key !== "axisLabel")),
  };
}

/** Options: `id` (also the chart's name in window.__report.charts), `title`, `finding` (text or function),
 *  `height` in pixels (number or function of the width), `option(colours, width)` of ECharts, `table()` with
 *  {caption, columns, rows} or null, `renderer`, `controls` (an element above), `ready(chart)`,
 *  `keep(chart)`: called before the chart is drawn anew, returns what brings back what the reader did to it.
 *  The element has update(): reads finding, option and table anew. */
export function figure({
  id,
  title,
  finding,
  height = 320,
  option,
  table,
  renderer = "svg",
  controls,
  ready,
  keep,
}) {
  const findingText = () => (typeof finding === "function" ? finding() : finding);
  const heightAt = (width) => (typeof height === "function" ? height(width) : height);
  const sentence = h("p", { class: "finding" });
  const canvas = h("div", { class: "chart", role: "img", id: `chart-${id}` });
  const numbers = table
    ? h(
        "details",
        {
          ontoggle: () => {
            if (numbers.open) fillTable();
          },
        },
        h("summary", {}, `Table: ${title}`),
        h("div", {}),
      )
    : null;
  let chart = null;

  function fillTable() {
    numbers.lastChild.replaceChildren(simpleTable(table()));
  }
  function tell() {
    sentence.textContent = findingText();
    canvas.setAttribute("aria-label", `Chart: ${title}. ${findingText()}`);
    if (numbers?.open) fillTable();
  }
  function draw() {
    if (!canvas.isConnected) return; // another figure has taken its place
    const restore = chart === null ? null : keep?.(chart);
    canvas.style.height = `${heightAt(canvas.clientWidth)}px`;
    const colours = chartColours();
    if (chart === null) {
      chart = init(canvas, null, { renderer });
      ready?.(chart);
      new ResizeObserver(() => {
        if (chart.getWidth() !== canvas.clientWidth) draw();
      }).observe(canvas);
    }
    chart.resize();
    chart.setOption(styled(option(colours, canvas.clientWidth), colours), { notMerge: true });
    restore?.();
  }

  canvas.style.height = `${heightAt(window.innerWidth)}px`;
  tell();
  const element = h(
    "figure",
    { id },
    h("figcaption", {}, h("h3", {}, title), sentence),
    controls,
    canvas,
    numbers,
  );
  element.update = () => {
    tell();
    if (chart !== null) draw();
  };
  onThemeChange(() => {
    if (chart !== null) draw();
  });
  window.__report.charts[id] = {
    get chart() {
      return chart;
    },
  };
  drawSoon(draw);
  return element;
}
