/** The operations by profile, with a search. */

import { attribute, el, Keyed, text } from "../dom.js";
import { href } from "../router.js";

export class Menu {
  constructor() {
    this.operations = [];
    this.chargePoint = "";
    this.chosen = "";
    this.search = el("input", {
      type: "search",
      placeholder: "Find an operation",
      "aria-label": "Find an operation",
      oninput: () => this.#show(),
    });
    const groups = el("div", { class: "groups" });
    this.groups = new Keyed(groups, () => this.#group());
    this.none = el("p", { class: "empty", hidden: true }, "No operation is called so.");
    this.node = el(
      "div",
      { class: "menu", role: "group", "aria-label": "Operations by profile" },
      el("a", { class: "back", href: href(["operations"]) }, "All operations"),
      el("div", { class: "menu-list" }, this.search, this.none, groups),
    );
  }

  fill(operations) {
    this.operations = operations;
    this.#show();
  }

  /** Have the links lead to forms for this charge point. */
  lead(chargePoint) {
    this.chargePoint = chargePoint;
    this.#show();
  }

  mark(action) {
    this.chosen = action;
    this.#show();
  }

  #show() {
    const words = this.search.value.toLowerCase();
    const found = this.operations.filter((each) =>
      `${each.action} ${each.profile} ${each.summary}`.toLowerCase().includes(words),
    );
    const profiles = [...new Set(found.map((each) => each.profile))];
    this.none.hidden = found.length > 0 || !this.operations.length;
    this.groups.update(
      profiles.map((profile) => ({ profile, operations: found.filter((each) => each.profile === profile) })),
      (each) => each.profile,
    );
  }

  #group() {
    const title = el("h3");
    const list = el("ul");
    const links = new Keyed(list, ({ action, summary }) => {
      const link = el("a", { title: summary }, action);
      return {
        node: el("li", {}, link),
        update: () => {
          link.href = href(["operations", action], { charge_point: this.chargePoint });
          attribute(link, "aria-current", action === this.chosen ? "true" : null);
        },
      };
    });
    return {
      node: el("div", {}, title, list),
      update: ({ profile, operations }) => {
        text(title, profile);
        links.update(operations, (each) => each.action);
      },
    };
  }
}
