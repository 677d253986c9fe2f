/** One panel of a plot: the lines of all series with one unit, over a time axis that all panels share. */

import { svg } from "../dom.js";
import { duration } from "../time.js";
import { linear, readable, thinned, ticks, timeTicks } from "./scale.js";
import { valueAt } from "./series.js";

const HEIGHT = 190;
const MARGIN = { left: 58, right: 14, top: 22, bottom: 26 };
const TICK_PX = { x: 76, y: 36 };

/**
 * Where the time axis begins and ends, in pixels of a drawing that is `width` wide.
 * @param {number} width
 * @returns {[number, number]}
 */
export const timeRange = (width) => [MARGIN.left, Math.max(MARGIN.left + 20, width - MARGIN.right)];

/**
 * Draw a panel.
 * @param {(import("./series.js").Series & {style: string})[]} lines
 * @param {object} frame
 * @param {string} frame.unit
 * @param {number} frame.width pixels
 * @param {number} frame.from the time axis, in seconds since 1970
 * @param {number} frame.to
 * @param {number | null} frame.cursor a moment to mark
 * @returns {SVGElement}
 */
export function drawPanel(lines, { unit, width, from, to, cursor }) {
  const [left, right] = timeRange(width);
  const [top, bottom] = [MARGIN.top, HEIGHT - MARGIN.bottom];
  const values = lines.flatMap((line) => line.points.map((point) => point[1]));
  const marks = ticks(minimum(values), maximum(values), (bottom - top) / TICK_PX.y);
  const x = linear(from, to, left, right);
  const y = linear(marks[0], marks[marks.length - 1], bottom, top);
  return svg(
    "svg",
    { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" },
    marks.map((mark) => [
      svg("line", { class: "grid", x1: left, x2: right, y1: y(mark), y2: y(mark) }),
      svg("text", { class: "tick", x: left - 8, y: y(mark) + 4, "text-anchor": "end" }, readable(mark)),
    ]),
    timeTicks(to - from, (right - left) / TICK_PX.x).map((mark) =>
      svg("text", { class: "tick", x: x(from + mark), y: bottom + 18, "text-anchor": "middle" }, duration(mark)),
    ),
    svg("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }),
    svg("text", { class: "unit", x: left - 8, y: 12, "text-anchor": "end" }, unit || "no unit"),
    lines.map((line) => drawLine(line, x, y, right - left)),
    cursor === null ? null : drawCursor(lines, cursor, x, y, top, bottom),
  );
}

function drawLine({ points, style }, x, y, columns) {
  const shown = thinned(points, Math.round(columns));
  const path = shown.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const sparse = shown.length <= columns / 8;
  return svg(
    "g",
    { class: style },
    svg("polyline", { class: "line", points: path }),
    sparse && shown.map(([at, value]) => svg("circle", { class: "dot", cx: x(at), cy: y(value), r: 2.5 })),
  );
}

function drawCursor(lines, cursor, x, y, top, bottom) {
  const marks = lines.map((line) => ({ style: line.style, value: valueAt(line, cursor) }));
  return svg(
    "g",
    {},
    svg("line", { class: "cursor", x1: x(cursor), x2: x(cursor), y1: top, y2: bottom }),
    marks
      .filter((mark) => mark.value !== null)
      .map((mark) =>
        svg("g", { class: mark.style }, svg("circle", { class: "mark", cx: x(cursor), cy: y(mark.value), r: 4.5 })),
      ),
  );
}

// Math.min(...values) fails on some hundred thousand of them.
const minimum = (values) => values.reduce((one, other) => Math.min(one, other));
const maximum = (values) => values.reduce((one, other) => Math.max(one, other));
