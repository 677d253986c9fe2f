/** Meter values as they are to be shown. */

/** @typedef {{key: string, label: string, unit: string, points: [number, number][]}} Series */

/** What OCPP 1.6 §7.31 says where a charge point says nothing. */
const USUAL = { context: "Sample.Periodic", location: "Outlet" };

/**
 * The series of the API, named as short as can be, the most usual first, without what is no number.
 * @param {any[]} told
 * @returns {Series[]}
 */
export function seriesOf(told) {
  return told
    .map(({ measurand, unit, phase, context, location, points }) => {
      const special = [phase, context !== USUAL.context && context, location !== USUAL.location && location].filter(
        Boolean,
      );
      return {
        key: JSON.stringify([measurand, unit, phase, context, location]),
        label: [measurand, ...special].join(" "),
        unit: unit ?? "",
        points: points
          .filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value))
          .sort((one, other) => one[0] - other[0]),
      };
    })
    .filter((each) => each.points.length);
}

/**
 * The value at a moment: the point at it, or the last before it.
 * @param {Series} series
 * @param {number} at
 * @returns {number | null}
 */
export function valueAt({ points }, at) {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= at) low = middle + 1;
    else high = middle;
  }
  return low ? points[low - 1][1] : null;
}
