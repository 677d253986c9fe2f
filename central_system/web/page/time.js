/** Times as people read them, on the central system's clock. */

let ahead = 0;

/**
 * Remember how far the central system's clock is ahead of this one's.
 * @param {number} now its time, in seconds since 1970
 */
export function setClock(now) {
  ahead = now - Date.now() / 1000;
}

/** The central system's time, in seconds since 1970. */
export function serverNow() {
  return Date.now() / 1000 + ahead;
}

const two = (number) => String(number).padStart(2, "0");

/**
 * A moment in this browser's time zone: 17:03:22, with the date where it is not today's.
 * @param {number | null | undefined} at seconds since 1970
 */
export function clock(at) {
  if (at === null || at === undefined) return "–";
  const date = new Date(at * 1000);
  if (Number.isNaN(date.getTime())) return "–";
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const today = new Date(serverNow() * 1000).toDateString() === date.toDateString();
  return today ? time : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/**
 * The same without the date, and the milliseconds that go after it.
 * @param {number} at
 * @returns {[string, string]}
 */
export function fineClock(at) {
  const date = new Date(at * 1000);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return [time, `.${String(date.getMilliseconds()).padStart(3, "0")}`];
}

/**
 * How long ago: "2 s ago", "3 min ago", "5 days ago".
 * @param {number | null | undefined} at
 */
export function ago(at) {
  if (at === null || at === undefined) return "never";
  const seconds = Math.max(0, Math.round(serverNow() - at));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

/**
 * A span: 0:42, 12:05, 1:02:03.
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/**
 * OCPP's dateTime, UTC, whole seconds (OCPP 1.6 §3, Time notations).
 * @param {number} at
 */
export function ocppTime(at) {
  return `${new Date(at * 1000).toISOString().slice(0, 19)}Z`;
}

/**
 * What an `<input type="datetime-local">` shows for a moment, and the other way round.
 * @param {number | null} at
 */
export function localInput(at) {
  if (at === null) return "";
  const date = new Date(at * 1000);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/**
 * @param {string} value
 * @returns {number | null}
 */
export function fromLocalInput(value) {
  return value ? new Date(value).getTime() / 1000 : null;
}
