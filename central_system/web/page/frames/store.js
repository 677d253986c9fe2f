/** The frames that this page holds: as many as the central system remembers, the oldest forgotten first. */

import { get } from "../api.js";

const KEPT = 10_000;
/** The most that the API gives at once, the latest of those asked for. */
const PAGE = 1000;

/**
 * @typedef {object} Frame
 * @property {number} n
 * @property {number} t
 * @property {string | null} charge_point
 * @property {number | null} connection
 * @property {string} kind
 * @property {string | null} sender
 * @property {string} text
 * @property {string | null} action
 */

export class FrameStore {
  /** @type {Frame[]} in order of their numbers */
  frames = [];
  last = 0;
  /** How many came too fast to be fetched. */
  missed = 0;

  /** @param {() => void} oncleared told when it begins anew */
  constructor(oncleared) {
    this.oncleared = oncleared;
  }

  /** Begin anew: a central system that was started again counts from 1. */
  clear() {
    this.frames = [];
    this.last = 0;
    this.missed = 0;
    this.oncleared();
  }

  /** Fetch what has come since, the latest first, as far back as is remembered. */
  async pull() {
    const latest = await get("/api/frames", { after: this.last, limit: PAGE });
    if (latest.last < this.last) {
      this.clear();
      return this.pull();
    }
    let { frames } = latest;
    while (frames.length && frames[0].n > this.last + 1 && frames.length < KEPT) {
      const older = await get("/api/frames", { after: this.last, before: frames[0].n, limit: PAGE });
      if (!older.frames.length) break;
      frames = older.frames.concat(frames);
    }
    if (this.last && frames.length) this.missed += frames[0].n - this.last - 1;
    this.frames = this.frames.concat(frames).slice(-KEPT);
    this.last = latest.last;
  }
}
