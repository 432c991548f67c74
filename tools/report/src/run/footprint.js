// Bytes of the step's tensors that are alive at each stage, against the scratchpad's size.
import { axis, figure } from "../chart.js";
import { escaped, h, section } from "../dom.js";
import { kChip } from "../palette.js";
import { bytesText, percent, plain, times } from "../units.js";

const kMiB = 2 ** 20;
const kStagesAtOnce = 60; // more stages have a slider to zoom with

export function footprintSection(r) {
  const names = r.layers.map(({ name, pass }) => `${name} ${pass}`);
  const bytes = r.layers.map(({ live_bytes: live }) => live);
  const fits = bytes.filter((live) => live <= r.scratchpad_bytes).length;
  const { footprint } = r;
  const roof = (1.1 * r.scratchpad_bytes) / kMiB; // of the chart: the scratchpad's line is in it
  const isAbove = footprint.peak_bytes / kMiB > roof;
  const chart = figure({
    id: "footprint",
    title: "Live tensors over the step",
    height: 340,
    finding:
      `The peak is ${bytesText(footprint.peak_bytes)} at ${footprint.peak_name} ${footprint.peak_pass}; ${fits === bytes.length ? "all" : `${fits} of ${bytes.length}`} stages fit the scratchpad's ` +
      `${bytesText(r.scratchpad_bytes)}. Besides, ${bytesText(footprint.persistent_bytes)} outlive the step.`,
    option: (colours) => ({
      grid: {
        left: 10,
        right: 16,
        top: 30,
        bottom: names.length > kStagesAtOnce ? 52 : 30,
        containLabel: true,
      },
      xAxis: axis(colours, {
        type: "category",
        data: names,
        name: "stages in order",
        nameGap: 10,
        axisLabel: { show: false },
        axisTick: { show: false },
      }),
      yAxis: axis(colours, {
        type: "value",
        name: "live bytes (MiB)",
        nameLocation: "end",
        nameTextStyle: { align: "left", color: colours.soft },
        max: isAbove ? null : roof,
        axisLabel: { formatter: (value) => Number(value.toPrecision(3)), showMaxLabel: isAbove },
      }),
      dataZoom:
        names.length > kStagesAtOnce
          ? [
              {
                type: "slider",
                bottom: 4,
                height: 20,
                borderColor: colours.line,
                textStyle: { color: colours.soft },
                brushSelect: false,
                showDetail: false,
              },
            ]
          : [],
      tooltip: {
        trigger: "axis",
        formatter: ([{ dataIndex }]) =>
          `<b>${escaped(names[dataIndex])}</b><br>${bytesText(bytes[dataIndex])} alive`,
      },
      series: [
        {
          name: "live bytes",
          type: "line",
          step: "middle",
          symbol: "none",
          lineStyle: { color: kChip, width: 1.5 },
          areaStyle: { color: kChip, opacity: 0.18 },
          data: bytes.map((live) => live / kMiB),
          markLine: {
            silent: true,
            symbol: "none",
            lineStyle: { color: "#d55e00", type: "dashed", width: 1.5 },
            data: [{ yAxis: r.scratchpad_bytes / kMiB }],
            label: {
              formatter: `scratchpad ${bytesText(r.scratchpad_bytes)}`,
              position: "insideEndTop",
              color: colours.text,
              backgroundColor: colours.ground, // the curve may pass behind it
              padding: [1, 3],
            },
          },
        },
      ],
    }),
    table: () => ({
      caption: "Tensors alive at each stage, wherever they lie",
      columns: [
        { title: "stage" },
        { title: "alive", number: true },
        { title: "of the scratchpad", number: true },
      ],
      rows: names.map((name, at) => [
        name,
        bytesText(bytes[at]),
        `${((100 * bytes[at]) / r.scratchpad_bytes).toFixed(0)} %`,
      ]),
    }),
  });
  return section("footprint-section", "Memory", chart, memoryNote(r));
}

function memoryNote(r) {
  const { dram } = r;
  const moved = dram.bytes_read + dram.bytes_written;
  const compulsory =
    dram.compulsory_bytes > 0
      ? `: ${times(moved / dram.compulsory_bytes)} the compulsory ${bytesText(dram.compulsory_bytes)}`
      : "";
  return h(
    "p",
    { class: "note" },
    `DRAM: ${dram.device} × ${dram.channels} channels, read ${bytesText(dram.bytes_read)}, written ${bytesText(dram.bytes_written)}${compulsory}; ` +
      `row hits ${percent(dram.row_hit_rate)}, ${percent(dram.utilization)} of ${plain(dram.peak_gb_per_s)} GB/s used. ` +
      `Scratchpad: at most ${bytesText(r.scratchpad_peak_bytes)} used in one core.`,
  );
}
