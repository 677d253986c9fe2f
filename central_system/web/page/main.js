/** The page: its sections, which of them is shown, and when each fetches its data again. */

import { ApiError } from "./api.js";
import { chargePointsView } from "./charge_points/view.js";
import { el, text } from "./dom.js";
import { framesView } from "./frames/view.js";
import { EVERYTHING, listen } from "./live.js";
import { operationsView } from "./operations/view.js";
import { href, parse } from "./router.js";
import { sntpView } from "./sntp.js";
import { connection, refreshStatus } from "./status.js";
import { tagsView } from "./tags.js";
import { transactionsView } from "./transactions/view.js";

/**
 * A section of the page. It is made when it is first gone to, and stays: what is typed in it does, too.
 * @typedef {object} View
 * @property {HTMLElement} node
 * @property {string[]} interests the names of changes that concern it
 * @property {string[]} [slowly] of those, the ones that come so often that once a second will do
 * @property {(names: Set<string>) => Promise<unknown>} refresh fetch anew what these names are about, and show it
 * @property {(route: import("./router.js").Route) => boolean | void} show go to a place in it; true: it needs all data anew
 * @property {() => void} [tick] once a second while it is shown
 */

/** @type {Record<string, {title: string, make: () => View}>} */
const SECTIONS = {
  "charge-points": { title: "Charge points", make: chargePointsView },
  transactions: { title: "Transactions", make: transactionsView },
  operations: { title: "Operations", make: operationsView },
  frames: { title: "Frames", make: framesView },
  tags: { title: "Tags", make: tagsView },
  sntp: { title: "SNTP", make: sntpView },
};
const FIRST = "charge-points";

/** A view in its place on the page, fetching one thing after the other, and nothing while it is hidden. */
class Section {
  constructor(title, view) {
    this.view = view;
    this.stale = new Set(EVERYTHING);
    this.busy = false;
    this.heading = el("h2", { tabindex: "-1" }, title);
    this.problem = el("p", { class: "problem", role: "alert" });
    this.node = el("section", { hidden: true, "aria-busy": "true" }, this.heading, this.problem, view.node);
  }

  changed(names) {
    const concern = names.filter((name) => this.view.interests.includes(name));
    for (const name of concern) this.stale.add(name);
    if (concern.some((name) => !this.view.slowly?.includes(name))) this.refresh();
  }

  tick() {
    this.view.tick?.();
    this.refresh();
  }

  async refresh() {
    if (this.busy || this.node.hidden) return;
    this.busy = true;
    try {
      while (this.stale.size && !this.node.hidden && (await this.#refreshed()));
    } finally {
      this.node.removeAttribute("aria-busy"); // it was for the first time only
      this.busy = false;
    }
  }

  /** Whether what was stale is fetched; what could not be is tried again at the next tick. */
  async #refreshed() {
    const names = new Set(this.stale);
    this.stale.clear();
    try {
      await this.view.refresh(names);
      text(this.problem, "");
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // That nobody answers is for the connection's banner to tell.
      text(this.problem, error.status ? error.message : "");
      if (!error.status || error.status >= 500) for (const name of names) this.stale.add(name);
      return false;
    }
  }
}

/** @type {Map<string, Section>} */
const sections = new Map();
/** @type {Section | undefined} */
let shown;
let place = "";

function tabs() {
  const nav = document.getElementById("tabs");
  nav?.append(
    ...Object.entries(SECTIONS).map(([tab, { title }]) => el("a", { href: href([tab]), "data-tab": tab }, title)),
  );
}

function go() {
  const { hash } = location;
  if (hash && !hash.startsWith("#/")) return; // the skip link
  const route = parse(hash || href([FIRST]));
  if (!Object.hasOwn(SECTIONS, route.tab)) route.tab = FIRST;
  let section = sections.get(route.tab);
  if (!section) {
    section = new Section(SECTIONS[route.tab].title, SECTIONS[route.tab].make());
    sections.set(route.tab, section);
    document.getElementById("main")?.append(section.node);
  }
  for (const each of sections.values()) each.node.hidden = each !== section;
  for (const link of document.querySelectorAll("#tabs a")) {
    if (link.getAttribute("data-tab") === route.tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (section.view.show(route)) section.stale = new Set(EVERYTHING);
  document.title = [...route.rest.slice(0, 1), SECTIONS[route.tab].title, "OCPP central system"].join(" – ");
  const here = [route.tab, ...route.rest].join("/");
  if (place && place !== here) {
    window.scrollTo(0, 0);
    section.heading.focus({ preventScroll: true });
  }
  place = here;
  shown = section;
  section.refresh();
}

document.getElementById("skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main")?.focus();
});
tabs();
window.addEventListener("hashchange", go);
go();
listen((names) => {
  refreshStatus(names);
  for (const section of sections.values()) section.changed(names);
}, connection);
setInterval(() => shown?.tick(), 1000);
