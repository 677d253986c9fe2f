/** The connectors on a charge point's card: status, the transaction that runs, and start, stop, unlock. */

import { button, el, enable, text } from "../dom.js";
import { href } from "../router.js";
import { clock, duration, serverNow } from "../time.js";

/**
 * What a card shows of each connector. A charge point that sends no StatusNotification (as Zephyr's sample) has those
 * connectors, as far as is known, that its transactions named.
 * @param {any} chargePoint
 * @param {any[]} transactions the latest
 * @param {Map<number, any>} meters the latest reading by transaction
 */
export function connectorsOf(chargePoint, transactions, meters) {
  const known = new Map(chargePoint.connectors.map((each) => [each.connector, each]));
  const own = transactions.filter((each) => each.charge_point === chargePoint.id);
  for (const { connector } of own) {
    if (connector !== null && !known.has(connector))
      known.set(connector, { connector, status: null, transaction: null });
  }
  return [...known.values()]
    .sort((one, other) => one.connector - other.connector)
    .map((each) => ({
      ...each,
      connected: chargePoint.connected,
      running: own.find((one) => one.transaction === each.transaction),
      last: own.find((one) => one.connector === each.connector && one.stopped_at !== null),
      meter: meters.get(each.transaction),
    }));
}

export class ConnectorRow {
  /**
   * @param {(action: string, payload: object) => void} ask
   * @param {() => string} idTag the chosen one
   */
  constructor(ask, idTag) {
    this.connector = null;
    this.name = el("strong");
    this.status = el("span", { class: "connector-status" });
    this.link = el("a");
    this.transaction = el("span", { class: "connector-transaction" });
    this.elapsed = el("span", { class: "number" });
    this.meter = el("strong", { class: "number meter" });
    this.start = button("Remote start", () =>
      ask("RemoteStartTransaction", { idTag: idTag(), connectorId: this.connector.connector }),
    );
    this.stop = button("Remote stop", () =>
      ask("RemoteStopTransaction", { transactionId: this.connector.transaction }),
    );
    this.unlock = button("Unlock", () => ask("UnlockConnector", { connectorId: this.connector.connector }));
    this.actions = el("div", { class: "actions" }, this.start, this.stop, this.unlock);
    this.node = el(
      "li",
      {},
      this.name,
      this.meter,
      this.actions,
      el("div", { class: "connector-facts" }, this.status, this.link, this.transaction, this.elapsed),
    );
  }

  update(connector) {
    this.connector = connector;
    const whole = connector.connector === 0;
    const name = whole ? "Charge point as a whole" : `Connector ${connector.connector}`;
    this.node.setAttribute("data-connector", connector.connector);
    text(this.name, name);
    this.actions.hidden = whole;
    text(this.status, statusOf(connector));
    this.status.setAttribute("data-status", connector.status ?? "untold");
    this.#transaction(connector);
    const runs = connector.transaction !== null;
    for (const each of [this.start, this.stop, this.unlock]) {
      each.setAttribute("aria-label", `${each.textContent}, connector ${connector.connector}`);
    }
    enable(this.start, connector.connected && !runs, runs ? "a transaction runs here" : "not connected");
    enable(this.stop, connector.connected && runs, runs ? "not connected" : "no transaction runs here");
    enable(this.unlock, connector.connected, "not connected");
    this.tick();
  }

  /** The transaction that runs, else the last one, as far as one is known. */
  #transaction({ transaction, id_tag, last, meter }) {
    const shown = transaction ?? last?.transaction;
    this.link.hidden = shown === undefined;
    if (shown !== undefined) this.link.href = href(["transactions", String(shown)]);
    if (transaction !== null) {
      text(this.link, `transaction ${transaction}`);
      text(this.transaction, id_tag);
      text(this.meter, meter ? `${meter.value} ${meter.unit ?? "Wh"}` : "no meter value yet");
    } else {
      text(this.link, last ? `transaction ${last.transaction} is over` : "");
      text(this.transaction, last ? `since ${clock(last.stopped_at)}` : "");
      text(this.meter, "");
    }
  }

  tick() {
    const { running } = this.connector;
    text(this.elapsed, running ? duration(serverNow() - running.started_at) : "");
  }
}

function statusOf({ status, error_code, at }) {
  if (!status) return "status not told";
  const error = error_code && error_code !== "NoError" ? `, ${error_code}` : "";
  return `${status}${error}${at ? ` since ${clock(at)}` : ""}`;
}

/** A row for a connector that is not known, or for none in particular. */
export class AnyConnector {
  /**
   * @param {(action: string, payload: object) => void} ask
   * @param {() => string} idTag
   */
  constructor(ask, idTag) {
    const number = el("input", {
      type: "number",
      min: "0",
      inputmode: "numeric",
      placeholder: "any",
      "aria-label": "Connector number, empty for any",
    });
    const chosen = () => (number.value === "" ? {} : { connectorId: Number(number.value) });
    this.start = button("Remote start", () => ask("RemoteStartTransaction", { idTag: idTag(), ...chosen() }), {
      "aria-label": "Remote start, connector as given",
    });
    this.unlock = button(
      "Unlock",
      () => {
        if (number.value === "") number.focus();
        else ask("UnlockConnector", chosen());
      },
      { "aria-label": "Unlock, connector as given" },
    );
    this.node = el(
      "div",
      { class: "any-connector" },
      el("label", {}, "Other connector ", number),
      el("div", { class: "actions" }, this.start, this.unlock),
    );
  }

  update({ connected }) {
    enable(this.start, connected, "not connected");
    enable(this.unlock, connected, "not connected");
  }
}
