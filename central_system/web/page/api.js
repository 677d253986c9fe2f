/** The JSON API of this central system. */

/** A request that was not granted; the message says what happened and what to do. `status` is 0 if nobody answered. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * A path with what is put into it escaped: path`/api/tags/${tag}`.
 * @param {TemplateStringsArray} parts
 * @param {...unknown} values
 * @returns {string}
 */
export function path(parts, ...values) {
  return String.raw({ raw: parts }, ...values.map((value) => encodeURIComponent(String(value))));
}

/**
 * @param {string} where
 * @param {Record<string, unknown>} [query] null, undefined and "" are left out
 * @returns {Promise<any>}
 */
export function get(where, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const words = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return ask("GET", words.size ? `${where}?${words}` : where);
}

/**
 * @param {string} where
 * @param {unknown} body
 * @returns {Promise<any>}
 */
export const put = (where, body) => ask("PUT", where, body);

/**
 * @param {string} where
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export const post = (where, body = {}) => ask("POST", where, body);

/**
 * @param {string} where
 * @returns {Promise<any>}
 */
export const remove = (where) => ask("DELETE", where);

async function ask(method, where, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(where, options);
  } catch {
    throw new ApiError("The central system does not answer; is it still running?", 0);
  }
  const told = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(reason(response.status, told), response.status);
  return told;
}

function reason(status, told) {
  return told?.detail ?? `The central system answered with HTTP status ${status}.`;
}
