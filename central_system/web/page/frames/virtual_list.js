/**
 * A list of thousands of rows of which only those in view are in the page. All rows are equally high, but for those
 * that are open. Arrow keys go from row to row, Enter opens and closes.
 */

import { el } from "../dom.js";

/** Rows made beyond the edges. */
const BEYOND = 8;
/** How near to its end the list has to be to follow what comes, in pixels. */
const NEAR = 8;

/** @template {{n: number}} T */
export class VirtualList {
  /**
   * @param {(item: T, open: boolean) => HTMLElement} make a row: a list item with a button
   * @param {(following: boolean) => void} onfollow told whether the list follows what comes
   */
  constructor(make, onfollow) {
    this.make = make;
    this.onfollow = onfollow;
    /** @type {T[]} */
    this.items = [];
    /** @type {Map<number, HTMLElement>} rows in the page, by number of the item */
    this.rows = new Map();
    /** @type {Map<number, number>} of open items: how much higher they are than others */
    this.opened = new Map();
    this.active = 0;
    this.following = true;
    this.rowHeight = 0;
    this.list = el("ol", { class: "rows" });
    this.node = el(
      "div",
      {
        class: "virtual",
        role: "region",
        "aria-label": "Frames",
        onscroll: () => this.#scrolled(),
        onclick: (event) => this.#clicked(event),
        onkeydown: (event) => this.#key(event),
      },
      this.list,
    );
    new ResizeObserver(() => this.#resized()).observe(this.node);
  }

  /**
   * Show these, in order of their numbers; where the list does not follow, what is in view stays where it is.
   * @param {T[]} items
   */
  update(items) {
    const [index, offset] = this.#topmost();
    const anchor = this.items[index]?.n;
    this.items = items;
    const kept = new Set(items.map((item) => item.n));
    for (const [n, row] of this.rows) if (!kept.has(n)) this.#drop(n, row);
    for (const n of this.opened.keys()) if (!kept.has(n)) this.opened.delete(n);
    this.#layout();
    if (!this.following && anchor !== undefined) {
      const now = items.findIndex((item) => item.n >= anchor);
      this.node.scrollTop = now < 0 ? 0 : this.#top(now) + (items[now].n === anchor ? offset : 0);
    }
    this.#render();
  }

  /** Go to the end, and follow what comes. */
  follow() {
    this.#follows(true);
    this.#layout();
    this.#render();
  }

  #follows(on) {
    if (this.following === on) return;
    this.following = on;
    this.onfollow(on);
  }

  #top(index) {
    let top = index * this.rowHeight;
    for (const [n, extra] of this.opened) if (this.#indexOf(n) < index) top += extra;
    return top;
  }

  /** Items are in order of their numbers. */
  #indexOf(n) {
    let [low, high] = [0, this.items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.items[middle].n < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The index of the row at the upper edge, and how far it is scrolled beyond it. */
  #topmost(at = this.node.scrollTop) {
    let [low, high] = [0, this.items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#top(middle + 1) <= at) low = middle + 1;
      else high = middle;
    }
    return [low, at - this.#top(low)];
  }

  #layout() {
    if (!this.rowHeight)
      this.rowHeight = Number.parseFloat(getComputedStyle(this.node).getPropertyValue("--row")) || 32;
    this.list.style.height = `${this.#top(this.items.length)}px`;
    if (this.following) this.node.scrollTop = this.node.scrollHeight;
  }

  #render() {
    const first = Math.max(0, this.#topmost()[0] - BEYOND);
    const last = Math.min(
      this.items.length,
      this.#topmost(this.node.scrollTop + this.node.clientHeight)[0] + 1 + BEYOND,
    );
    const focused = Number(document.activeElement?.closest("li")?.dataset.n);
    const wanted = new Map(this.items.slice(first, last).map((item, index) => [item.n, first + index]));
    // The row with the focus stays in the page wherever it is.
    if (this.rows.has(focused)) wanted.set(focused, this.#indexOf(focused));
    for (const [n, row] of this.rows) if (!wanted.has(n)) this.#drop(n, row);
    for (const [n, index] of [...wanted].sort((one, other) => one[1] - other[1])) this.#place(n, index);
    const usable = this.rows.has(this.active) ? this.active : [...wanted.keys()].pop();
    for (const [n, row] of this.rows) row.firstElementChild?.setAttribute("tabindex", n === usable ? "0" : "-1");
  }

  #place(n, index) {
    let row = this.rows.get(n);
    if (!row) {
      row = this.make(this.items[index], this.opened.has(n));
      this.rows.set(n, row);
      const next = [...this.rows.keys()].filter((each) => each > n).sort((one, other) => one - other)[0];
      this.list.insertBefore(row, this.rows.get(next) ?? null);
    }
    row.setAttribute("aria-posinset", String(index + 1));
    row.setAttribute("aria-setsize", String(this.items.length));
    row.style.transform = `translateY(${this.#top(index)}px)`;
  }

  #drop(n, row) {
    row.remove();
    this.rows.delete(n);
  }

  #scrolled() {
    this.#follows(this.node.scrollTop + this.node.clientHeight >= this.node.scrollHeight - NEAR);
    this.#render();
  }

  #resized() {
    this.rowHeight = 0;
    this.#layout();
    this.#render();
  }

  #clicked(event) {
    const row = event.target.closest("button.frame")?.closest("li");
    if (row) this.#toggle(Number(row.dataset.n));
  }

  #toggle(n) {
    const index = this.#indexOf(n);
    const old = this.rows.get(n);
    if (!old) return;
    const open = !this.opened.has(n);
    const row = this.make(this.items[index], open);
    old.replaceWith(row);
    this.rows.set(n, row);
    if (open) this.opened.set(n, row.offsetHeight - this.rowHeight);
    else this.opened.delete(n);
    this.active = n;
    // Who opens a row wants to read it: what comes does not push it out of view.
    if (open) this.#follows(false);
    this.#layout();
    this.#render();
    row.querySelector("button")?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const row = event.target.closest("button.frame")?.closest("li");
    if (!row) return;
    const here = this.#indexOf(Number(row.dataset.n));
    const page = Math.max(1, Math.floor(this.node.clientHeight / this.rowHeight) - 1);
    const to = {
      ArrowUp: here - 1,
      ArrowDown: here + 1,
      PageUp: here - page,
      PageDown: here + page,
      Home: 0,
      End: this.items.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.min(this.items.length - 1, Math.max(0, to));
    const { n } = this.items[index];
    this.active = n;
    const [top, bottom] = [this.#top(index), this.#top(index + 1)];
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    else if (bottom > this.node.scrollTop + this.node.clientHeight)
      this.node.scrollTop = bottom - this.node.clientHeight;
    this.#render();
    this.#place(n, index);
    this.rows.get(n)?.querySelector("button")?.focus({ preventScroll: true });
  }
}
