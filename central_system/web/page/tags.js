/** Section "Tags": which idTags may charge. */

import { get, path, put, remove } from "./api.js";
import { askFirst, openForm } from "./dialogs.js";
import { button, el } from "./dom.js";
import { AS_TYPED, field, select } from "./forms.js";
import { notice } from "./notice.js";
import { Table } from "./table.js";
import { clock, fromLocalInput, localInput } from "./time.js";

const STATUSES = ["Accepted", "Blocked", "Expired", "Invalid"];

/** @returns {import("./main.js").View} */
export function tagsView() {
  /** @type {Map<string, any>} */
  let tags = new Map();
  const none = el("p", { class: "empty" }, "No idTag is known: nobody can charge.");
  const table = new Table("idTags", [
    { label: "idTag", class: "id", show: (tag) => tag.id_tag, make: () => el("strong") },
    { label: "Status", show: (tag) => tag.status },
    { label: "Expires", show: (tag) => (tag.expiry_s === null ? "never" : clock(tag.expiry_s)) },
    { label: "Parent", show: (tag) => tag.parent ?? "none" },
    { label: "Concurrent", show: (tag) => (tag.concurrent ? "yes" : "no") },
    {
      label: "Change",
      class: "actions",
      show: () => undefined,
      make: ({ id_tag }) =>
        el(
          "span",
          { class: "actions" },
          button("Edit", () => edit(tags.get(id_tag)), { "aria-label": `Edit ${id_tag}` }),
          button("Remove", () => removeTag(id_tag), { class: "danger", "aria-label": `Remove ${id_tag}` }),
        ),
    },
  ]);

  return {
    node: el(
      "div",
      {},
      el(
        "p",
        { class: "toolbar" },
        button("Add an idTag", () => edit(null), { class: "primary" }),
      ),
      none,
      table.node,
    ),
    interests: ["tags"],
    async refresh() {
      const known = await get("/api/tags");
      tags = new Map(known.map((tag) => [tag.id_tag, tag]));
      none.hidden = tags.size > 0;
      table.node.hidden = !tags.size;
      table.update(known, (tag) => tag.id_tag);
    },
    show() {},
  };
}

function edit(tag) {
  const known = tag ?? { status: "Accepted", expiry_s: null, parent: null, concurrent: false };
  const id = el("input", { required: true, maxlength: "20", ...AS_TYPED });
  const status = select(STATUSES, known.status);
  const expiry = el("input", { type: "datetime-local", value: localInput(known.expiry_s) });
  const shown = expiry.value; // to the minute: what is not changed keeps its seconds
  const parent = el("input", { maxlength: "20", value: known.parent ?? "", ...AS_TYPED });
  const concurrent = el("input", { type: "checkbox", checked: known.concurrent });
  openForm({
    title: tag ? `idTag ${tag.id_tag}` : "Add an idTag",
    content: [
      tag ? null : field("idTag", id, "at most 20 characters"),
      field("Status", status, "what Authorize and StartTransaction are answered"),
      field("Expires", expiry, "in this browser's time zone; empty: never"),
      field("Parent idTag", parent, "tags with the same parent may stop each other's transactions"),
      el("label", { class: "check" }, concurrent, " several transactions at once (else: ConcurrentTx)"),
    ].filter((each) => each !== null),
    onsubmit: async () => {
      const name = tag?.id_tag ?? id.value;
      await put(path`/api/tags/${name}`, {
        status: status.value,
        expiry_s: expiry.value === shown ? known.expiry_s : fromLocalInput(expiry.value),
        parent: parent.value || null,
        concurrent: concurrent.checked,
      });
      notice(`${name} is saved`);
    },
  });
}

function removeTag(name) {
  askFirst({
    title: `Remove ${name}?`,
    text: "The central system will not know it any more. Its transactions stay.",
    action: "Remove",
    act: async () => {
      await remove(path`/api/tags/${name}`);
      notice(`${name} is removed`);
    },
  });
}
