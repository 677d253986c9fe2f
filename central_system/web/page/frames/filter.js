/** Which frames are shown: the controls, and what they say of a frame. */

import { ChargePointChoice } from "../charge_point_choice.js";
import { el } from "../dom.js";

const DIRECTIONS = { "": "both directions", "CP>": "from the charge point", "CS>": "from the central system" };

export class Filter {
  /** @param {() => void} onchange */
  constructor(onchange) {
    this.choice = new ChargePointChoice({ label: "Charge point", all: "all", onchange });
    this.direction = el(
      "select",
      { onchange },
      Object.entries(DIRECTIONS).map(([value, words]) => el("option", { value }, words)),
    );
    this.words = el("input", { type: "search", placeholder: "action or text", oninput: onchange });
    this.nodes = [
      this.choice.node,
      el("label", {}, "Direction ", this.direction),
      el("label", {}, "Containing ", this.words),
    ];
  }

  /** @param {URLSearchParams} query */
  set(query) {
    this.choice.value = query.get("charge_point") ?? "";
    this.direction.value = query.get("sender") ?? "";
    this.words.value = query.get("text") ?? "";
  }

  /** As it stands in the address. */
  get query() {
    return { charge_point: this.choice.value, sender: this.direction.value, text: this.words.value };
  }

  /** @returns {(frame: import("./store.js").Frame) => boolean} */
  get accepts() {
    const [id, sender, words] = [this.choice.value, this.direction.value, this.words.value.toLowerCase()];
    return (frame) =>
      (!id || frame.charge_point === id) &&
      (!sender || frame.sender === sender) &&
      (!words || (frame.action ?? "").toLowerCase().includes(words) || frame.text.toLowerCase().includes(words));
  }
}
