/** Section "Transactions": the list, or one of them. */

import { el } from "../dom.js";
import { TransactionDetail } from "./detail.js";
import { TransactionList } from "./list.js";

/** @returns {import("../main.js").View} */
export function transactionsView() {
  const list = new TransactionList();
  const detail = new TransactionDetail();
  let shown = "";

  return {
    node: el("div", {}, list.node, detail.node),
    interests: ["transactions", "meters", "charge-points"],
    async refresh(names) {
      if (shown) await detail.refresh();
      else if (names.has("transactions") || names.has("charge-points")) await list.refresh();
    },
    show({ rest: [id = ""], query }) {
      shown = id;
      list.node.hidden = Boolean(id);
      detail.node.hidden = !id;
      if (id) detail.show(id);
      else list.filter(query);
      return true;
    },
    tick: () => (shown ? detail.tick() : list.tick()),
  };
}
