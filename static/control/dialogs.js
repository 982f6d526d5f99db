// The two questions that are asked first: why a batch is stopped (optional), and why a slot may go on (required).

import { focusOn } from "./elements.js";
import { postForm, sentence } from "./forms.js";
import { toast } from "./notices.js";
import { data, fill, words } from "./words.js";

const { urls } = data("shell");
const text = words("page-words");
const stop = document.getElementById("stop-dialog"); // each is there for those who may, where it can be needed
const reset = document.getElementById("reset-dialog");
const formOf = (dialog) => dialog.querySelector("form");

/** Ask for a reason, then stop a batch. `reason`: what was written already; `done` is called when it has been taken. */
export function stopDialog(batch, button, { reason = "", done = () => {} } = {}) {
  formOf(stop).action = urls.stop.replace("{batch}", batch.id);
  open(stop, fill(text.stop_title, { name: batch.name }), { button, reason, done });
}

/** Ask why it is safe to go on, then lift the latches of a scope. */
export function resetDialog(scope, button) {
  formOf(reset).elements.scope.value = scope;
  open(reset, fill(text.reset_title, { scope }), { button });
}

function open(dialog, title, { button, reason = "", done = () => {} }) {
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector(".g-dialog-error").textContent = "";
  formOf(dialog).elements.reason.value = reason;
  Object.assign(dialog, { opener: button, done });
  dialog.showPopover();
}

/** Let the dialogs of this page send what is asked for. */
export function armDialogs() {
  for (const dialog of [stop, reset].filter(Boolean)) {
    formOf(dialog).addEventListener("submit", (event) => {
      event.preventDefault();
      send(dialog);
    });
    dialog.addEventListener("toggle", ({ newState }) => newState === "closed" && focusAfter(dialog));
  }
}

/** Back to the button, unless it has gone with its batch or somebody is elsewhere already. */
function focusAfter(dialog) {
  if (document.activeElement !== document.body && !dialog.contains(document.activeElement)) return;
  dialog.opener.focus();
  if (document.activeElement !== dialog.opener) focusOn(document.getElementById("content"));
}

async function send(dialog) {
  const button = dialog.querySelector("[type=submit]");
  button.disabled = true;
  const answer = await postForm(formOf(dialog));
  button.disabled = false;
  if (!answer.ok) {
    dialog.querySelector(".g-dialog-error").textContent = sentence(answer);
    return;
  }
  dialog.done();
  dialog.hidePopover();
  const held = answer.body.slots?.some(({ confirmed }) => !confirmed); // another emergency stop, or no guard to ask
  toast(sentence(answer), held ? "bad" : "good");
}
