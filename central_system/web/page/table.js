/**
 * A table whose rows follow data. On a narrow screen its rows become cards, which takes tables' roles away from its
 * elements: so they are said.
 */

import { el, Keyed, text } from "./dom.js";

/** @template T @typedef {{label: string, class?: string, show: (item: T) => unknown, make?: (item: T) => Element}} Column */

/** @template T */
export class Table {
  /**
   * @param {string} label what the table is, for those who hear it
   * @param {Column<T>[]} columns `show` gives a cell's text; `make` makes what the text goes into, a link say
   */
  constructor(label, columns) {
    const head = columns.map((column) =>
      el("th", { role: "columnheader", scope: "col", class: column.class }, column.label),
    );
    const body = el("tbody", { role: "rowgroup" });
    this.rows = new Keyed(body, (item) => row(columns, item));
    this.node = el(
      "table",
      { role: "table", "aria-label": label },
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, head)),
      body,
    );
  }

  /**
   * @param {T[]} items
   * @param {(item: T) => string} key
   */
  update(items, key) {
    this.rows.update(items, key);
  }
}

function row(columns, item) {
  const shown = columns.map((column) => column.make?.(item) ?? el("span"));
  const cells = columns.map((column, index) =>
    el("td", { role: "cell", class: column.class, "data-label": column.label }, shown[index]),
  );
  return {
    node: el("tr", { role: "row" }, cells),
    update: (latest) =>
      columns.forEach((column, index) => {
        const words = column.show(latest);
        if (words !== undefined) text(shown[index], words);
      }),
  };
}
