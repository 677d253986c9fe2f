/** Form fields for the scalar types of a JSON schema. Each has a `node`, a `value` (undefined: left out) and `set`. */

import { button, el } from "../dom.js";
import { AS_TYPED, field } from "../forms.js";
import { ocppTime, serverNow } from "../time.js";

/** @typedef {{node: HTMLElement, value: () => unknown, set: (value: any) => void}} Field */

const LEFT_OUT = "– left out –";
const CHOOSE = "– choose –";
const HOUR_S = 3600;
/** Fields with one of these names offer what is known: the ids of the lists in `suggestions.js`. */
const SUGGESTED = { idTag: "known-tags", parentIdTag: "known-tags", transactionId: "running-transactions" };

/**
 * @param {string} name
 * @param {any} schema of a string, number, integer or boolean
 * @param {boolean} required
 * @returns {Field}
 */
export function scalar(name, schema, required) {
  if (schema.enum) return choice(name, schema.enum.map(String), required, (word) => word);
  if (schema.type === "boolean") return choice(name, ["true", "false"], required, (word) => word === "true");
  if (schema.type === "integer" || schema.type === "number") return number(name, schema, required);
  return string(name, schema, required);
}

function choice(name, words, required, read) {
  const options = words.map((word) => el("option", { value: word }, word));
  const control = el("select", { required, name }, el("option", { value: "" }, required ? CHOOSE : LEFT_OUT), options);
  return {
    node: field(label(name, required), control),
    value: () => (control.value === "" ? undefined : read(control.value)),
    set: (value) => (control.value = value === undefined ? "" : String(value)),
  };
}

function number(name, schema, required) {
  const whole = schema.type === "integer";
  const control = el("input", {
    type: "number",
    name,
    required,
    step: whole ? "1" : "any",
    inputmode: whole ? "numeric" : "decimal",
    min: schema.minimum,
    max: schema.maximum,
    list: SUGGESTED[name],
  });
  return {
    node: field(
      label(name, required),
      control,
      [whole ? "integer" : "number", schema.multipleOf && `steps of ${schema.multipleOf}`].filter(Boolean).join(", "),
    ),
    value: () => (control.value === "" ? undefined : Number(control.value)),
    set: (value) => (control.value = value ?? ""),
  };
}

function string(name, schema, required) {
  const date = schema.format === "date-time";
  const long = schema.maxLength > 500;
  const attributes = {
    name,
    required,
    maxlength: schema.maxLength,
    ...AS_TYPED,
    list: long ? undefined : SUGGESTED[name],
  };
  const control = long
    ? el("textarea", { ...attributes, rows: "4" })
    : el("input", {
        ...attributes,
        type: schema.format === "uri" ? "url" : "text",
        placeholder: date ? "2026-01-31T17:00:00Z" : null,
      });
  const hint = [
    date && "date and time, UTC",
    schema.format === "uri" && "URI",
    schema.maxLength && `at most ${schema.maxLength} characters`,
  ]
    .filter(Boolean)
    .join(", ");
  const labelled = field(label(name, required), control, hint);
  const set = (value) => (control.value = value ?? "");
  return {
    node: date
      ? el(
          "div",
          { class: "with-helpers" },
          labelled,
          helper("now", name, () => set(ocppTime(serverNow()))),
          helper("in 1 h", name, () => set(ocppTime(serverNow() + HOUR_S))),
        )
      : labelled,
    value: () => (control.value === "" ? undefined : control.value),
    set,
  };
}

const helper = (words, name, act) => button(words, act, { class: "small", "aria-label": `${name}: ${words}` });

/**
 * @param {string} name
 * @param {boolean} required
 */
export const label = (name, required) => (required ? name : `${name} (optional)`);
