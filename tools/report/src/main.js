// The report begins: reads its data and shows the page of that kind. window.__report is the door for
// tests and for curious readers: the data, the charts by name, and when the page could be used.
import { embeddedData } from "./embedded_data.js";
import { h } from "./dom.js";
import { runPage } from "./run/page.js";
import { sweepPage } from "./sweep/page.js";
import { startTheme } from "./theme.js";
import { trainingPage } from "./training/page.js";

const kPages = { run: runPage, training: trainingPage, sweep: sweepPage };

async function start() {
  startTheme();
  const place = document.getElementById("page");
  try {
    const data = await embeddedData();
    window.__report.data = data;
    place.replaceChildren(kPages[data.kind](data));
    window.__report.readyMs = performance.now();
  } catch (fault) {
    place.replaceChildren(h("p", { class: "wait" }, `This report cannot be shown: ${fault.message}`));
    throw fault;
  }
}

window.__report = { charts: {} };
start();
