/** Section "Charge points": a card for each, and who was turned away. */

import { ApiError, get, path } from "../api.js";
import { button, el, Keyed, text } from "../dom.js";
import { Card } from "./card.js";
import { editChargePoint } from "./edit.js";
import { Refused } from "./refused.js";

const CARDS = 60;
/** How many of the latest transactions tell which connectors a charge point has, if it never sent their status. */
const REMEMBERED = 100;
const ENERGY = "Energy.Active.Import.Register";

/** @returns {import("../main.js").View} */
export function chargePointsView() {
  const data = { chargePoints: [], tags: [], transactions: [], meters: new Map() };
  const refused = new Refused();
  const cards = el("div", { class: "cards" });
  const none = el("p", { class: "empty", hidden: true });
  const keyed = new Keyed(cards, (chargePoint) => new Card(chargePoint, data));
  const search = el("input", {
    type: "search",
    placeholder: "Find by id, vendor, model",
    "aria-label": "Find charge points",
    oninput: show,
  });
  const more = button("Show all", () => {
    limit = Infinity;
    show();
  });
  let limit = CARDS;

  function show() {
    const words = search.value.toLowerCase();
    const found = data.chargePoints.filter((each) =>
      [each.id, each.vendor, each.model].join(" ").toLowerCase().includes(words),
    );
    search.hidden = data.chargePoints.length < 6;
    more.hidden = found.length <= limit;
    text(more, `Show all ${found.length}`);
    none.hidden = found.length > 0;
    text(
      none,
      words
        ? "No charge point is called so."
        : "No charge point is registered yet: add one, or allow one that was turned away.",
    );
    keyed.update(found.slice(0, limit), (each) => each.id);
  }

  return {
    node: el(
      "div",
      {},
      el(
        "p",
        { class: "toolbar" },
        button("Add a charge point", () => editChargePoint(null), { class: "primary" }),
        search,
      ),
      none,
      cards,
      more,
      refused.node,
    ),
    interests: ["charge-points", "transactions", "meters", "tags", "refused", "frames"],
    slowly: ["frames", "meters"], // frames tell that a charge point was seen
    async refresh(names) {
      const wanted = (...any) => any.some((name) => names.has(name));
      const [chargePoints, tags, transactions, turnedAway] = await Promise.all([
        get("/api/charge-points"),
        wanted("tags") ? get("/api/tags") : data.tags,
        wanted("transactions", "charge-points") ? get("/api/transactions", { limit: REMEMBERED }) : data.transactions,
        wanted("refused") ? get("/api/refused") : null,
      ]);
      Object.assign(data, {
        chargePoints: chargePoints.sort((one, other) => (one.id < other.id ? -1 : 1)),
        tags,
        transactions,
      });
      if (wanted("meters", "transactions", "charge-points"))
        data.meters = await latestMeters(chargePoints.slice(0, CARDS), data.meters);
      show();
      refused.update(turnedAway, new Set(chargePoints.filter((each) => each.registered).map((each) => each.id)));
    },
    show() {},
    tick() {
      for (const card of keyed.entries.values()) card.tick();
      refused.tick();
    },
  };
}

/** The latest reading of the energy register in each transaction that runs; that of `before` where none can be had. */
async function latestMeters(chargePoints, before) {
  const running = chargePoints
    .flatMap((each) => each.connectors.map((one) => one.transaction))
    .filter((id) => id !== null);
  return new Map(await Promise.all(running.map(async (id) => [id, await latestMeter(id, before.get(id))])));
}

async function latestMeter(id, before) {
  try {
    return latest((await get(path`/api/transactions/${id}`)).series);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.status === 404 ? null : before; // 404: it has only just begun
  }
}

function latest(series) {
  const registers = series.filter((each) => each.measurand === ENERGY && !each.phase && each.points.length);
  const last = registers.map((each) => ({ at: each.points.at(-1)[0], value: each.points.at(-1)[1], unit: each.unit }));
  return last.sort((one, other) => other.at - one.at)[0] ?? null;
}
