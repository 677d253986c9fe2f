/** One frame as a row, and opened, as pretty JSON. */

import { el } from "../dom.js";
import { clock, fineClock } from "../time.js";

const ARROWS = { "CP>": ["CP →", "from the charge point"], "CS>": ["← CS", "from the central system"] };
const MESSAGES = { 2: "CALL", 3: "RESULT", 4: "ERROR" };

/**
 * @param {import("./store.js").Frame} frame
 * @param {boolean} open
 * @returns {HTMLLIElement}
 */
export function frameRow(frame, open) {
  const [arrow, words] = ARROWS[frame.sender ?? ""] ?? ["·", "neither"];
  const [time, fraction] = fineClock(frame.t);
  const parts = message(frame);
  const type = (typeof parts?.[0] === "number" && MESSAGES[parts[0]]) || frame.kind;
  return el(
    "li",
    { "data-n": frame.n, "data-sender": frame.sender ?? "", "data-type": type },
    el(
      "button",
      { type: "button", class: "frame", tabindex: "-1", "aria-expanded": String(open) },
      el("time", {}, time, el("span", { class: "fraction" }, fraction)),
      el("span", { class: "arrow", "aria-label": words }, arrow),
      el("span", { class: "id" }, frame.charge_point ?? "–"),
      el("span", { class: "type" }, type),
      el("span", { class: "action" }, frame.action ?? ""),
      el("span", { class: "text" }, gist(parts) ?? frame.text),
    ),
    open &&
      el(
        "div",
        { class: "opened" },
        el(
          "p",
          { class: "hint" },
          `number ${frame.n}, ${clock(frame.t)}, ${frame.kind}${frame.connection === null ? "" : ` on connection ${frame.connection}`}`,
        ),
        el("pre", { class: "code", tabindex: "0" }, parts ? JSON.stringify(parts, null, 2) : frame.text),
      ),
  );
}

/** What matters of a message: the payload of a CALL or its answer, the code and the description of a CALLERROR. */
function gist(parts) {
  switch (parts?.[0]) {
    case 2:
      return JSON.stringify(parts[3]);
    case 3:
      return JSON.stringify(parts[2]);
    case 4:
      return `${word(parts[2])}: ${word(parts[3])}`;
    default:
      return undefined;
  }
}

/** Not `String(value)`: the charge point's object may have a `toString` that is no function. */
const word = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** Whether a value is nested less deeply than what makes JSON.stringify run out of stack. */
const shallow = (value, levels = 64) =>
  value === null ||
  typeof value !== "object" ||
  (levels > 0 && Object.values(value).every((each) => shallow(each, levels - 1)));

/** The OCPP-J message in a frame; null where it is none, or is nested too deeply to be shown as more than text. */
function message({ text }) {
  if (!text.startsWith("[")) return null;
  try {
    const parts = JSON.parse(text);
    return Array.isArray(parts) && shallow(parts) ? parts : null;
  } catch {
    return null;
  }
}
