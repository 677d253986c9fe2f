/** Section "SNTP": what is wrong with the time that charge points are told, on purpose. */

import { ApiError, get, put } from "./api.js";
import { button, el, Keyed, text } from "./dom.js";
import { notice } from "./notice.js";

/** How a fault is spelt: `silent`, `late=SECONDS`, `stratum[=STRATUM]`. */
const SPELT = /^(?<name>[^=[]+)(?<optional>\[)?(?:=(?<amount>[^\]]+))?\]?$/;

/** @returns {import("./main.js").View} */
export function sntpView() {
  const served = el("p");
  const on = el("p", { class: "current" });
  const problem = el("p", { class: "problem", role: "alert" });
  const list = el("div", { class: "faults" });
  const faults = new Keyed(list, (known) => new Fault(known, switchFaults));
  const clear = button("All faults off", () => {
    for (const fault of rows()) fault.set(false, "");
    switchFaults();
  });

  const rows = () => [...faults.entries.values()];

  async function switchFaults() {
    text(problem, "");
    try {
      const wanted = rows()
        .map((fault) => fault.value)
        .filter((word) => word !== null);
      await put("/api/sntp", { faults: wanted });
      notice(wanted.length ? `SNTP faults: ${wanted.join(", ")}` : "SNTP answers as it should");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      text(problem, error.message);
    }
    await refresh();
  }

  async function refresh() {
    const [status, sntp] = await Promise.all([get("/api/status"), get("/api/sntp")]);
    text(
      served,
      status.sntp_port === null ? "No SNTP responder runs here." : `SNTP is served on UDP port ${status.sntp_port}.`,
    );
    text(on, sntp.faults.length ? `Faults now: ${sntp.faults.join(", ")}` : "No fault: the answers are right.");
    const current = new Map(sntp.faults.map((fault) => fault.split("=", 2)));
    faults.update(sntp.known, (known) => known.name);
    for (const fault of rows()) fault.set(current.has(fault.name), current.get(fault.name) ?? "");
  }

  return {
    node: el("div", {}, served, on, problem, list, el("p", {}, clear)),
    interests: ["status"],
    refresh,
    show() {},
  };
}

class Fault {
  /**
   * @param {{name: string, description: string}} known
   * @param {() => void} onchange
   */
  constructor(known, onchange) {
    const { name, optional, amount } = known.name.match(SPELT)?.groups ?? { name: known.name };
    this.name = name;
    this.box = el("input", { type: "checkbox", onchange: () => this.#switched(onchange) });
    this.amount = amount
      ? el("input", {
          type: "text",
          required: !optional,
          placeholder: amount,
          "aria-label": `${name}: ${amount}`,
          autocomplete: "off",
          onchange: () => this.box.checked && onchange(),
        })
      : null;
    this.optional = Boolean(optional);
    this.description = el("span", { class: "hint" });
    this.node = el(
      "div",
      { class: "fault", "data-fault": name },
      el("label", { class: "check" }, this.box, el("strong", {}, name)),
      this.amount,
      this.description,
    );
  }

  update({ description }) {
    text(this.description, description);
  }

  /** As the API takes it; null where it is off. */
  get value() {
    if (!this.box.checked) return null;
    return this.amount?.value ? `${this.name}=${this.amount.value}` : this.name;
  }

  set(on, amount) {
    this.box.checked = on;
    // What is being typed stays, and so does an amount that waits for its fault to be switched on.
    if (this.amount && on && document.activeElement !== this.amount) this.amount.value = amount;
  }

  #switched(onchange) {
    if (this.box.checked && this.amount && !this.optional && !this.amount.value) {
      this.box.checked = false;
      this.amount.focus();
      notice(`${this.name} needs an amount: type it, then switch it on`);
    } else onchange();
  }
}
