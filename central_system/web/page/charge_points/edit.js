/** Add a charge point, or change what holds for it. */

import { path, put } from "../api.js";
import { openForm } from "../dialogs.js";
import { el } from "../dom.js";
import { AS_TYPED, field, select } from "../forms.js";
import { notice } from "../notice.js";

/** What a new one begins with. */
const NEW = { boot_status: "Accepted", heartbeat_interval_s: 10, has_password: false };

const KEEP = "leave as it is";
const SET = "set a new one";
const NONE = "none needed";

/** @param {any} chargePoint null: a new one */
export function editChargePoint(chargePoint) {
  const known = chargePoint ?? NEW;
  const id = el("input", {
    required: true,
    maxlength: "48",
    pattern: "[A-Za-z0-9*_=:+\\|@.\\-]+",
    ...AS_TYPED,
    title: "letters, digits and * _ = : + | @ . -",
  });
  const boot = select(["Accepted", "Pending", "Rejected"], known.boot_status);
  const interval = el("input", {
    type: "number",
    required: true,
    min: "0",
    inputmode: "numeric",
    value: known.heartbeat_interval_s,
  });
  const password = el("input", { type: "text", ...AS_TYPED });
  const passwordField = field(
    "New password",
    password,
    "For HTTP Basic authentication (OCPP security profile 1). Stored as a hash.",
  );
  const choice = select(known.has_password ? [KEEP, SET, NONE] : [NONE, SET], known.has_password ? KEEP : NONE, {
    onchange: follow,
  });
  follow();

  function follow() {
    passwordField.hidden = choice.value !== SET;
    password.required = choice.value === SET;
  }

  openForm({
    title: chargePoint ? `Charge point ${chargePoint.id}` : "Add a charge point",
    content: [
      chargePoint
        ? el("p", { class: "hint" }, "What changes holds from its next message on.")
        : field(
            "Charge point id",
            id,
            "The last part of the path that it connects to, as in /steve/websocket/CentralSystemService/zephyr.",
          ),
      field("Boot answer", boot, "status in the answer to its BootNotification"),
      field("Heartbeat interval (s)", interval),
      field("Password", choice),
      passwordField,
    ],
    onsubmit: async () => {
      const name = chargePoint?.id ?? id.value;
      const body = { boot_status: boot.value, heartbeat_interval_s: Number(interval.value) };
      if (choice.value === SET) body.password = password.value;
      if (choice.value === NONE) body.password = null;
      await put(path`/api/charge-points/${name}`, body);
      notice(`${name} is saved`);
    },
  });
}

/**
 * Let a charge point in that was turned away, with what a new one begins with.
 * @param {string} id
 */
export async function allow(id) {
  const { boot_status, heartbeat_interval_s } = NEW;
  await put(path`/api/charge-points/${id}`, { boot_status, heartbeat_interval_s });
  notice(`${id} may connect now: it will be let in when it tries next`);
}
