// The roofline: every stage that multiplies, by how many MACs it does for a byte of DRAM and how many
// a second; above it the peaks of the two arrays and what the DRAM's bandwidth allows.
import { axis, figure } from "../chart.js";
import { escaped } from "../dom.js";
import { colourKey } from "../figures.js";
import { passColour } from "../palette.js";
import { grouped, percent, plain } from "../units.js";

/** Stages as points: MACs a byte of DRAM, TOPS (1 MAC = 2 operations). */
export function rooflinePoints(r) {
  return r.layers
    .filter(({ macs, dram_bytes: bytes }) => macs > 0 && bytes > 0)
    .map((stage) => ({
      stage,
      intensity: stage.macs / stage.dram_bytes,
      tops: (2 * stage.macs) / (stage.cycles / (r.clock_mhz * 1e6)) / 1e12,
    }));
}

/** TOPS of the main arrays and of the small FP16 tiles (0 without), bytes a second of the DRAM. */
export function roofs(r) {
  const tops = (macs) => (2 * macs * r.cores * r.clock_mhz * 1e6) / 1e12;
  return {
    array: tops(r.array.macs_per_cycle),
    fp16: tops(r.array.fp16_tile_fmas),
    bandwidth: r.dram.peak_gb_per_s * 1e9,
  };
}

const isOnArray = ({ stage }) => stage.array_macs > 0;

function finding(points, { array, bandwidth }, without) {
  const ridge = (array * 1e12) / 2 / bandwidth;
  const low = points.filter(({ intensity }) => intensity < ridge).length;
  const best = points.reduce((most, point) => (point.tops > most.tops ? point : most));
  return (
    `Below ${plain(ridge)} MACs a byte the DRAM limits the main array: ${low} of ${points.length} stages that multiply. ` +
    `The fastest, ${best.stage.name} ${best.stage.pass}, reaches ${percent(best.tops / array)} of the peak.` +
    (without > 0 ? ` ${without} more move no byte of DRAM and are not shown.` : "")
  );
}

export function roofline(r) {
  const points = rooflinePoints(r);
  if (points.length === 0) return null;
  const roof = roofs(r);
  const without = r.layers.filter(({ macs, dram_bytes: bytes }) => macs > 0 && bytes === 0).length;
  const passes = [...new Set(points.map(({ stage }) => stage.pass))];
  const left = 10 ** Math.floor(Math.log10(Math.min(...points.map(({ intensity }) => intensity))));
  const ridge = (roof.array * 1e12) / 2 / roof.bandwidth;
  const right = 10 ** Math.ceil(Math.log10(Math.max(2 * ridge, ...points.map(({ intensity }) => intensity))));
  const atBandwidth = (intensity) => (2 * intensity * roof.bandwidth) / 1e12;
  const bottom = 10 ** Math.floor(Math.log10(Math.min(...points.map(({ tops }) => tops))));
  const slopeLeft = Math.max(left, (bottom * 1e12) / 2 / roof.bandwidth);

  const slopeLabel = slopeLeft ** 0.35 * ridge ** 0.65;

  const line = (name, data, type, colours) => ({
    name,
    type: "line",
    data,
    symbol: "none",
    silent: true,
    lineStyle: { color: colours.text, width: 1.5, type },
  });
  const roofLabel = (name, at, colours, place) => ({
    type: "scatter",
    name: `${name} (label)`,
    silent: true,
    symbolSize: 0,
    data: [at],
    label: {
      show: true,
      formatter: name,
      color: colours.soft,
      fontSize: 11,
      textBorderColor: colours.ground,
      textBorderWidth: 3,
      ...place,
    },
    z: 4, // points pass behind it
  });

  return figure({
    id: "roofline",
    title: "Roofline, a point a stage",
    finding: finding(points, roof, without),
    height: 420,
    controls: colourKey([
      ...passes.map((pass) => ({ colour: passColour(pass), text: pass })),
      { text: "○ on the FP16 tile" },
    ]),
    option: (colours) => ({
      grid: { left: 10, right: 20, top: 20, bottom: 30, containLabel: true },
      xAxis: axis(colours, {
        type: "log",
        min: left,
        max: right,
        name: "arithmetic intensity (MACs per byte of DRAM)",
        nameGap: 28,
        axisLabel: { formatter: plain },
      }),
      yAxis: axis(colours, {
        type: "log",
        min: bottom,
        max: 10 ** Math.ceil(Math.log10(roof.array * 1.01)),
        name: "rate (TOPS)",
        nameLocation: "end",
        nameTextStyle: { align: "left", color: colours.soft },
        axisLabel: { formatter: plain },
      }),
      tooltip: {
        trigger: "item",
        formatter: ({ data }) => {
          if (!data?.point) return "";
          const { stage, intensity, tops } = data.point;
          return (
            `<b>${escaped(stage.name)} ${stage.pass}</b><br>${escaped(stage.shape)}<br>${plain(intensity)} MACs per byte, ${plain(tops)} TOPS<br>` +
            `${grouped(stage.macs)} MACs, ${grouped(stage.cycles)} cycles<br>utilization of its array ${percent(stage.utilization)}`
          );
        },
      },
      series: [
        line(
          "DRAM bandwidth",
          [
            [slopeLeft, atBandwidth(slopeLeft)],
            [ridge, roof.array],
          ],
          "solid",
          colours,
        ),
        line(
          "peak of the main array",
          [
            [ridge, roof.array],
            [right, roof.array],
          ],
          "solid",
          colours,
        ),
        ...(roof.fp16 > 0
          ? [
              line(
                "peak of the FP16 tile",
                [
                  [(roof.fp16 * 1e12) / 2 / roof.bandwidth, roof.fp16],
                  [right, roof.fp16],
                ],
                "dashed",
                colours,
              ),
            ]
          : []),
        roofLabel(`main array, ${plain(roof.array)} TOPS`, [right, roof.array], colours, {
          position: "left",
          offset: [0, -9],
        }),
        ...(roof.fp16 > 0
          ? [
              roofLabel(`FP16 tile, ${plain(roof.fp16)} TOPS`, [right, roof.fp16], colours, {
                position: "left",
                offset: [0, -9],
              }),
            ]
          : []),
        roofLabel(
          `DRAM, ${plain(r.dram.peak_gb_per_s)} GB/s`,
          [slopeLabel, atBandwidth(slopeLabel)],
          colours,
          { position: "left", offset: [0, -6] },
        ),
        ...passes.map((pass) => ({
          name: pass,
          type: "scatter",
          symbolSize: 9,
          data: points
            .filter(({ stage }) => stage.pass === pass)
            .map((point) => ({
              value: [point.intensity, point.tops],
              point,
              itemStyle: isOnArray(point)
                ? { color: passColour(pass), opacity: 0.85, borderColor: colours.ground, borderWidth: 0.5 }
                : { color: "transparent", borderColor: passColour(pass), borderWidth: 1.8 },
            })),
        })),
      ],
    }),
    table: () => ({
      caption: "Stages that multiply and use DRAM",
      columns: [
        { title: "stage" },
        { title: "array" },
        { title: "MACs per byte", number: true },
        { title: "TOPS", number: true },
      ],
      rows: points.map((point) => [
        `${point.stage.name} ${point.stage.pass}`,
        isOnArray(point) ? "main" : "FP16 tile",
        plain(point.intensity),
        plain(point.tops),
      ]),
    }),
  });
}
