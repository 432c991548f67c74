// Texts in lines that fit: the titles of axes, which ECharts would cut.

/** A text in lines of at most so many pixels, broken between words and, of a word that is longer by itself,
 *  after dots and underscores. `widthOf(text)`: pixels. */
export function inLines(text, pixels, widthOf) {
  const pieces = text
    .split(/(?<= )/)
    .flatMap((word) => (widthOf(word.trimEnd()) > pixels ? word.split(/(?<=[._])/) : [word]));
  return pieces
    .reduce((lines, piece) => {
      const longer = (lines.at(-1) ?? "") + piece;
      return lines.length === 0 || widthOf(longer.trimEnd()) <= pixels
        ? [...lines.slice(0, -1), longer]
        : [...lines, piece];
    }, [])
    .map((line) => line.trimEnd());
}

/** widthOf of a CSS font. */
export function widthIn(font) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = font;
  return (text) => context.measureText(text).width;
}
