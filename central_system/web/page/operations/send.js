/** Ask a charge point for something, and say in words what came back. */

import { path, post } from "../api.js";

/** How long to wait for an answer where nobody says otherwise, in seconds. */
export const WITHIN_S = 10;

/** What each outcome is called. */
export const OUTCOMES = {
  answered: "answered",
  malformed: "malformed answer",
  refused: "CALLERROR",
  unanswered: "no answer",
};

/**
 * @param {string} chargePoint
 * @param {string} action
 * @param {object} payload
 * @param {{within_s?: number, unchecked?: boolean}} [how]
 * @returns {Promise<any>} the outcome, as the API tells it
 */
export function send(chargePoint, action, payload, { within_s = WITHIN_S, unchecked = false } = {}) {
  return post(path`/api/charge-points/${chargePoint}/operations/${action}`, { payload, within_s, unchecked });
}

/**
 * An outcome in one line: "answered, Accepted (34 ms)".
 * @param {any} told
 */
export function sentence(told) {
  return [OUTCOMES[told.outcome] ?? told.outcome, gist(told), took(told)].filter(Boolean).join(" ");
}

/**
 * What matters of an outcome, in a few words.
 * @param {any} told
 */
export function gist({ outcome, payload, why, code, description, after_s }) {
  switch (outcome) {
    case "answered":
      return typeof payload?.status === "string" ? payload.status : "";
    case "malformed":
      return why ?? "";
    case "refused":
      return [code, description].filter(Boolean).join(": ");
    default:
      return after_s === undefined ? "" : `within ${after_s} s`;
  }
}

function took({ took_s }) {
  if (took_s === undefined) return "";
  return took_s < 1 ? `(${Math.round(took_s * 1000)} ms)` : `(${took_s.toFixed(1)} s)`;
}
