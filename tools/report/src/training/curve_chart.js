// A chart of lines over the steps of a training.
import { axis, figure } from "../chart.js";
import { kSeries } from "../palette.js";
import { plain } from "../units.js";

/** `lines` are {name, points: [[step, value]], marks} (marks: single points, not a line). */
export function curveChart({ id, title, finding, unit, lines, stepped = false, xName = "training step" }) {
  const colour = (at) => kSeries[at % kSeries.length];
  const steps = [...new Set(lines.flatMap(({ points }) => points.map(([step]) => step)))].sort(
    (a, b) => a - b,
  );
  return figure({
    id,
    title,
    finding,
    height: 300,
    option: (colours) => ({
      legend:
        lines.length > 1
          ? {
              top: 0,
              type: "scroll",
              textStyle: { color: colours.text, fontSize: 11 },
              pageTextStyle: { color: colours.text },
              pageIconColor: colours.accent,
              pageIconInactiveColor: colours.line,
              itemHeight: 8,
              itemWidth: 16,
            }
          : undefined,
      grid: {
        left: 10,
        right: 24,
        top: lines.length > 1 ? 50 : 28,
        bottom: 30,
        containLabel: true,
      },
      xAxis: axis(colours, { type: "value", name: xName, nameGap: 26, min: "dataMin", max: "dataMax" }),
      yAxis: axis(colours, {
        type: "value",
        scale: true,
        minInterval: stepped ? 1 : 0, // exponents are whole numbers
        name: unit,
        nameLocation: "end",
        nameTextStyle: { align: "left", color: colours.soft },
        axisLabel: { formatter: plain },
      }),
      tooltip: {
        trigger: "axis",
        valueFormatter: (value) => (value === undefined || value === null ? "–" : plain(value)),
      },
      series: lines.map(({ name, points, marks }, at) => ({
        name,
        type: "line",
        data: points,
        step: stepped ? "end" : false,
        connectNulls: true,
        emphasis: { focus: "series" },
        triggerLineEvent: true,
        itemStyle: { color: colour(at) },
        lineStyle: { color: colour(at), width: marks ? 1 : 1.8, type: marks ? "dashed" : "solid" },
        symbol: marks || points.length < 3 ? "circle" : "none",
        symbolSize: 7,
      })),
    }),
    table: () => {
      const at = lines.map(({ points }) => new Map(points));
      return {
        caption: title,
        columns: [{ title: xName }, ...lines.map(({ name }) => ({ title: name, number: true }))],
        rows: steps.map((step) => [
          String(step),
          ...at.map((values) => (values.has(step) ? plain(values.get(step)) : "–")),
        ]),
      };
    },
  });
}

/** The points of a column over another; those without a value left out. */
export function pointsOf(x, y) {
  return x.map((step, at) => [step, y[at]]).filter(([, value]) => value !== null && value !== undefined);
}
