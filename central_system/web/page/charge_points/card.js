/** The card of a charge point: what is known of it, its connectors, and what can be asked of it with one tap. */

import { ApiError, path, post, remove } from "../api.js";
import { askFirst } from "../dialogs.js";
import { attribute, button, el, enable, Keyed, text } from "../dom.js";
import { notice } from "../notice.js";
import { sentence, send } from "../operations/send.js";
import { href } from "../router.js";
import { ago, clock } from "../time.js";
import { AnyConnector, ConnectorRow, connectorsOf } from "./connector.js";
import { editChargePoint } from "./edit.js";
import { TagChoice } from "./tag_choice.js";

let cards = 0;

export class Card {
  /**
   * @param {any} chargePoint
   * @param {any} data what the view has fetched: tags, transactions, meters
   */
  constructor(chargePoint, data) {
    this.chargePoint = chargePoint;
    this.data = data;
    /** What was asked and is not answered yet. */
    this.waiting = new Set();
    const { id } = chargePoint;
    const title = `charge-point-${(cards += 1)}`;
    this.state = el("span", { class: "state" });
    this.facts = Object.fromEntries(["seen", "is", "boot", "password"].map((name) => [name, el("dd")]));
    this.tag = new TagChoice();
    const ask = (action, payload) => this.ask(action, payload);
    const rows = el("ul", { class: "connectors", "aria-label": "Connectors" });
    this.connectors = new Keyed(rows, () => new ConnectorRow(ask, () => this.tag.value));
    this.any = new AnyConnector(ask, () => this.tag.value);
    this.outcome = el("output", { class: "outcome" });
    this.register = button("Register", () => editChargePoint(this.chargePoint));
    this.disconnect = button("Disconnect", () => this.#disconnect());
    this.remove = button("Remove", () => this.#remove(), { class: "danger" });
    this.node = el(
      "article",
      { class: "card", "aria-labelledby": title, "data-charge-point": id },
      el("header", {}, el("h3", { id: title }, id), this.state),
      el(
        "dl",
        { class: "facts" },
        el("dt", {}, "Seen"),
        this.facts.seen,
        el("dt", {}, "Device"),
        this.facts.is,
        el("dt", {}, "Boot"),
        this.facts.boot,
        el("dt", {}, "Password"),
        this.facts.password,
      ),
      this.tag.node,
      rows,
      this.any.node,
      this.outcome,
      el(
        "footer",
        {},
        this.register,
        this.disconnect,
        this.remove,
        el("a", { href: href(["operations"], { charge_point: id }) }, "Operations"),
        el("a", { href: href(["frames"], { charge_point: id }) }, "Frames"),
        el("a", { href: href(["transactions"], { charge_point: id }) }, "Transactions"),
      ),
    );
  }

  update(chargePoint) {
    this.chargePoint = chargePoint;
    const { connected, registered } = chargePoint;
    text(this.state, connected ? "connected" : "not connected");
    attribute(this.node, "data-connected", connected ? "yes" : "no");
    // Nothing can be asked of it; but who is about to keeps his place.
    attribute(this.node, "data-asleep", !connected && !this.node.contains(document.activeElement));
    text(
      this.facts.boot,
      `${chargePoint.boot_status}, heartbeat every ${chargePoint.heartbeat_interval_s} s` +
        (chargePoint.booted_at ? `; booted ${clock(chargePoint.booted_at)}` : "; has not booted yet"),
    );
    text(this.facts.is, identification(chargePoint));
    text(
      this.facts.password,
      registered ? (chargePoint.has_password ? "needed" : "none") : "not registered: let in as a stranger",
    );
    text(this.register, registered ? "Edit" : "Register");
    enable(this.disconnect, connected, "it is not connected");
    this.remove.hidden = !registered;
    this.tag.update(this.data.tags);
    const connectors = connectorsOf(chargePoint, this.data.transactions, this.data.meters);
    this.connectors.update(connectors, (each) => String(each.connector));
    this.any.update(chargePoint);
    this.tick();
  }

  /** Times go on. */
  tick() {
    const { connected, last_seen, peer, since } = this.chargePoint;
    const connection =
      connected && since ? `connected since ${clock(since)}${peer ? ` from ${peer}` : ""}` : "not connected now";
    text(this.facts.seen, last_seen ? `${ago(last_seen)}; ${connection}` : connection);
    for (const row of this.connectors.entries.values()) row.tick();
  }

  /** Send an operation and say below the connectors what comes back. */
  async ask(action, payload) {
    const what = JSON.stringify([action, payload]);
    if (this.waiting.has(what)) return; // a double click
    this.waiting.add(what);
    this.#tell("waiting", `${action}: waiting for the answer …`);
    try {
      const told = await send(this.chargePoint.id, action, payload);
      this.#tell(told.outcome, `${action}: ${sentence(told)}`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#tell("problem", `${action}: ${error.message}`);
    } finally {
      this.waiting.delete(what);
    }
  }

  #tell(outcome, words) {
    attribute(this.outcome, "data-outcome", outcome);
    text(this.outcome, words);
    this.outcome.scrollIntoView({ block: "nearest" });
  }

  #disconnect() {
    const { id } = this.chargePoint;
    askFirst({
      title: `Disconnect ${id}?`,
      text: "Its connection is cut without a WebSocket close, as if the network had failed. It will probably connect again by itself.",
      action: "Disconnect",
      act: () => post(path`/api/charge-points/${id}/disconnect`),
    });
  }

  #remove() {
    const { id } = this.chargePoint;
    askFirst({
      title: `Remove ${id}?`,
      text: "It may not connect any more. Its transactions and meter values stay.",
      action: "Remove",
      act: async () => {
        await remove(path`/api/charge-points/${id}`);
        notice(`${id} is removed`);
      },
    });
  }
}

function identification({ vendor, model, firmware_version, serial_number }) {
  const words = [
    [vendor, model].filter(Boolean).join(" "),
    firmware_version && `firmware ${firmware_version}`,
    serial_number && `serial ${serial_number}`,
  ];
  return words.filter(Boolean).join(" · ") || "it has not told yet";
}
