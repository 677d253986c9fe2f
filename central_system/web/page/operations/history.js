/** What was asked before, and what charge points told of their own accord. */

import { get } from "../api.js";
import { button, el, Keyed, text } from "../dom.js";
import { ago, clock } from "../time.js";
import { gist, OUTCOMES } from "./send.js";

const SHOWN = 50;

export class History {
  /** @param {(operated: any) => void} again fills the form anew */
  constructor(again) {
    this.operated = new Log(
      "Operations so far",
      "None yet.",
      ({ outcome, answer }) =>
        [OUTCOMES[outcome] ?? outcome, gist({ ...parts(outcome, answer), outcome })].filter(Boolean).join(" "),
      again,
    );
    this.told = new Log(
      "What charge points told besides",
      "Nothing: no DataTransfer, no status of firmware or diagnostics, no security event.",
      ({ request, problem }) => problem ?? (typeof request?.status === "string" ? request.status : ""),
    );
    this.node = el("div", { class: "history" }, this.operated.node, this.told.node);
  }

  async refresh() {
    const [operated, told] = await Promise.all([
      get("/api/operated", { limit: SHOWN }),
      get("/api/notifications", { limit: SHOWN }),
    ]);
    this.operated.update(operated);
    this.told.update(told);
  }

  tick() {
    this.operated.tick();
    this.told.tick();
  }
}

/** What the API keeps as answer: a payload, or the code and description of a CALLERROR, or how long was waited. */
const parts = (outcome, answer) => (outcome === "answered" || outcome === "malformed" ? { payload: answer } : answer);

class Log {
  constructor(title, none, gistOf, again) {
    this.none = el("p", { class: "empty" }, none);
    const list = el("ol", { class: "log" });
    this.entries = new Keyed(list, (item) => entry(item, gistOf, again));
    this.node = el("div", { class: "panel" }, el("h3", {}, title), this.none, list);
  }

  update(items) {
    this.none.hidden = items.length > 0;
    this.entries.update(items, ({ at, charge_point, action }) => JSON.stringify([at, charge_point, action]));
  }

  tick() {
    for (const each of this.entries.entries.values()) each.tick();
  }
}

/** One that has happened does not change: it is made once, and what is open stays open. */
function entry(item, gistOf, again) {
  const when = el("time");
  const details = [
    ["Request", item.request],
    ["Answer", item.answer],
  ].filter(([, value]) => value !== undefined && value !== null);
  const node = el(
    "li",
    { "data-outcome": item.outcome },
    el(
      "details",
      {},
      el(
        "summary",
        {},
        el("strong", {}, item.action),
        " ",
        el("span", { class: "id" }, item.charge_point),
        " ",
        el("span", { class: "gist" }, gistOf(item)),
        " ",
        when,
      ),
      details.map(([name, value]) =>
        el("div", {}, el("p", { class: "label" }, name), el("pre", { class: "code" }, JSON.stringify(value, null, 2))),
      ),
      again &&
        el(
          "p",
          {},
          button("Fill in again", () => again(item), { class: "small" }),
        ),
    ),
  );
  const tick = () => text(when, `${clock(item.at)}, ${ago(item.at)}`);
  return { node, tick, update: tick };
}
