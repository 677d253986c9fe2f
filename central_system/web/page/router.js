/** Places on this page as its address's hash, so that they can be linked, and the back button works. */

/** @typedef {{tab: string, rest: string[], query: URLSearchParams}} Route */

/**
 * @param {string} hash as in `#/transactions/17?charge_point=zephyr`
 * @returns {Route}
 */
export function parse(hash) {
  const [where, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [tab, ...rest] = where.split("/").map(decoded);
  return { tab, rest: rest.filter(Boolean), query: new URLSearchParams(query) };
}

function decoded(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

/**
 * The link to a place.
 * @param {string[]} words the tab, and what of it
 * @param {Record<string, string | null | undefined>} [query] what is empty is left out
 */
export function href(words, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value);
  const told = new URLSearchParams(/** @type {[string, string][]} */ (given));
  return `#/${words.map(encodeURIComponent).join("/")}${told.size ? `?${told}` : ""}`;
}

/**
 * Change the address without going anywhere: a filter that was set, to be there again on reload.
 * @param {string[]} words
 * @param {Record<string, string | null | undefined>} [query]
 */
export function noted(words, query = {}) {
  history.replaceState(null, "", href(words, query));
}
