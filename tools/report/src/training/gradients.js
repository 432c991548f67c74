// What radix-4 FP4 makes of each layer's gradients: the levels of gradients.csv as histograms, what is
// lost to zero and to clipping, and the error by the threshold between levels.
import { axis, figure } from "../chart.js";
import { choice, h, section } from "../dom.js";
import { kSeries } from "../palette.js";
import { simpleTable } from "../simple_table.js";
import { percent, plain } from "../units.js";

/** 0.015625 -> "1/64": the levels are powers of four. */
function levelText(level) {
  return Math.abs(level) >= 1 || level === 0
    ? String(level)
    : `${level < 0 ? "-" : ""}1/${Math.abs(1 / level)}`;
}

/** Rows of gradients.csv by step, layer, quantity, key. */
export function gradientIndex(gradients) {
  const index = new Map();
  gradients.step.forEach((step, at) => {
    const layer = `${step}/${gradients.layer[at]}/${gradients.quantity[at]}`;
    if (!index.has(layer)) index.set(layer, new Map());
    index.get(layer).set(String(gradients.key[at]), gradients.value[at]);
  });
  return (step, layer, quantity) => index.get(`${step}/${layer}/${quantity}`) ?? new Map();
}

function histogram(of, selection) {
  const levels = () =>
    [...of(selection.step, selection.layer, "histogram")]
      .map(([level, share]) => [Number(level), share])
      .sort((a, b) => a[0] - b[0]);
  return figure({
    id: "gradient_histogram",
    title: "Gradients on the levels of FP4 (even phase)",
    height: 320,
    finding: () => {
      const all = levels();
      if (all.length === 0) return "Not measured for this layer.";
      const zero = all.find(([level]) => level === 0)?.[1] ?? 0;
      const top = all.filter(([level]) => Math.abs(level) === 64).reduce((sum, [, share]) => sum + share, 0);
      return `Layer ${selection.layer}, step ${selection.step}: ${percent(zero)} of the elements round to zero, ${percent(top)} to the highest level.`;
    },
    option: (colours) => ({
      grid: { left: 10, right: 16, top: 28, bottom: 30, containLabel: true },
      xAxis: axis(colours, {
        type: "category",
        data: levels().map(([level]) => levelText(level)),
        name: "level, in units of the layer's scale",
        nameGap: 26,
      }),
      yAxis: axis(colours, {
        type: "value",
        name: "share of the elements (%)",
        nameLocation: "end",
        nameTextStyle: { align: "left", color: colours.soft },
      }),
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        valueFormatter: (value) => `${value.toFixed(2)} %`,
      },
      series: [
        {
          name: "share",
          type: "bar",
          barCategoryGap: "12%",
          itemStyle: { color: kSeries[0] },
          data: levels().map(([, share]) => 100 * share),
        },
      ],
    }),
    table: () => ({
      caption: `Layer ${selection.layer}, step ${selection.step}`,
      columns: [{ title: "level" }, { title: "share", number: true }],
      rows: levels().map(([level, share]) => [levelText(level), percent(share, 2)]),
    }),
  });
}

function thresholds(of, selection, layers) {
  const points = (layer) =>
    [...of(selection.step, layer, "threshold_error")]
      .map(([divisor, error]) => [Number(divisor), error])
      .sort((a, b) => a[0] - b[0]);
  const shown = () => [...new Set([selection.layer, "all"])].filter((layer) => points(layer).length > 0);
  return figure({
    id: "threshold_error",
    title: "Error of rounding by the threshold between levels",
    height: 320,
    finding: () => {
      const [layer] = shown();
      if (layer === undefined) return `Not measured for ${selection.layer} (of ${layers} layers).`;
      const best = points(layer).reduce((least, point) => (point[1] < least[1] ? point : least));
      return `For ${layer} the error is least, ${plain(best[1])}, when a level 4^n begins at 4^n / ${plain(best[0])}.`;
    },
    option: (colours) => ({
      legend: { top: 0, textStyle: { color: colours.text } },
      grid: { left: 10, right: 16, top: 50, bottom: 30, containLabel: true },
      xAxis: axis(colours, {
        type: "value",
        scale: true,
        name: "divisor d of the threshold 4^n / d",
        nameGap: 26,
      }),
      yAxis: axis(colours, {
        type: "value",
        name: "squared error / squares (1)",
        nameLocation: "end",
        nameTextStyle: { align: "left", color: colours.soft },
      }),
      tooltip: { trigger: "axis", valueFormatter: plain },
      series: shown().map((layer, at) => ({
        name: layer === "all" ? "mean over layers" : layer,
        type: "line",
        symbol: "none",
        itemStyle: { color: kSeries[at] },
        lineStyle: { type: at ? "dashed" : "solid" },
        data: points(layer),
      })),
    }),
    table: () => ({
      caption: "Squared error of rounding over the squares",
      columns: [{ title: "d" }, ...shown().map((title) => ({ title, number: true }))],
      rows: points(shown()[0] ?? "all").map(([d]) => [
        plain(d),
        ...shown().map((layer) => plain(of(selection.step, layer, "threshold_error").get(String(d)) ?? NaN)),
      ]),
    }),
  });
}

function lossesTable(of, step, layers) {
  const share = (layer, quantity, key) => {
    const value = of(step, layer, quantity).get(key);
    return value === undefined || value === null ? "–" : percent(value, 2);
  };
  const number = (layer, quantity, key) => {
    const value = of(step, layer, quantity).get(key);
    return value === undefined || value === null ? "–" : plain(value);
  };
  const titles = [
    "zeros before",
    "zeros, even",
    "zeros, odd",
    "clipped, even",
    "clipped, odd",
    "variance, exact",
    "dW cosine, even",
    "dW cosine, odd",
    "scale (log2)",
  ];
  return simpleTable({
    caption: `Shares of the elements and how near dW stays to the exact one, step ${step}`,
    columns: [{ title: "layer" }, ...titles.map((title) => ({ title, number: true }))],
    rows: layers.map((layer) => [
      layer,
      share(layer, "zeros", "exact"),
      share(layer, "zeros", "even"),
      share(layer, "zeros", "odd"),
      share(layer, "clipped", "even"),
      share(layer, "clipped", "odd"),
      number(layer, "variance", "exact"),
      number(layer, "weight_gradient", "even.cosine"),
      number(layer, "weight_gradient", "odd.cosine"),
      number(layer, "gradscale", "log2"),
    ]),
  });
}

export function gradientsSection(gradients) {
  if (gradients === null || gradients.step.length === 0) return null;
  const of = gradientIndex(gradients);
  const steps = [...new Set(gradients.step)];
  const layers = [...new Set(gradients.layer)].filter((layer) => layer !== "all");
  // Steps between may measure less; the page begins where there is a histogram of a layer in 4 bits.
  const measured = (step, quantity) => layers.find((layer) => of(step, layer, quantity).size > 0);
  const first = steps.findLast((step) => measured(step, "histogram") !== undefined) ?? steps[0];
  const selection = { step: first, layer: measured(first, "gradscale") ?? layers[0] };
  const table = h("div", {});
  const charts = [histogram(of, selection), thresholds(of, selection, layers.length)];
  const show = () => {
    for (const chart of charts) chart.update();
    table.replaceChildren(lossesTable(of, selection.step, layers));
  };
  table.append(lossesTable(of, selection.step, layers));
  return section(
    "gradients",
    "Gradients in 4 bits",
    h(
      "div",
      { class: "controls" },
      choice(
        "Step",
        steps.map((step) => [String(step), String(step)]),
        String(selection.step),
        (step) => {
          selection.step = Number(step);
          show();
        },
      ),
      choice(
        "Layer",
        layers.map((layer) => [layer, layer]),
        selection.layer,
        (layer) => {
          selection.layer = layer;
          show();
        },
      ),
    ),
    h("div", { class: "pair" }, charts),
    h("h3", {}, "What each layer loses"),
    table,
  );
}
