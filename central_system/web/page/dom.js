/**
 * Elements, and lists of them that follow data in place.
 *
 * Text goes into the page as text nodes and attributes, never as markup: what a charge point says is hostile until
 * proven otherwise.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `on…` functions listen; true, false and null mean with, without, without
 * @param {...unknown} children nodes, texts, arrays of both; null and false are left out
 * @returns {any} an HTMLElement of that tag
 */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * Make an SVG element; see `el`.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...unknown} children
 * @returns {any}
 */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/**
 * Set a node's text, and touch nothing where it is that already (a selection stays).
 * @param {Node} node
 * @param {unknown} value
 */
export function text(node, value) {
  const wanted = value === null || value === undefined ? "" : String(value);
  if (node.textContent !== wanted) node.textContent = wanted;
}

/**
 * Set or take away an attribute, where it is not as wanted already.
 * @param {Element} node
 * @param {string} name
 * @param {string | boolean | null} value
 */
export function attribute(node, name, value) {
  if (value === null || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== (value === true ? "" : value))
    node.setAttribute(name, value === true ? "" : value);
}

/**
 * A button for an action. It stays focusable when it has nothing to do (see `enable`), so that focus is never lost.
 * @param {string} label
 * @param {(event: Event) => unknown} act
 * @param {Record<string, unknown>} [attributes]
 * @returns {HTMLButtonElement}
 */
export function button(label, act, attributes = {}) {
  const onclick = (event) => {
    if (event.currentTarget.getAttribute("aria-disabled") !== "true") act(event);
  };
  return el("button", { type: "button", ...attributes, onclick }, label);
}

/**
 * Whether a button of `button` has something to do, and if not, why.
 * @param {HTMLButtonElement} node
 * @param {boolean} on
 * @param {string} [why]
 */
export function enable(node, on, why = "") {
  attribute(node, "aria-disabled", on ? null : "true");
  attribute(node, "title", on || !why ? null : why);
}

/** @template T @typedef {{node: Element, update: (item: T) => void}} Entry */

/**
 * Elements that follow a list of things: made, updated, moved and removed one by one, so that focus, selection and
 * what is typed in the others stay.
 * @template T
 * @template {Entry<T>} E
 */
export class Keyed {
  /**
   * @param {Element} container
   * @param {(item: T) => E} make
   */
  constructor(container, make) {
    this.container = container;
    this.make = make;
    /** @type {Map<string, E>} */
    this.entries = new Map();
  }

  /**
   * @param {T[]} items
   * @param {(item: T) => string} key
   */
  update(items, key) {
    const wanted = new Set(items.map(key));
    for (const [each, entry] of this.entries) if (!wanted.has(each)) this.#remove(each, entry);
    let place = this.container.firstElementChild;
    for (const item of items) {
      let entry = this.entries.get(key(item));
      if (!entry) this.entries.set(key(item), (entry = this.make(item)));
      entry.update(item);
      if (entry.node === place) place = place.nextElementSibling;
      else this.container.insertBefore(entry.node, place);
    }
  }

  #remove(key, entry) {
    const hadFocus = entry.node.contains(document.activeElement);
    entry.node.remove();
    this.entries.delete(key);
    if (hadFocus) /** @type {HTMLElement | null} */ (this.container.closest("section")?.querySelector("h2"))?.focus();
  }
}
