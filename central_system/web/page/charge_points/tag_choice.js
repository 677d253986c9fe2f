/** Which idTag a remote start is for: one of those known, or any other. */

import { el, Keyed, text } from "../dom.js";
import { AS_TYPED } from "../forms.js";

const OTHER = "\u0000other"; // no idTag: OCPP's strings have no NUL

export class TagChoice {
  constructor() {
    this.typed = el("input", {
      type: "text",
      maxlength: "20",
      placeholder: "idTag",
      "aria-label": "Other idTag",
      ...AS_TYPED,
    });
    this.select = el("select", { onchange: () => this.#follow(true) });
    this.other = { id_tag: OTHER, status: "" };
    this.options = new Keyed(this.select, () => {
      const node = el("option");
      return {
        node,
        update: ({ id_tag, status }) => {
          node.value = id_tag;
          text(node, id_tag === OTHER ? "another idTag …" : `${id_tag} (${status})`);
        },
      };
    });
    this.node = el(
      "div",
      { class: "tag-choice" },
      el("label", {}, "idTag for a remote start ", this.select),
      this.typed,
    );
  }

  /** The chosen idTag. */
  get value() {
    return this.select.value === OTHER ? this.typed.value : this.select.value;
  }

  /** @param {any[]} tags */
  update(tags) {
    this.options.update([...tags, this.other], (each) => each.id_tag);
    this.#follow(false);
  }

  #follow(focus) {
    this.typed.hidden = this.select.value !== OTHER;
    if (focus && !this.typed.hidden) this.typed.focus();
  }
}
