/** The form of one operation: for whom, its fields or raw JSON, and what came back. */

import { ApiError } from "../api.js";
import { ChargePointChoice } from "../charge_point_choice.js";
import { attribute, el, text } from "../dom.js";
import { AS_TYPED, field } from "../forms.js";
import { schemaForm } from "./schema_form.js";
import { OUTCOMES, send, sentence, WITHIN_S } from "./send.js";

export class OperationForm {
  /**
   * @param {any} operation of the API's catalogue
   * @param {(chargePoint: string) => void} onchoice told for whom it is
   */
  constructor(operation, onchoice) {
    this.operation = operation;
    this.sending = false;
    this.choice = new ChargePointChoice({
      label: "Charge point",
      states: true,
      onchange: () => onchoice(this.choice.value),
    });
    this.choice.select.required = true;
    this.within = el("input", {
      type: "number",
      min: "0.1",
      max: "600",
      step: "any",
      inputmode: "decimal",
      value: WITHIN_S,
      required: true,
    });
    this.raw = el("input", { type: "checkbox", onchange: () => this.#switched() });
    this.json = el("textarea", {
      rows: "10",
      ...AS_TYPED,
      class: "code",
      oninput: () => this.json.setCustomValidity(""),
    });
    this.unchecked = el("input", { type: "checkbox" });
    this.rawFields = el(
      "fieldset",
      { class: "inner", hidden: true, disabled: true },
      field("Payload as JSON", this.json, "an object, as it is to stand in the CALL"),
      el("label", { class: "check" }, this.unchecked, " send it even if it breaks the schema"),
    );
    this.send = el("button", { class: "primary" }, `Send ${operation.action}`);
    this.outcome = el("output", { class: "outcome" });
    this.answer = el("pre", { class: "code", tabindex: "0", "aria-label": "Answer", hidden: true });
    this.fields = schemaForm(operation.schema);
    const empty = !Object.keys(operation.schema.properties ?? {}).length;
    this.form = el(
      "fieldset",
      { class: "inner" },
      empty ? el("p", { class: "hint" }, "It has no fields.") : this.fields.node,
    );
    this.node = el(
      "form",
      { class: "panel", "data-action": operation.action, onsubmit: (event) => this.#submit(event) },
      el("h3", {}, operation.action),
      el("p", {}, operation.summary, " ", el("small", { class: "hint" }, operation.clause)),
      el("div", { class: "toolbar" }, this.choice.node, el("label", {}, "Wait at most (s) ", this.within)),
      this.form,
      el("label", { class: "check" }, this.raw, " raw JSON"),
      this.rawFields,
      el("p", { class: "buttons" }, this.send),
      this.outcome,
      this.answer,
    );
  }

  /** @param {any[]} chargePoints */
  update(chargePoints) {
    this.choice.update(chargePoints);
  }

  /** @param {string} chargePoint */
  choose(chargePoint) {
    if (this.choice.value !== chargePoint) this.choice.value = chargePoint;
  }

  /** Fill in a request that was sent before, as far as the form has its fields; what it has not is in the raw JSON. */
  fill(chargePoint, request) {
    const known = withoutPassword(request);
    this.choose(chargePoint);
    this.fields.set(known);
    this.#write(known);
    this.raw.checked = JSON.stringify(sorted(this.fields.value())) !== JSON.stringify(sorted(known));
    this.#show();
  }

  /** Raw JSON begins with what the fields say, and the other way round. */
  #switched() {
    if (this.raw.checked) this.#write(this.fields.value());
    else if (this.#parsed()) this.fields.set(this.#parsed());
    this.#show();
  }

  /** What was wrong with the JSON before is so no more: else the browser would not let it be sent. */
  #write(value) {
    this.json.value = pretty(value);
    this.json.setCustomValidity("");
  }

  #show() {
    this.form.hidden = this.form.disabled = this.raw.checked;
    this.rawFields.hidden = this.rawFields.disabled = !this.raw.checked;
  }

  #parsed() {
    try {
      const value = JSON.parse(this.json.value);
      if (value && typeof value === "object" && !Array.isArray(value)) return value;
      this.json.setCustomValidity("A payload is a JSON object: {…}");
    } catch (error) {
      this.json.setCustomValidity(error.message);
    }
    return null;
  }

  async #submit(event) {
    event.preventDefault();
    if (this.sending) return;
    const payload = this.raw.checked ? this.#parsed() : this.fields.value();
    if (payload === null) {
      this.json.reportValidity();
      return;
    }
    this.sending = true;
    attribute(this.send, "aria-disabled", "true");
    this.#tell("waiting", `waiting for the answer, up to ${this.within.value} s …`);
    try {
      const unchecked = this.raw.checked && this.unchecked.checked;
      const told = await send(this.choice.value, this.operation.action, payload, {
        within_s: Number(this.within.value),
        unchecked,
      });
      this.#tell(told.outcome, sentence(told), told.payload);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#tell("problem", `not sent: ${error.message}`);
    } finally {
      this.sending = false;
      attribute(this.send, "aria-disabled", null);
    }
  }

  #tell(outcome, words, payload) {
    attribute(
      this.outcome,
      "data-outcome",
      outcome in OUTCOMES ? outcome : outcome === "waiting" ? "waiting" : "problem",
    );
    text(this.outcome, words);
    text(this.answer, payload === undefined || payload === null ? "" : pretty(payload));
    this.answer.hidden = !this.answer.textContent;
  }
}

const pretty = (value) => JSON.stringify(value, null, 2);

/** The history does not tell the password of a ChangeConfiguration; what stands for it must not be sent as one. */
function withoutPassword(request) {
  const { value, ...rest } = request;
  if (typeof rest.key !== "string" || rest.key.toLowerCase() !== "authorizationkey") return request;
  return rest;
}

/** With the keys of all objects in order: two objects are the same if they then look the same. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
