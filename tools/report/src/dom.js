// Elements of the page, made from their parts.

/** h("td", {class: "number", onclick: f}, child, [children], ...): texts are set as text, so no value
 *  of the data can become markup. Attributes that are null or false are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) add(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** A key or a name that may break into two lines after its dots and underscores. */
export function breakable(text) {
  return typeof text !== "string"
    ? text
    : text
        .split(/(?<=[._])/)
        .flatMap((part, at) => (at === 0 ? [part] : [document.createElement("wbr"), part]));
}

/** A text of the data within the markup of a chart's tooltip. */
export function escaped(text) {
  return String(text).replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** A select; its label is only heard where its choices speak for themselves. `choices` are [value, text] or
 *  [value, text, tooltip], or groups {title, choices} of those; calls `onChoice(value)`. */
export function choice(label, choices, chosen, onChoice, isLabelShown = true) {
  const option = ([value, text, title]) => h("option", { value, title, selected: value === chosen }, text);
  const select = h(
    "select",
    {
      "aria-label": label,
      onchange: () => onChoice(select.value),
    },
    choices.map((each) =>
      Array.isArray(each) ? option(each) : h("optgroup", { label: each.title }, each.choices.map(option)),
    ),
  );
  return h("label", {}, isLabelShown ? label : null, select);
}

/** A button that stays down; calls `onPress(isDown)`. */
export function toggle(text, isDown, onPress) {
  const button = h(
    "button",
    {
      type: "button",
      "aria-pressed": String(isDown),
      onclick: () => {
        const down = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(down));
        onPress(down);
      },
    },
    text,
  );
  return button;
}

/** A section of the page, with the anchor that the contents link to. */
export function section(id, title, ...children) {
  return h(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, title),
    children,
  );
}
