/** The line at the top, and the banners under it. */

import { ApiError, get } from "./api.js";
import { el, text } from "./dom.js";
import { setClock } from "./time.js";

const REFRESH_MS = 30_000;
const parts = new Map();
let busy = false;
let again = false;

/**
 * Fetch the status anew where one of `names` is about it.
 * @param {string[]} names
 */
export async function refreshStatus(names) {
  if (!["status", "charge-points", "transactions"].some((name) => names.includes(name))) return;
  again = true;
  if (busy) return;
  busy = true;
  try {
    while (again) {
      again = false;
      await fetchStatus();
    }
  } finally {
    busy = false;
  }
}

async function fetchStatus() {
  try {
    show(await get("/api/status"));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status) banner("status", error.message);
  }
}

/**
 * Tell whether the server is there.
 * @param {boolean} connected
 */
export function connection(connected) {
  banner(
    "connection",
    connected
      ? ""
      : "The connection to the central system is lost; trying again every second. What is shown may be old.",
  );
}

// Clocks drift, and a run may make the server's faster than this one.
setInterval(() => refreshStatus(["status"]), REFRESH_MS);

function show(status) {
  setClock(status.now);
  banner("status", "");
  banner("storage", status.storage_problem ? `Storage: ${status.storage_problem}` : "");
  part("connected", `${status.connected} connected`);
  part(
    "running",
    `${status.open_transactions} ${status.open_transactions === 1 ? "transaction" : "transactions"} running`,
  );
  part("ocpp", `OCPP port ${status.ocpp_port}`);
  part("sntp", status.sntp_port === null ? "no SNTP" : `SNTP port ${status.sntp_port}`);
  part("faults", status.sntp_faults.length ? `SNTP faults: ${status.sntp_faults.join(", ")}` : "", "warn");
  part("strangers", status.strangers ? "strangers are let in" : "", "warn");
  part("version", `version ${status.version}`);
}

function part(name, words, style = "") {
  let node = parts.get(name);
  if (!node) {
    node = el("span", { class: style || null, "data-part": name });
    parts.set(name, node);
    document.getElementById("status")?.append(node);
  }
  text(node, words);
  node.hidden = !words;
}

function banner(name, words) {
  const banners = document.getElementById("banners");
  const old = banners?.querySelector(`[data-banner="${name}"]`);
  if (!words) old?.remove();
  else if (old) text(old, words);
  else banners?.append(el("p", { class: "banner", "data-banner": name }, words));
}
