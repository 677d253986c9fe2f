/** A form for a JSON schema: fieldsets for objects and arrays, `fields.js` for what is in them. */

import { button, el } from "../dom.js";
import { label, scalar } from "./fields.js";

/**
 * Fields for all properties of a request's schema, those that are required first.
 * @param {any} schema
 * @returns {import("./fields.js").Field}
 */
export function schemaForm(schema) {
  return properties(schema, schema);
}

function made(name, told, required, root) {
  const schema = resolved(told, root);
  if (schema.type === "object") return object(name, schema, required, root);
  if (schema.type === "array") return array(name, schema, required, root);
  return scalar(name, schema, required);
}

/** What `$ref` stands for; OCPP's refer to their own definitions only. */
function resolved(schema, root) {
  if (!schema.$ref) return schema;
  return schema.$ref
    .replace(/^#\//, "")
    .split("/")
    .reduce((part, step) => part[step], root);
}

function properties(schema, root) {
  const required = new Set(schema.required ?? []);
  const names = Object.keys(schema.properties ?? {}).sort(
    (one, other) => Number(required.has(other)) - Number(required.has(one)),
  );
  const fields = new Map(names.map((name) => [name, made(name, schema.properties[name], required.has(name), root)]));
  return {
    node: el(
      "div",
      { class: "fields" },
      [...fields.values()].map((each) => each.node),
    ),
    value: () =>
      Object.fromEntries(
        [...fields].map(([name, each]) => [name, each.value()]).filter(([, value]) => value !== undefined),
      ),
    set: (value) => fields.forEach((each, name) => each.set(value?.[name])),
  };
}

/** An object that is optional is there once it is ticked; its fields are asked for only then. */
function object(name, schema, required, root) {
  const inner = properties(schema, root);
  const body = el("fieldset", { class: "inner", "aria-label": name }, inner.node);
  const box = el("input", { type: "checkbox", onchange: () => follow() });
  const follow = () => (body.hidden = body.disabled = !required && !box.checked);
  follow();
  return {
    node: el(
      "div",
      { class: "object" },
      required ? el("p", { class: "label" }, name) : el("label", { class: "check" }, box, label(name, false)),
      body,
    ),
    value: () => (required || box.checked ? inner.value() : undefined),
    set: (value) => {
      box.checked = value !== undefined;
      follow();
      inner.set(value);
    },
  };
}

/** An array has as many items as were added; an optional one without any is left out. */
function array(name, schema, required, root) {
  let items = [];
  const list = el("div", { class: "items" });
  const add = button(
    `Add ${name}`,
    () => {
      added();
      items[items.length - 1].row.querySelector("input, select, textarea")?.focus();
    },
    { class: "small" },
  );

  function added() {
    const item = made(name, schema.items, true, root);
    const drop = button(
      "Remove",
      () => {
        items = items.filter((each) => each.row !== row);
        row.remove();
        add.focus();
      },
      { class: "small", "aria-label": `Remove this ${name}` },
    );
    const row = el("div", { class: "item" }, item.node, drop);
    list.append(row);
    items.push({ ...item, row });
  }

  function emptied() {
    items = [];
    list.replaceChildren();
  }

  if (required) added();
  return {
    node: el("fieldset", { class: "array" }, el("legend", {}, `${label(name, required)}, a list`), list, add),
    value: () => (items.length || required ? items.map((each) => each.value()) : undefined),
    set: (value) => {
      emptied();
      const wanted = Array.isArray(value) ? value : required ? [undefined] : [];
      for (const each of wanted) {
        added();
        items[items.length - 1].set(each);
      }
    },
  };
}
