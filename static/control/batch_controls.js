// What people asked of the batch and what became of it; and the buttons that ask.

import { askFirst } from "./batch_dialogs.js";
import { answerOf, detailsOf, followerOf, pathOf } from "./batch_wishes.js";
import { armDialogs, stopDialog } from "./dialogs.js";
import { drawList, element, setAttribute, setText } from "./elements.js";
import { stopBatchAtOnce } from "./emergency_stop.js";
import { timeOfDay } from "./format.js";
import { ask } from "./steering.js";
import { reasonOf, told } from "./told.js";
import { fill, words } from "./words.js";

const text = words("page-words");

export function drawControls(place, { controls }) {
  drawList(place, controls, { key: (one) => one.id, make, update });
}

const make = () =>
  element(
    "li",
    { class: "b-control" },
    element("p", { class: "b-control-what" }),
    element("p", { class: "b-control-details" }),
    element("p", { class: "b-control-reason" }),
    element("ol", { class: "b-control-times" }, ...["requested", "delivered", "obeyed"].map((name) => element("li", { "data-time": name }))),
    element("p", { class: "b-control-note g-muted" }),
    element("p", { class: "b-control-follower" }),
  );

/** One sentence in the language of the page, made from what happened and not from what was stored in English. */
export const said = ({ kind, by, face, scope }) =>
  fill(scope ? text.control_of_scope : text.control_by, { what: text.kinds[kind] ?? kind, by, face: text.faces[face] ?? face, scope });

function update(node, control) {
  node.dataset.kind = control.kind;
  setText(node.querySelector(".b-control-what"), said(control));
  setText(node.querySelector(".b-control-details"), detailsOf(control));
  const reason = reasonOf(control);
  setText(node.querySelector(".b-control-reason"), control.face === "SYSTEM" ? told(reason) : reason);
  for (const name of ["requested", "delivered", "obeyed"]) {
    const at = timeOf(control, name);
    const place = node.querySelector(`[data-time="${name}"]`);
    place.hidden = !at && control.kind === "EMERGENCY_STOP"; // that it was obeyed is what the safe state proves
    setAttribute(place, "data-done", at !== null);
    setText(place, fill(text.times[name], { time: at ? timeOfDay(at, true) : text.not_yet }));
  }
  setText(node.querySelector(".b-control-note"), [pathOf(control), answerOf(control), told(control.after.note)].filter(Boolean).join(" · "));
  const [place, address] = [node.querySelector(".b-control-follower"), followerOf(control)];
  if (address && !place.firstElementChild) place.append(element("a", { href: address }, text.to_follower));
}

/** What has been obeyed had been delivered by then: that is written down only when the guard has answered. */
function timeOf(control, name) {
  const { delivered_at: delivered, obeyed_at: obeyed } = control;
  const late = name === "delivered" && delivered && obeyed && Date.parse(delivered) > Date.parse(obeyed);
  return late ? obeyed : control[`${name}_at`];
}

/** Send a control without leaving the page. What starts energy, or needs to know more, asks first; an emergency stop never. */
export function armControls(batchNow) {
  const form = document.querySelector('[data-batch="controls"]');
  if (!form) return;
  armDialogs();
  armMenu(form.querySelector('[data-batch="menu"]'));
  const { reason } = form.elements;
  const done = () => (reason.value = "");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    const word = button.dataset.control;
    if (word === "emergency-stop") return stopBatchAtOnce(batchNow(), reason.value);
    if (word === "stop") return stopDialog(batchNow(), button, { reason: reason.value, done });
    if (word === "resume" && batchNow().ended_at) return askFirst(word, { button });
    const answer = await ask(button, button.formAction, reason.value);
    if (answer.ok) done();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[popovertarget]");
    if (!button) return;
    event.preventDefault(); // a dialog as it is now, not as it was when the page was made
    askFirst(button.dataset.control, { button: button.closest("details")?.firstElementChild ?? button, reason: batchNow().ended_at ? "" : reason.value, done });
  });
}

/** The menu closes with a choice, with Escape, and when somebody goes elsewhere. */
function armMenu(menu) {
  if (!menu) return;
  const close = () => (menu.open = false);
  menu.addEventListener("click", (event) => event.target.closest("button") && close());
  menu.addEventListener("focusout", (event) => !menu.contains(event.relatedTarget) && event.relatedTarget && close());
  document.addEventListener("click", (event) => !menu.contains(event.target) && close());
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    close();
    menu.firstElementChild.focus();
  });
}
