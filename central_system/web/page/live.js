/** What changes while one looks: the server's events say which data to fetch again. */

/** All that can change; told as a whole after a connection was lost. */
export const EVERYTHING = [
  "status",
  "charge-points",
  "transactions",
  "meters",
  "frames",
  "tags",
  "refused",
  "operated",
];

const AGAIN_MS = 1000;

/**
 * Listen to the server's changes, for as long as the page is looked at; a lost connection is made again.
 * @param {(names: string[]) => void} changed told the names of what changed; all of them after each new connection
 * @param {(connected: boolean) => void} connection told when the connection is made and when it is lost
 */
export function listen(changed, connection) {
  let again = 0;
  /** @type {EventSource | undefined} */
  let source;

  const close = () => {
    clearTimeout(again);
    source?.close();
  };
  const open = () => {
    close();
    source = new EventSource("/api/changes");
    source.addEventListener("open", () => {
      connection(true);
      changed(EVERYTHING);
    });
    source.addEventListener("changed", (event) => changed(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      connection(false);
      // The browser's own attempts come late, and never after an answer that is no event stream.
      close();
      again = setTimeout(open, AGAIN_MS);
    });
  };

  // A browser has six connections to a host for all its tabs: one that nobody looks at leaves its own to the others.
  // Nor would a phone that was asleep be told that it has lost it. What was missed is fetched with the next one.
  const look = () => (document.visibilityState === "visible" ? open() : close());
  document.addEventListener("visibilitychange", look);
  look();
}
