// The report of a training: data is {kind: "training", metrics, curve, gradients} (sim/html/README.md);
// metrics are null while it runs, curve and gradients where the folder has none.
import { frame } from "../frame.js";
import { h, section } from "../dom.js";
import { keyFigures } from "../figures.js";
import { simpleTable } from "../simple_table.js";
import { counted, grouped, plain, withUnit } from "../units.js";
import { curvesSection } from "./curves.js";
import { gradientsSection } from "./gradients.js";
import { scalesSection } from "./scales.js";

function outcome(m) {
  const { test } = m;
  const last = m.epochs.at(-1);
  return section(
    "outcome",
    "What it reached",
    keyFigures([
      ["Test accuracy", `${test.accuracy_percent.toFixed(2)} %`, `${grouped(m.test_samples)} samples`],
      [
        "Test loss",
        plain(test.loss),
        test.perplexity === undefined ? null : `perplexity ${plain(test.perplexity)}`,
      ],
      [
        "Training loss",
        last ? plain(last.train_loss) : null,
        last ? `last epoch, accuracy ${last.train_accuracy_percent.toFixed(2)} %` : null,
      ],
      [
        "Steps",
        grouped(m.steps),
        `${counted(m.epochs.length, "epoch")} of ${grouped(m.train_samples)} samples, batch ${m.settings.batch}`,
      ],
      [
        "Time",
        withUnit(m.train_s, "s"),
        `${grouped(m.train_samples_per_s)} samples per second, ${counted(m.threads, "thread")}`,
      ],
    ]),
    epochsTable(m),
  );
}

function epochsTable(m) {
  if (m.epochs.length === 0) return null;
  const validated = m.epochs.some(({ validation }) => validation);
  const digits = (value, count) => (value === undefined ? "–" : value.toFixed(count));
  return simpleTable({
    caption: "Epochs",
    columns: [
      "epoch",
      "training loss",
      "training accuracy (%)",
      ...(validated ? ["validation loss", "validation accuracy (%)"] : []),
      "time",
    ].map((title, at) => ({ title, number: at > 0 })),
    rows: m.epochs.map((epoch, at) => [
      String(at + 1),
      epoch.train_loss.toFixed(4),
      epoch.train_accuracy_percent.toFixed(2),
      ...(validated
        ? [digits(epoch.validation?.loss, 4), digits(epoch.validation?.accuracy_percent, 2)]
        : []),
      withUnit(epoch.train_s, "s"),
    ]),
  });
}

function formatsSection(m) {
  const policies = new Map();
  for (const [layer, policy] of Object.entries(m.settings.precision))
    policies.set(policy, [...(policies.get(policy) ?? []), layer]);
  return section(
    "formats",
    "Formats and settings",
    simpleTable({
      caption: "What each layer multiplies in",
      columns: [{ title: "policy" }, { title: "layers", number: true }, { title: "names", wraps: true }],
      rows: [...policies].map(([policy, layers]) => [policy, String(layers.length), layers.join(", ")]),
    }),
    h(
      "details",
      {},
      h("summary", {}, "All settings"),
      h("pre", { tabindex: "0" }, JSON.stringify(m.settings, null, 2)),
    ),
    Object.entries(m.recipe_files ?? {}).map(([name, text]) =>
      h("details", {}, h("summary", {}, `Recipe ${name}`), h("pre", { tabindex: "0" }, text)),
    ),
  );
}

function sourcesSection(m) {
  const engines = Object.entries(m.engine_steps)
    .map(([engine, steps]) => `${grouped(steps)} steps by ${engine}`)
    .join(", ");
  const rows = [
    ["command", m.command],
    ["program", m.program],
    ["multiplied", engines],
    ["seed", String(m.seed)],
    ["data (CRC-32)", m.data_crc32],
    ["weights (SHA-256)", m.weights_sha256],
  ].filter(([, text]) => text);
  return section(
    "sources",
    "What this rests on",
    h(
      "dl",
      { class: "rests" },
      rows.map(([label, text]) => [h("dt", {}, label), h("dd", {}, text)]),
    ),
  );
}

export function trainingPage({ metrics: m, curve, gradients }) {
  return frame({
    kicker: "NibbleSim training",
    title: m ? `${m.network} by recipe ${m.recipe}` : "A training that is not finished",
    lead: m
      ? [`Task ${m.task} on ${m.dataset}, seed ${m.seed}`]
      : ["Its folder holds no metrics.json yet: this is its curve so far."],
    sections: [
      m ? outcome(m) : null,
      curvesSection(curve, m),
      scalesSection(curve),
      gradientsSection(gradients),
      m ? formatsSection(m) : null,
      m ? sourcesSection(m) : null,
    ],
  });
}
