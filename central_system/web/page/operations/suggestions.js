/** What fields of a form may offer: known idTags, and the transactions that run. */

import { el, Keyed, text } from "../dom.js";

export class Suggestions {
  constructor() {
    this.tags = options("known-tags");
    this.transactions = options("running-transactions");
    this.node = el("div", { hidden: true }, this.tags.container, this.transactions.container);
  }

  /**
   * @param {any[]} tags
   * @param {any[]} transactions
   */
  update(tags, transactions) {
    const words = transactions.map((each) => ({
      value: String(each.transaction),
      words: `${each.charge_point}, connector ${each.connector}, ${each.id_tag}`,
    }));
    this.tags.update(
      tags.map((tag) => ({ value: tag.id_tag, words: tag.status })),
      (each) => each.value,
    );
    this.transactions.update(words, (each) => each.value);
  }
}

function options(id) {
  return new Keyed(el("datalist", { id }), () => {
    const node = el("option");
    return {
      node,
      update: ({ value, words }) => {
        node.value = value;
        text(node, words);
      },
    };
  });
}
