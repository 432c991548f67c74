// Makes the report's template: every module of src/ and what they use of ECharts, minified into one HTML
// file, which a C++ source holds as a constant (sim/html/report_template.h).
//
//   node build.mjs FOLDER OUTPUT.cpp     FOLDER: where `npm ci` was run with this package.json
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const source = join(dirname(fileURLToPath(import.meta.url)), "src");
const [folder, output] = process.argv.slice(2);
const packages = join(folder, "node_modules");
const esbuild = createRequire(join(folder, "package.json"))("esbuild");
// Browsers from 2022 on; DecompressionStream, which only large sweeps need, asks for 2023.
const target = ["chrome105", "firefox110", "safari16"];
const kStyles = ["tokens", "layout", "controls", "tables", "print"];
const kLineLength = 4096;

const read = (...path) => readFileSync(join(...path), "utf8");

async function script() {
  const built = await esbuild.build({
    entryPoints: [join(source, "main.js")],
    nodePaths: [packages],
    bundle: true,
    minify: true,
    format: "iife",
    target,
    charset: "ascii",
    legalComments: "none",
    write: false,
    logLevel: "warning",
  });
  return built.outputFiles[0].text.trim();
}

async function style() {
  const all = kStyles.map((name) => read(source, "style", `${name}.css`)).join("\n");
  return (await esbuild.transform(all, { loader: "css", minify: true, target })).code.trim();
}

/** What the licences of the bundled packages ask to be passed on. */
function licences() {
  return (
    `<!--\nCharts by Apache ECharts, Apache License 2.0 (https://www.apache.org/licenses/LICENSE-2.0):\n${read(packages, "echarts", "NOTICE")}\n` +
    `D3, of which ECharts holds parts:\n${read(packages, "echarts", "licenses", "LICENSE-d3")}\n` +
    `ZRender:\n${read(packages, "zrender", "LICENSE")}\ntslib:\n${read(packages, "tslib", "LICENSE.txt")}-->`
  );
}

/** A string literal of C++, cut into lines. `?` is escaped, as two of them begin a trigraph. */
function literal(text) {
  const escaped = [];
  for (const byte of Buffer.from(text, "utf8")) {
    if (byte === 0x0a) escaped.push("\\n");
    else if (byte === 0x22 || byte === 0x3f || byte === 0x5c) escaped.push(`\\${String.fromCharCode(byte)}`);
    else if (byte >= 0x20 && byte < 0x7f) escaped.push(String.fromCharCode(byte));
    else escaped.push(`\\${byte.toString(8).padStart(3, "0")}`);
  }
  const lines = [];
  for (let at = 0; at < escaped.length; at += kLineLength)
    lines.push(`    "${escaped.slice(at, at + kLineLength).join("")}"`);
  return lines.join("\n");
}

const parts = { "/*STYLE*/": await style(), "/*SCRIPT*/": await script() };
let page = read(source, "page.html").replace("<head>", `<head>\n${licences()}`);
for (const [place, text] of Object.entries(parts)) page = page.replace(place, () => text);

mkdirSync(dirname(output), { recursive: true });
writeFileSync(
  output,
  `// Made by tools/report/build.mjs.
#include "sim/html/report_template.h"

namespace nibble {

std::string_view report_template() {
  return
${literal(page)};
}

std::string_view fault_of_template() { return {}; }

}  // namespace nibble
`,
);
