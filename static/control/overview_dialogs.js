// The two questions of the overview: why a batch is stopped (optional), and why a slot may go on (required).

import { focusOn } from "./elements.js";
import { postForm, sentence } from "./forms.js";
import { toast } from "./notices.js";
import { data, fill, words } from "./words.js";

const { urls } = data("shell");
const text = words("page-words");
const stop = document.getElementById("stop-dialog");
const reset = document.getElementById("reset-dialog"); // only for those who may reset
const formOf = (dialog) => dialog.querySelector("form");

/** Ask for a reason, then stop a batch. */
export function stopDialog(batch, button) {
  formOf(stop).action = urls.stop.replace("{batch}", batch.id);
  open(stop, fill(text.stop_title, { name: batch.name }), button);
}

/** Ask why it is safe to go on, then lift the latches of a scope. */
export function resetDialog(scope, button) {
  formOf(reset).elements.scope.value = scope;
  open(reset, fill(text.reset_title, { scope }), button);
}

function open(dialog, title, button) {
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector(".g-dialog-error").textContent = "";
  formOf(dialog).elements.reason.value = "";
  dialog.opener = button;
  dialog.showPopover();
}

export function openDialogs() {
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
  if (dialog.opener.isConnected) dialog.opener.focus();
  else focusOn(document.getElementById("content"));
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
  dialog.hidePopover();
  toast(sentence(answer), "good");
}
