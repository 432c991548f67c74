// Symbols of points, so that colour is never the only thing that tells them apart: the same path in a
// chart and in its legend. In a box of 10 × 10; `size` makes all of them look equally large.
const kSymbols = [
  { path: "M10,5A5,5,0,1,1,0,5A5,5,0,1,1,10,5Z", size: 1 }, // circle
  { path: "M0,0H10V10H0Z", size: 0.88 }, // square
  { path: "M5,0L10,10H0Z", size: 1.1 }, // triangle
  { path: "M5,0L10,5L5,10L0,5Z", size: 1.2 }, // diamond
  { path: "M3.3,0H6.7V3.3H10V6.7H6.7V10H3.3V6.7H0V3.3H3.3Z", size: 1.15 }, // plus
  { path: "M0,0H10L5,10Z", size: 1.1 }, // triangle, point down
  { path: "M5,0L6.5,3.6L10,3.8L7.3,6.2L8.1,10L5,7.8L1.9,10L2.7,6.2L0,3.8L3.5,3.6Z", size: 1.35 }, // star
  { path: "M2,0L5,3L8,0L10,2L7,5L10,8L8,10L5,7L2,10L0,8L3,5L0,2Z", size: 1.05 }, // cross
];
const kSvg = "http://www.w3.org/2000/svg";

/** The symbol of the value at a place of a list. The second round of as many values begins one symbol later,
 *  so that with as many colours no two values look alike. */
export function symbolAt(place) {
  return kSymbols[(place + Math.floor(place / kSymbols.length)) % kSymbols.length];
}

/** A symbol as an element of a legend. */
export function symbolMark({ path, size }, colour) {
  const part = (tag, attributes) => {
    const element = document.createElementNS(kSvg, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const mark = part("svg", {
    viewBox: "-1 -1 12 12",
    width: 13 * size,
    height: 13 * size,
    "aria-hidden": "true",
  });
  mark.append(part("path", { d: path, fill: colour }));
  return mark;
}
