/** Section "Frames": what is on the wire, live. */

import { get } from "../api.js";
import { button, el, text } from "../dom.js";
import { noted } from "../router.js";
import { Filter } from "./filter.js";
import { frameRow } from "./row.js";
import { FrameStore } from "./store.js";
import { VirtualList } from "./virtual_list.js";

/** @returns {import("../main.js").View} */
export function framesView() {
  const store = new FrameStore(() => freeze(null));
  const filter = new Filter(() => {
    noted(["frames"], filter.query);
    show();
  });
  const count = el("span", { class: "hint", role: "status" });
  const list = new VirtualList(frameRow, () => (follow.hidden = list.following));
  const follow = button("To the latest", () => list.follow(), { hidden: true });
  const pause = button("Pause", () => {
    freeze(frozen ? null : [...store.frames]);
    show();
  });
  let startedAt = 0;
  /** @type {import("./store.js").Frame[] | null} */
  let frozen = null;
  /** @type {import("./store.js").Frame[]} */
  let shown = [];

  /** What is shown stays what it is; what comes meanwhile is counted, and is there when it goes on. */
  function freeze(frames) {
    frozen = frames;
    text(pause, frozen ? "Go on" : "Pause");
  }

  function show() {
    const frames = frozen ?? store.frames;
    shown = frames.filter(filter.accepts);
    list.update(shown);
    const later = frozen ? store.last - (frozen.at(-1)?.n ?? 0) : 0;
    text(
      count,
      [
        `${shown.length} of the latest ${frames.length} frames`,
        frozen && `paused, ${later} more since`,
        store.missed > 0 && `${store.missed} came too fast to be shown`,
      ]
        .filter(Boolean)
        .join("; "),
    );
  }

  function download() {
    const lines = shown.map((frame) => `${JSON.stringify(frame)}\n`);
    const url = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
    el("a", { href: url, download: "frames.jsonl" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  return {
    node: el(
      "div",
      { class: "frames" },
      el("div", { class: "toolbar" }, filter.nodes, pause, button("Download", download), follow, count),
      list.node,
    ),
    interests: ["frames", "charge-points", "status"],
    async refresh(names) {
      if (names.has("charge-points")) filter.choice.update(await get("/api/charge-points"));
      if (names.has("status")) {
        const { started_at } = await get("/api/status");
        if (startedAt && startedAt !== started_at) store.clear();
        startedAt = started_at;
      }
      if (!names.has("frames")) return;
      await store.pull();
      show();
    },
    show({ query }) {
      filter.set(query);
      show();
    },
  };
}
