/** A select of charge points, with what is in it following what there is. */

import { el, Keyed, text } from "./dom.js";

export class ChargePointChoice {
  /**
   * @param {object} options
   * @param {string} options.label
   * @param {string} [options.all] the words for "all of them"; without, one has to be chosen
   * @param {boolean} [options.states] whether to say which are connected
   * @param {() => void} options.onchange
   */
  constructor({ label, all = "", states = false, onchange }) {
    this.all = all;
    this.states = states;
    this.wanted = "";
    this.select = el("select", {
      onchange: () => {
        this.wanted = this.select.value;
        onchange();
      },
    });
    this.options = new Keyed(this.select, () => {
      const node = el("option");
      return {
        node,
        update: ({ id, words }) => {
          node.value = id;
          text(node, words);
        },
      };
    });
    this.node = el("label", {}, `${label} `, this.select);
  }

  /** The id of the chosen one; empty: all of them. */
  get value() {
    return this.wanted;
  }

  /** Choose one, be it known (yet) or not. */
  set value(id) {
    this.wanted = id;
    if (this.known) this.update(this.known);
  }

  /** @param {any[]} chargePoints */
  update(chargePoints) {
    this.known = chargePoints;
    const options = chargePoints.map(({ id, connected }) => ({
      id,
      words: this.states && !connected ? `${id} (not connected)` : id,
    }));
    if (this.all) options.unshift({ id: "", words: this.all });
    else if (!this.wanted) this.wanted = (chargePoints.find((each) => each.connected) ?? chargePoints[0])?.id ?? "";
    if (this.wanted && !options.some((each) => each.id === this.wanted))
      options.push({ id: this.wanted, words: `${this.wanted} (unknown)` });
    this.options.update(options, (each) => each.id);
    this.select.value = this.wanted;
  }
}
