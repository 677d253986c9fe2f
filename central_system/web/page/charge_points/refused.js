/** Who was turned away, and why; one that is not registered can be let in with one tap. */

import { ApiError } from "../api.js";
import { button, el, Keyed, text } from "../dom.js";
import { notice } from "../notice.js";
import { ago } from "../time.js";
import { allow } from "./edit.js";

const SHOWN = 30;

export class Refused {
  constructor() {
    this.latest = [];
    const list = el("ul", { class: "refused" });
    this.rows = new Keyed(list, () => new Row());
    this.none = el("p", { class: "empty" }, "Nobody.");
    this.node = el("div", { class: "panel" }, el("h3", {}, "Turned away"), this.none, list);
  }

  /**
   * @param {any[] | null} refused latest first; null: as before
   * @param {Set<string>} registered ids
   */
  update(refused, registered) {
    if (refused) this.latest = together(refused);
    this.none.hidden = this.latest.length > 0;
    const rows = this.latest
      .slice(0, SHOWN)
      .map((each) => ({ ...each, unknown: each.charge_point && !registered.has(each.charge_point) }));
    this.rows.update(rows, key);
  }

  tick() {
    for (const row of this.rows.entries.values()) row.tick();
  }
}

const key = ({ charge_point, why }) => JSON.stringify([charge_point, why]);

/** A charge point that is turned away tries again and again: one row for all its attempts. */
function together(refused) {
  const found = new Map();
  for (const each of refused) {
    const before = found.get(key(each));
    if (before) before.times += 1;
    else found.set(key(each), { ...each, times: 1 });
  }
  return [...found.values()];
}

class Row {
  constructor() {
    this.refusal = null;
    this.name = el("strong");
    this.why = el("span");
    this.when = el("span", { class: "hint" });
    this.allow = button("Allow", async () => {
      try {
        await allow(this.refusal.charge_point);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        notice(error.message);
      }
    });
    this.node = el("li", {}, el("div", {}, this.name, " ", this.why, " ", this.when), this.allow);
  }

  update(refusal) {
    this.refusal = refusal;
    text(this.name, refusal.charge_point ?? "no id");
    text(this.why, refusal.why);
    text(this.allow, refusal.unknown ? `Allow ${refusal.charge_point}` : "");
    this.allow.hidden = !refusal.unknown;
    this.tick();
  }

  tick() {
    const { at, peer, times } = this.refusal;
    text(this.when, `${ago(at)}${peer ? ` from ${peer}` : ""}${times > 1 ? `, ${times} times` : ""}`);
  }
}
