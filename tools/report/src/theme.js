// Light or dark: what the system asks for until the reader chooses; paper is always light.
import { h } from "./dom.js";

const listeners = new Set();
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");
let chosen = null;
let onPaper = false;

export function isDark() {
  return !onPaper && (chosen === null ? systemIsDark.matches : chosen === "dark");
}

/** Colours of a chart's text and lines, as the style sheet has them. */
export function chartColours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  return {
    text: colour("--text"),
    soft: colour("--soft"),
    line: colour("--line"),
    ground: colour("--ground"),
    font: colour("--sans"),
    accent: colour("--accent"),
    faint: colour("--faint-bar"),
  };
}

export function onThemeChange(listener) {
  listeners.add(listener);
}

function apply() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  for (const listener of listeners) listener();
}

export function themeButton() {
  const label = () => (isDark() ? "Light" : "Dark");
  const button = h(
    "button",
    {
      type: "button",
      class: "theme",
      onclick: () => {
        chosen = isDark() ? "light" : "dark";
        apply();
      },
    },
    label(),
  );
  onThemeChange(() => {
    button.textContent = label();
  });
  return button;
}

export function startTheme() {
  systemIsDark.addEventListener("change", apply);
  window.addEventListener("beforeprint", () => {
    onPaper = true;
    apply();
  });
  window.addEventListener("afterprint", () => {
    onPaper = false;
    apply();
  });
  apply();
}
