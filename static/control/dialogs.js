// Questions that are asked before something is done: most take a reason, a reset of an emergency stop requires one.

import { element, focusOn } from "./elements.js";
import { postForm, sentence } from "./forms.js";
import { toast } from "./notices.js";
import { data, fill, words } from "./words.js";

const { urls } = data("shell");
const text = words("page-words");
const formOf = (dialog) => dialog.querySelector("form");
const asked = new WeakMap(); // dialog → who opened it, and what is done when it has been taken

/** Ask for a reason, then stop a batch. `reason`: what was written already; `done` is called when it has been taken. */
export function stopDialog(batch, button, more = {}) {
  const stop = document.getElementById("stop-dialog"); // each is there for those who may, where it can be needed
  formOf(stop).action = urls.stop.replace("{batch}", batch.id);
  openDialog(stop, { title: fill(text.stop_title, { name: batch.name }), button, ...more });
}

/** Ask why it is safe to go on, then lift the latches of a scope. */
export function resetDialog(scope, button) {
  const reset = document.getElementById("reset-dialog");
  formOf(reset).elements.scope.value = scope;
  openDialog(reset, { title: fill(text.reset_title, { scope }), button });
}

/** Ask for a reason, then take a slot out of service; or put it `back`. */
export function serviceDialog(slot, back, button) {
  const dialog = document.getElementById(back ? "back-dialog" : "out-dialog");
  formOf(dialog).action = urls[back ? "in_service" : "out_of_service"].replace("{slot}", slot);
  openDialog(dialog, { title: fill(back ? text.back_title : text.out_title, { slot }), button });
}

/** Show a dialog as it is asked for anew. Without a title it keeps its own. */
export function openDialog(dialog, { title, button, reason = "", done = () => {} }) {
  if (title) dialog.querySelector("h2").textContent = title;
  complain(dialog, { body: { detail: "" } });
  formOf(dialog).elements.reason.value = reason;
  asked.set(dialog, { button, done });
  dialog.showPopover();
  if (!dialog.querySelector("[autofocus]")) dialog.querySelector(".g-field :is(input, select)").focus();
}

/** Let the dialogs of this page send what is asked for, also those that come later. */
export function armDialogs() {
  document.addEventListener("submit", (event) => {
    const dialog = event.target.closest(".g-dialog");
    if (!dialog) return;
    event.preventDefault();
    send(dialog);
  });
  const closed = ({ target, newState }) => newState === "closed" && asked.has(target) && focusAfter(target);
  document.addEventListener("toggle", closed, { capture: true }); // it does not bubble
}

/** Back to the button, unless it has gone with its batch or somebody is elsewhere already. */
function focusAfter(dialog) {
  if (document.activeElement !== document.body && !dialog.contains(document.activeElement)) return;
  const { button } = asked.get(dialog);
  button.focus();
  if (document.activeElement !== button) focusOn(document.getElementById("content"));
}

async function send(dialog) {
  const button = dialog.querySelector("[type=submit]");
  button.disabled = true;
  const answer = await postForm(formOf(dialog));
  button.disabled = false;
  if (!answer.ok) return complain(dialog, answer);
  asked.get(dialog)?.done();
  dialog.hidePopover();
  if (answer.body.next) return location.assign(answer.body.next); // the new batch: what is said waits on its page
  const held = answer.body.slots?.some(({ confirmed }) => !confirmed); // another emergency stop, or no guard to ask
  toast(sentence(answer), held ? "bad" : "good");
}

/** Why nothing was done: beside the field that is wrong, where that is known. */
function complain(dialog, answer) {
  for (const old of dialog.querySelectorAll(".errorlist")) old.remove();
  for (const field of dialog.querySelectorAll(".g-field--wrong")) field.classList.remove("g-field--wrong");
  const fields = Object.entries(answer.body.fields ?? {});
  for (const [name, problem] of fields) {
    const field = formOf(dialog).elements[name].closest(".g-field");
    field.classList.add("g-field--wrong");
    field.append(element("p", { class: "errorlist", role: "alert" }, problem));
  }
  dialog.querySelector(".g-dialog-error").textContent = fields.length ? "" : sentence(answer);
  if (fields.length) formOf(dialog).elements[fields[0][0]].focus();
}
