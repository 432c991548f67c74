// The points of the Pareto chart and the line of its front, as series: grey and orange by whether they are on
// the front or, if the reader asks, in the colours and symbols of a key. Then those of the front are outlined.
const kPoint = "#7d95a8";
const kFront = "#d55e00";
const kHollow = { color: "transparent", borderColor: kPoint, borderWidth: 1.2, opacity: 0.8 };
const kLargeFrom = 2000; // from so many points on they are drawn smaller
const kFrontSize = 8;

/** What the colours mean as long as the reader asks for none: entries of a colourKey. */
export const kFrontKey = [
  { colour: kFront, text: "on the front" },
  { colour: kPoint, text: "other points" },
];

/** `place(at)`: [x, y] of a point; `colours`: the page's. */
export function pointSeries(points, selection, place, colours) {
  const { colouring } = selection;
  const small = points.good.length > kLargeFrom ? 4 : kFrontSize;
  const best = selection.front();
  const inFront = new Set(best);
  const rest = points.good.filter((at) => !inFront.has(at) && selection.isDrawn(at));
  const [seen, hidden] = [true, false].map((is) => rest.filter((at) => selection.isShown(at) === is));

  // Plain numbers are what ECharts draws 10,000 of fastest; the third value says which point it is.
  const cloud = (name, list, itemStyle, options = {}) => ({
    name,
    type: "scatter",
    symbolSize: small,
    itemStyle,
    dimensions: ["x", "y", "at"],
    data: list.map((at) => [...place(at), at]),
    progressive: 0,
    ...options,
  });
  const coloured = (name, list, size, styleOf) => ({
    ...cloud(name, [], {}),
    data: list.map((at) => {
      const { colour, symbol } = colouring.of(at);
      return {
        value: [...place(at), at],
        symbol: `path://${symbol.path}`,
        symbolSize: size * symbol.size,
        itemStyle: styleOf(colour),
      };
    }),
  });
  // The ends of a scale are near to the ground in one of the themes.
  const edge = colouring?.scale ? { borderColor: colours.soft, borderWidth: 0.6 } : {};
  const outside = seen.filter((at) => !points.isWithin(at));
  const within = seen.filter((at) => points.isWithin(at));
  return [
    cloud("hidden", hidden, { color: colours.line, opacity: 0.5 }),
    colouring === null
      ? cloud("outside", outside, kHollow, { symbol: "diamond", symbolSize: small + 1 })
      : coloured("outside", outside, small, (colour) => ({ ...kHollow, borderColor: colour })),
    colouring === null
      ? cloud("points", within, { color: kPoint, opacity: 0.6 })
      : coloured("points", within, small, (colour) => ({ color: colour, opacity: 0.75, ...edge })),
    {
      name: "front line",
      type: "line",
      data: selection.isFrontOfAxes() ? best.map(place) : [],
      step: "end",
      symbol: "none",
      silent: true,
      lineStyle: { color: colouring === null ? kFront : colours.text, width: 1.5 },
      z: 4,
    },
    colouring === null
      ? cloud("front", best, { color: kFront, opacity: 1 }, { symbolSize: kFrontSize })
      : {
          ...coloured("front", best, kFrontSize + 3, (colour) => ({
            color: colour,
            borderColor: colours.text,
            borderWidth: 2,
            opacity: 1,
          })),
          z: 5,
        },
  ];
}
