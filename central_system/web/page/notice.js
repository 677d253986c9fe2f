/** A short word on something that was done, shown for a moment and read out. */

import { text } from "./dom.js";

const FOR_MS = 6000;
let gone = 0;

/** @param {string} words */
export function notice(words) {
  const node = /** @type {HTMLElement} */ (document.getElementById("notice"));
  text(node, words);
  clearTimeout(gone);
  gone = setTimeout(() => text(node, ""), FOR_MS);
}
