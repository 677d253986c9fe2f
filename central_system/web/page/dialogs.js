/** Dialogs: a form in front of the page, or a question. Escape and Cancel close them; focus goes back by itself. */

import { el, text } from "./dom.js";

let dialogs = 0;

/** @returns {HTMLElement | null} that of the section that is shown */
const heading = () => document.querySelector("main > section:not([hidden]) h2");

/**
 * Open a form.
 * @param {object} form
 * @param {string} form.title
 * @param {Node[]} form.content
 * @param {string} [form.submit] the label of its button
 * @param {boolean} [form.danger]
 * @param {() => Promise<unknown>} form.onsubmit what throws is shown, and the dialog stays open
 * @param {() => void} [form.onclose]
 */
export function openForm({ title, content, submit = "Save", danger = false, onsubmit, onclose }) {
  const id = `dialog-${(dialogs += 1)}`;
  const problem = el("p", { class: "problem", role: "alert" });
  const send = el("button", { class: danger ? "danger" : "primary" }, submit);
  const cancel = el("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  let sending = false;

  const form = el(
    "form",
    {
      onsubmit: async (event) => {
        event.preventDefault();
        if (sending) return;
        sending = true;
        text(problem, "");
        try {
          await onsubmit();
          dialog.close();
        } catch (error) {
          text(problem, error.message);
        } finally {
          sending = false;
        }
      },
    },
    el("h2", { id }, title),
    ...content,
    problem,
    el("p", { class: "buttons" }, send, cancel),
  );

  const dialog = el(
    "dialog",
    {
      "aria-labelledby": id,
      onclose: () => {
        dialog.remove();
        onclose?.();
        // What opened it may be gone, as the tag that was removed.
        if (document.activeElement === document.body) heading()?.focus();
      },
    },
    form,
  );
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * Ask before something that cannot be undone.
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.text what will happen
 * @param {string} question.action the label of the button that does it
 * @param {() => Promise<unknown>} question.act
 */
export function askFirst({ title, text: words, action, act }) {
  openForm({ title, content: [el("p", {}, words)], submit: action, danger: true, onsubmit: act });
}
