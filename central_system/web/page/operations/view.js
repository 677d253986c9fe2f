/** Section "Operations": everything a central system can ask of a charge point, its answer, and the history. */

import { get } from "../api.js";
import { el, text } from "../dom.js";
import { href, noted } from "../router.js";
import { History } from "./history.js";
import { Menu } from "./menu.js";
import { OperationForm } from "./operation_form.js";
import { Suggestions } from "./suggestions.js";

/** @returns {import("../main.js").View} */
export function operationsView() {
  /** @type {Map<string, any>} */
  let catalogue = new Map();
  let chosen = "";
  let chargePoint = "";
  const menu = new Menu();
  const none = el("p", { class: "empty" });
  const forms = el("div", { class: "operation" }, none);
  /** @type {Map<string, OperationForm>} */
  const made = new Map();
  const suggestions = new Suggestions();
  const history = new History((operated) => {
    // The address leads to the form as a link would.
    location.hash = href(["operations", operated.action], { charge_point: operated.charge_point });
    form(operated.action)?.fill(operated.charge_point, operated.request);
  });
  const columns = el("div", { class: "columns" }, menu.node, el("div", {}, forms, history.node));
  let chargePoints = [];

  function form(action) {
    if (!made.has(action) && catalogue.has(action)) {
      const one = new OperationForm(catalogue.get(action), (id) => {
        chargePoint = id;
        menu.lead(id);
        noted(["operations", action], { charge_point: id });
      });
      one.update(chargePoints);
      made.set(action, one);
    }
    return made.get(action);
  }

  function show() {
    columns.toggleAttribute("data-chosen", Boolean(chosen));
    menu.mark(chosen);
    const one = form(chosen);
    if (one && chargePoint) one.choose(chargePoint);
    text(none, chosen && catalogue.size ? `There is no operation ${chosen}.` : "Choose an operation.");
    const wanted = one?.node ?? none;
    if (forms.firstElementChild !== wanted) forms.replaceChildren(wanted);
  }

  return {
    node: el("div", {}, suggestions.node, columns),
    interests: ["charge-points", "tags", "transactions", "operated", "frames"],
    slowly: ["frames"],
    async refresh(names) {
      if (!catalogue.size) {
        const operations = await get("/api/operations");
        catalogue = new Map(operations.map((each) => [each.action, each]));
        menu.fill(operations);
      }
      if (["charge-points", "tags", "transactions"].some((name) => names.has(name))) {
        const [latest, tags, running] = await Promise.all([
          get("/api/charge-points"),
          get("/api/tags"),
          get("/api/transactions", { open: true }),
        ]);
        chargePoints = latest;
        for (const each of made.values()) each.update(chargePoints);
        suggestions.update(tags, running);
      }
      // What charge points tell of their own accord has no name of its own.
      if (names.has("operated") || names.has("frames")) await history.refresh();
      show();
    },
    show({ rest: [action = ""], query }) {
      chosen = action;
      chargePoint = query.get("charge_point") ?? "";
      menu.lead(chargePoint);
      show();
    },
    tick: () => history.tick(),
  };
}
