/** One transaction: what is known of it, and its meter values, live while it runs. */

import { get, path } from "../api.js";
import { el, text } from "../dom.js";
import { Plot } from "../plot/plot.js";
import { ValueTable } from "../plot/value_table.js";
import { href } from "../router.js";
import { clock } from "../time.js";
import { energy, lasts, state } from "./list.js";

const FACTS = {
  State: state,
  "Charge point": ({ charge_point }) => charge_point,
  Connector: ({ connector }) => connector ?? "–",
  idTag: ({ id_tag, status }) => (id_tag === null ? "–" : `${id_tag} (${status ?? "?"})`),
  Started: ({ started_at, timestamp }) => `${clock(started_at)} (sent as ${timestamp ?? "nothing"})`,
  Stopped: ({ stopped_at, stop_timestamp }) =>
    stopped_at === null ? "not yet" : `${clock(stopped_at)} (sent as ${stop_timestamp ?? "nothing"})`,
  Lasts: lasts,
  Energy: (told) => `${energy(told)} (${register(told.meter_start)} to ${register(told.meter_stop)})`,
};

const register = (wh) => (wh === null ? "?" : `${wh} Wh`);

export class TransactionDetail {
  constructor() {
    this.id = "";
    this.transaction = null;
    this.title = el("h3");
    this.facts = Object.fromEntries(Object.keys(FACTS).map((name) => [name, el("dd", { "data-fact": name })]));
    this.content = el("div");
    this.node = el(
      "div",
      { class: "detail", hidden: true },
      el("p", {}, el("a", { href: href(["transactions"]), class: "back" }, "All transactions")),
      this.content,
    );
  }

  /** @param {string} id */
  show(id) {
    if (id === this.id) return;
    this.id = id;
    this.transaction = null;
    text(this.title, `Transaction ${id}`);
    this.plot = new Plot();
    this.values = new ValueTable();
    const facts = Object.entries(this.facts).map(([name, node]) => el("div", {}, el("dt", {}, name), node));
    for (const node of Object.values(this.facts)) text(node, "");
    this.content.replaceChildren(
      this.title,
      el("dl", { class: "facts wide" }, facts),
      el("h3", {}, "Meter values"),
      this.plot.node,
      this.values.node,
    );
  }

  async refresh() {
    const wanted = this.id;
    const transaction = await get(path`/api/transactions/${wanted}`);
    if (wanted !== this.id) return;
    this.transaction = transaction;
    this.plot.update(transaction.series, Date.parse(transaction.timestamp) / 1000);
    this.values.update(transaction.series);
    this.tick();
  }

  tick() {
    if (!this.transaction) return;
    for (const [name, show] of Object.entries(FACTS)) text(this.facts[name], show(this.transaction));
  }
}
