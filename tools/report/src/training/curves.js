// Loss, accuracy and learning rate over the steps; of a training without curve.csv over the epochs.
import { h, section } from "../dom.js";
import { percent, plain } from "../units.js";
import { curveChart, pointsOf } from "./curve_chart.js";

function ends(name, points, digits = plain) {
  if (points.length === 0) return `${name} has no value yet.`;
  return `${name} goes from ${digits(points[0][1])} to ${digits(points.at(-1)[1])}.`;
}

/** The columns of a curve as those of curve.csv are named, from the epochs of metrics.json. */
function curveOfEpochs(metrics) {
  const column = (value) => metrics.epochs.map(value);
  return {
    step: column((_, at) => at + 1),
    loss: column((epoch) => epoch.train_loss),
    accuracy_percent: column((epoch) => epoch.train_accuracy_percent),
    validation_loss: column((epoch) => epoch.validation?.loss ?? null),
    validation_accuracy_percent: column((epoch) => epoch.validation?.accuracy_percent ?? null),
  };
}

export function curvesSection(curve, metrics) {
  const isOfSteps = curve !== null;
  const columns = curve ?? curveOfEpochs(metrics);
  if (columns.step.length === 0) return null;
  const xName = isOfSteps ? "training step" : "epoch";
  const of = (name) => pointsOf(columns.step, columns[name] ?? []);
  const both = (name, validation) =>
    [
      { name: "training", points: of(name) },
      { name: "validation", points: of(validation), marks: true },
    ].filter(({ points }) => points.length > 0);
  const percentText = (value) => percent(value / 100);
  return section(
    "curves",
    "Curves",
    isOfSteps
      ? null
      : h("p", { class: "note" }, "The folder holds no curve.csv: these are the means of the epochs."),
    h(
      "div",
      { class: "trio" },
      curveChart({
        id: "loss",
        title: "Loss",
        unit: "mean loss a label (nats)",
        xName,
        finding: ends("Training loss", of("loss")),
        lines: both("loss", "validation_loss"),
      }),
      curveChart({
        id: "accuracy",
        title: "Accuracy",
        unit: "accuracy (%)",
        xName,
        finding: ends("Training accuracy", of("accuracy_percent"), percentText),
        lines: both("accuracy_percent", "validation_accuracy_percent"),
      }),
      columns.learning_rate
        ? curveChart({
            id: "learning_rate",
            title: "Learning rate",
            unit: "learning rate",
            xName,
            finding: ends("The learning rate", of("learning_rate")),
            lines: [{ name: "learning rate", points: of("learning_rate") }],
          })
        : null,
    ),
  );
}
