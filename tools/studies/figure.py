"""What all figures of the studies share: gnuplot's panels of curves, colours and marks."""
import subprocess

# Distinguishable with any colour vision (Okabe and Ito), in the order of use.
COLOURS = ["#000000", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#CC79A7", "#0072B2"]
MARKS = [7, 5, 9, 13, 11, 4, 6]  # gnuplot's filled and open shapes
HEAD = """set encoding utf8
set border 3 lc rgb "#404040"
set tics nomirror out
set grid lc rgb "#D8D8D8" lt 1 lw 0.5
set key Left reverse samplen 2.5
"""


def style(index, kind="linespoints", dash=1, width=1.6):
    colour = COLOURS[index % len(COLOURS)]
    marks = f" pt {MARKS[index % len(MARKS)]} ps 0.5" if kind == "linespoints" else ""
    return f"with {kind} lc rgb '{colour}' lw {width} dt {dash}{marks}"


class Figure:
    """Panels of lines on one page."""

    def __init__(self, path, width, height, rows=1, columns=1, caption=""):
        """The caption stands above several panels, below one."""
        self.path = path
        self.lines = [f"set terminal svg size {width},{height} background '#FFFFFF' "
                      "font 'sans-serif,13'", f"set output '{path}'", HEAD]
        if rows * columns > 1:
            self.lines.append(f"set multiplot layout {rows},{columns} title '{caption}' font ',11'")
        elif caption:
            self.lines += [f"set label '{caption}' at screen 0.99, screen 0.02 right font ',11'", "set bmargin 5"]
        self.blocks = 0

    def set(self, *options):
        self.lines += [("" if option.startswith("unset") else "set ") + option for option in options]

    def plot(self, curves):
        """Curves are (title, style, rows of numbers or words); the key shows what has a title."""
        parts = []
        for title, how, rows in curves:
            self.blocks += 1
            self.lines += [f"$block{self.blocks} << END", *(" ".join(map(text, row)) for row in rows),
                           "END"]
            name = f"title '{title}'" if title else "notitle"
            parts.append(f"$block{self.blocks} {how} {name}")
        self.lines.append("plot " + ", ".join(parts))

    def draw(self):
        script = "\n".join(self.lines) + "\nunset multiplot\n"
        subprocess.run(["gnuplot", "-"], input=script, text=True, check=True)


def text(value):
    return f"{value:.6g}" if isinstance(value, float) else f'"{value}"' if isinstance(value, str) else str(value)
