/** The transactions, newest first, more on demand. */

import { ApiError, get } from "../api.js";
import { ChargePointChoice } from "../charge_point_choice.js";
import { button, el } from "../dom.js";
import { notice } from "../notice.js";
import { href, noted } from "../router.js";
import { Table } from "../table.js";
import { clock, duration, serverNow } from "../time.js";

const PAGE = 50;

export class TransactionList {
  constructor() {
    this.wanted = PAGE;
    this.asked = 0;
    this.transactions = [];
    const changed = () => {
      this.wanted = PAGE;
      noted(["transactions"], { charge_point: this.choice.value, open: this.running.checked ? "true" : "" });
      this.#ask();
    };
    this.choice = new ChargePointChoice({ label: "Charge point", all: "all", onchange: changed });
    this.running = el("input", { type: "checkbox", onchange: changed });
    this.none = el("p", { class: "empty", hidden: true }, "No transaction.");
    this.table = new Table("Transactions, newest first", columns());
    this.more = button("Load more", () => {
      this.wanted += PAGE;
      this.#ask();
    });
    this.node = el(
      "div",
      {},
      el("p", { class: "toolbar" }, this.choice.node, el("label", { class: "check" }, this.running, " running only")),
      this.none,
      this.table.node,
      this.more,
    );
  }

  /** @param {URLSearchParams} query */
  filter(query) {
    this.choice.value = query.get("charge_point") ?? "";
    this.running.checked = query.get("open") === "true";
  }

  async refresh() {
    const [, chargePoints] = await Promise.all([this.#load(), get("/api/charge-points")]);
    this.choice.update(chargePoints);
  }

  tick() {
    this.table.update(this.transactions, (each) => String(each.transaction));
  }

  /** Load what somebody wants to see now; why it cannot be had is told. */
  async #ask() {
    try {
      await this.#load();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notice(error.message);
    }
  }

  /** As many pages as are shown, for the older ones may have changed too. What is shown is what was asked for last. */
  async #load() {
    const asked = (this.asked += 1);
    const query = { charge_point: this.choice.value, open: this.running.checked ? "true" : "", limit: PAGE };
    const found = [];
    let page;
    do {
      page = await get("/api/transactions", { ...query, before: found.at(-1)?.transaction });
      if (asked !== this.asked) return;
      found.push(...page);
    } while (page.length === PAGE && found.length < this.wanted);
    this.transactions = found;
    this.none.hidden = found.length > 0;
    this.table.node.hidden = !found.length;
    this.more.hidden = page.length < PAGE;
    this.tick();
  }
}

/** @returns {import("../table.js").Column<any>[]} */
function columns() {
  return [
    {
      label: "Transaction",
      class: "id",
      show: ({ transaction }) => String(transaction),
      make: ({ transaction }) => el("a", { href: href(["transactions", String(transaction)]) }),
    },
    { label: "Charge point", show: ({ charge_point }) => charge_point },
    { label: "Connector", show: ({ connector }) => connector ?? "–" },
    { label: "idTag", show: ({ id_tag }) => id_tag ?? "–" },
    { label: "Authorization", show: ({ status }) => status ?? "–" },
    { label: "Started", show: ({ started_at }) => clock(started_at) },
    { label: "Lasts", class: "number", show: lasts },
    { label: "Energy", class: "number", show: energy },
    { label: "State", show: state },
  ];
}

/** How long it has lasted, by the central system's clock. */
export function lasts({ started_at, stopped_at }) {
  return started_at === null ? "–" : duration((stopped_at ?? serverNow()) - started_at);
}

/** What the charge point's own start and stop values make. */
export function energy({ meter_start, meter_stop }) {
  return meter_start === null || meter_stop === null ? "–" : `${meter_stop - meter_start} Wh`;
}

/** Whether it runs, and else why it does not. */
export function state({ stopped_at, reason }) {
  if (stopped_at === null) return "running";
  // OCPP 1.6 §6.45: no reason is told where it is Local.
  return `stopped, ${reason ?? "Local"}`;
}
