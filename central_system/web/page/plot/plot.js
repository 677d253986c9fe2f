/** A plot of meter values: a panel for each unit, and a read-out that follows mouse, finger or arrow keys. */

import { attribute, el, Keyed, text } from "../dom.js";
import { clock, duration } from "../time.js";
import { drawPanel, timeRange } from "./panel.js";
import { linear, readable } from "./scale.js";
import { seriesOf, valueAt } from "./series.js";

const STYLES = 8;
const JUMP = 10;
/** Between the start and the first value; what is longer is no wait, but a clock that was set. */
const LONGEST_S = 86_400;

export class Plot {
  constructor() {
    /** @type {(import("./series.js").Series & {style: string})[]} */
    this.series = [];
    this.hidden = new Set();
    this.start = 0;
    /** @type {number | null} */
    this.cursor = null;
    this.when = el("span", { class: "when" });
    const legend = el("ul", { class: "legend" });
    this.legend = new Keyed(legend, (series) => this.#legendEntry(series));
    this.none = el("p", { class: "empty" }, "No meter value yet.");
    this.panels = el("div", {
      class: "panels",
      tabindex: "0",
      role: "slider",
      "aria-label": "Meter values over time; arrow keys go from sample to sample",
      onkeydown: (event) => this.#key(event),
      onpointermove: (event) => this.#point(event),
      onpointerdown: (event) => this.#point(event),
      onpointerleave: (event) => event.pointerType === "mouse" && this.#moveTo(null),
      onblur: () => this.#moveTo(null),
    });
    this.node = el("figure", { class: "plot" }, this.none, this.panels, el("figcaption", {}, this.when, legend));
    new ResizeObserver(() => this.#draw()).observe(this.panels);
  }

  /**
   * @param {any[]} told the series of the API
   * @param {number} start when it began, by the same clock as the points, in seconds since 1970
   */
  update(told, start) {
    const units = [...new Set(told.map((each) => each.unit))];
    const sorted = seriesOf(told).sort((one, other) => units.indexOf(one.unit) - units.indexOf(other.unit));
    this.series = sorted.map((series, index) => ({ ...series, style: `series-${index % STYLES}` }));
    const first = Math.min(...this.series.map((each) => each.points[0][0]));
    // A charge point that set its clock in between began in another time.
    this.start = start <= first && first - start < LONGEST_S ? start : first;
    this.none.hidden = this.series.length > 0;
    this.node.querySelector("figcaption").hidden = this.panels.hidden = !this.series.length;
    this.legend.update(this.series, (each) => each.key);
    this.#draw();
  }

  get #shown() {
    return this.series.filter((each) => !this.hidden.has(each.key));
  }

  /** All moments with a value, in order. */
  get #moments() {
    return [...new Set(this.#shown.flatMap((each) => each.points.map((point) => point[0])))].sort(
      (one, other) => one - other,
    );
  }

  #range() {
    const last = Math.max(this.start + 1, ...this.series.map((each) => each.points[each.points.length - 1][0]));
    return [this.start, last];
  }

  #draw() {
    const width = this.panels.clientWidth;
    if (width) {
      const [from, to] = this.#range();
      const units = [...new Set(this.#shown.map((each) => each.unit))];
      this.panels.replaceChildren(
        ...units.map((unit) =>
          drawPanel(
            this.#shown.filter((each) => each.unit === unit),
            { unit, width, from, to, cursor: this.cursor },
          ),
        ),
      );
    }
    this.#read();
  }

  /** Say the values at the cursor, or the latest. */
  #read() {
    const moments = this.#moments;
    const at = this.cursor ?? moments[moments.length - 1];
    if (at === undefined) return;
    text(
      this.when,
      `${this.cursor === null ? "Latest" : "At"} ${clock(at)}, ${duration(at - this.start)} after the start`,
    );
    for (const entry of this.legend.entries.values()) entry.read(at);
    const said = this.#shown.map((each) => `${each.label} ${reading(each, at)}`);
    attribute(this.panels, "aria-valuemin", "0");
    attribute(this.panels, "aria-valuemax", String(Math.max(0, moments.length - 1)));
    attribute(this.panels, "aria-valuenow", String(moments.indexOf(at)));
    attribute(this.panels, "aria-valuetext", `${duration(at - this.start)}: ${said.join("; ")}`);
  }

  #legendEntry(first) {
    let series = first;
    const value = el("strong", { class: "number" });
    const name = el("span", { class: "name" });
    const box = el("input", {
      type: "checkbox",
      checked: true,
      onchange: () => {
        if (box.checked) this.hidden.delete(series.key);
        else this.hidden.add(series.key);
        this.#draw();
      },
    });
    const node = el("li", {}, el("label", { class: "check" }, box, el("span", { class: "swatch" }), name), value);
    return {
      node,
      update: (latest) => {
        series = latest;
        node.className = latest.style;
        if (name.textContent !== latest.label) name.replaceChildren(...breakable(latest.label));
      },
      read: (at) => text(value, reading(series, at)),
    };
  }

  #moveTo(at) {
    if (at === this.cursor) return;
    this.cursor = at;
    this.#draw();
  }

  #point(event) {
    const moments = this.#moments;
    if (!moments.length) return;
    const box = this.panels.getBoundingClientRect();
    const [from, to] = this.#range();
    const wanted = linear(...timeRange(box.width), from, to)(event.clientX - box.left);
    this.#moveTo(moments.reduce((best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best)));
  }

  #key(event) {
    const moments = this.#moments;
    const here = this.cursor === null ? moments.length - 1 : Math.max(0, moments.indexOf(this.cursor));
    const to = {
      ArrowLeft: here - 1,
      ArrowDown: here - 1,
      ArrowRight: here + 1,
      ArrowUp: here + 1,
      PageDown: here - JUMP,
      PageUp: here + JUMP,
      Home: 0,
      End: moments.length - 1,
    }[event.key];
    if (event.key === "Escape") this.#moveTo(null);
    if (to === undefined || !moments.length) return;
    event.preventDefault();
    this.#moveTo(moments[Math.min(moments.length - 1, Math.max(0, to))]);
  }
}

/** A series' value at a moment, in words. */
function reading(series, at) {
  const value = valueAt(series, at);
  return value === null ? "no value yet" : `${readable(value)} ${series.unit}`.trim();
}

/** A measurand that can break after each of its dots. */
function breakable(label) {
  return label.split(/(?<=\.)/).flatMap((part) => [part, el("wbr")]);
}
