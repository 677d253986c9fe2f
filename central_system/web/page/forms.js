/** The parts of forms. */

import { el } from "./dom.js";

let fields = 0;

/**
 * A labelled field of a form.
 * @param {string} label
 * @param {HTMLElement} control
 * @param {string} [hint]
 */
export function field(label, control, hint = "") {
  fields += 1;
  control.id = `field-${fields}`;
  const words = hint ? el("small", { class: "hint", id: `hint-${fields}` }, hint) : null;
  if (words) control.setAttribute("aria-describedby", words.id);
  return el("div", { class: "field" }, el("label", { class: "label", for: control.id }, label), control, words);
}

/**
 * A select of options.
 * @param {string[]} options
 * @param {string} chosen
 * @param {Record<string, unknown>} [attributes]
 * @returns {HTMLSelectElement}
 */
export function select(options, chosen, attributes = {}) {
  return el(
    "select",
    attributes,
    options.map((option) => el("option", { value: option, selected: option === chosen }, option)),
  );
}

/** What no keyboard is to correct: ids, tags, JSON. */
export const AS_TYPED = { autocomplete: "off", autocapitalize: "off", spellcheck: "false" };
