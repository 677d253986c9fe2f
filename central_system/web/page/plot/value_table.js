/** The same values as a table, for those who do not see the plot or want the numbers. */

import { button, el, text } from "../dom.js";
import { clock } from "../time.js";
import { readable } from "./scale.js";
import { seriesOf } from "./series.js";

const ROWS = 100;

export class ValueTable {
  constructor() {
    this.rows = [];
    this.limit = ROWS;
    this.body = el("tbody");
    this.more = button("More rows", () => {
      this.limit += ROWS;
      this.#show();
    });
    this.summary = el("summary");
    this.node = el(
      "details",
      { class: "values", ontoggle: () => this.#show() },
      this.summary,
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ["Time", "Measurand", "Value"].map((name) => el("th", { scope: "col" }, name)),
          ),
        ),
        this.body,
      ),
      this.more,
    );
  }

  /** @param {any[]} told the series of the API */
  update(told) {
    this.rows = seriesOf(told).flatMap(({ label, unit, points }) =>
      points.map(([at, value]) => ({ at, label, words: `${readable(value)} ${unit}` })),
    );
    this.rows.sort((one, other) => other.at - one.at);
    text(this.summary, `All ${this.rows.length} values as a table, newest first`);
    this.#show();
  }

  #show() {
    this.more.hidden = this.rows.length <= this.limit;
    if (!this.node.open) return;
    this.body.replaceChildren(
      ...this.rows
        .slice(0, this.limit)
        .map(({ at, label, words }) =>
          el("tr", {}, el("td", {}, clock(at)), el("td", {}, label), el("td", { class: "number" }, words)),
        ),
    );
  }
}
