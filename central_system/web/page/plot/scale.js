/** Numbers and times on axes. */

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/**
 * A mapping of [from, to] to pixels.
 * @param {number} from
 * @param {number} to
 * @param {number} start
 * @param {number} end
 * @returns {(value: number) => number}
 */
export function linear(from, to, start, end) {
  return (value) => start + ((value - from) / (to - from || 1)) * (end - start);
}

/**
 * Round values that cover [low, high], some `count` of them: steps of 1, 2 or 5 times a power of ten.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function ticks(low, high, count) {
  if (low === high) [low, high] = [low - 1, high + 1];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  // Multiplied, not added up, and rounded: 0.1 + 0.2 is not to be read on an axis.
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/**
 * Round seconds since the start, within [0, span], not more than `count` of them.
 * @param {number} span
 * @param {number} count
 */
export function timeTicks(span, count) {
  const step = TIME_STEPS.find((each) => span / each <= count) ?? Math.ceil(span / count / 86400) * 86400;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
}

/**
 * A number as it is read: as many digits as a meter has, and none of what floating point adds.
 * @param {number} value
 */
export function readable(value) {
  return String(Number(value.toFixed(Math.abs(value) < 1 ? 6 : 3)));
}

/**
 * Points of a line with no more of them than a screen can show: of each pixel column the lowest and the highest stay.
 * @param {[number, number][]} points in order of time
 * @param {number} columns
 */
export function thinned(points, columns) {
  if (points.length <= columns * 4) return points;
  const [from, to] = [points[0][0], points[points.length - 1][0]];
  const column = linear(from, to, 0, columns);
  const found = [];
  let current = -1;
  for (const point of points) {
    const its = Math.floor(column(point[0]));
    if (its !== current) found.push({ low: point, high: point });
    current = its;
    const bucket = found[found.length - 1];
    if (point[1] < bucket.low[1]) bucket.low = point;
    if (point[1] > bucket.high[1]) bucket.high = point;
  }
  return found.flatMap(({ low, high }) => (low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]));
}
