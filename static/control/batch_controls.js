// What people asked of the batch and what became of it; and the buttons that ask.

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
    element("p", { class: "b-control-reason" }),
    element("ol", { class: "b-control-times" }, ...["requested", "delivered", "obeyed"].map((name) => element("li", { "data-time": name }))),
    element("p", { class: "b-control-note g-muted" }),
  );

/** One sentence in the language of the page, made from what happened and not from what was stored in English. */
export const said = ({ kind, by, face, scope }) =>
  fill(scope ? text.control_of_scope : text.control_by, { what: text.kinds[kind] ?? kind, by, face: text.faces[face] ?? face, scope });

function update(node, control) {
  node.dataset.kind = control.kind;
  setText(node.querySelector(".b-control-what"), said(control));
  setText(node.querySelector(".b-control-reason"), reasonOf(control));
  for (const name of ["requested", "delivered", "obeyed"]) {
    const at = timeOf(control, name);
    const place = node.querySelector(`[data-time="${name}"]`);
    place.hidden = !at && control.kind === "EMERGENCY_STOP"; // that it was obeyed is what the safe state proves
    setAttribute(place, "data-done", at !== null);
    setText(place, fill(text.times[name], { time: at ? timeOfDay(at, true) : text.not_yet }));
  }
  setText(node.querySelector(".b-control-note"), told(control.note));
}

/** What has been obeyed had been delivered by then: that is written down only when the guard has answered. */
function timeOf(control, name) {
  const { delivered_at: delivered, obeyed_at: obeyed } = control;
  const late = name === "delivered" && delivered && obeyed && Date.parse(delivered) > Date.parse(obeyed);
  return late ? obeyed : control[`${name}_at`];
}

/** Send a control without leaving the page. A stop asks for a reason first; an emergency stop asks nothing. */
export function armControls(batchNow) {
  const form = document.querySelector('[data-batch="controls"]');
  if (!form) return;
  armDialogs();
  const { reason } = form.elements;
  const taken = () => (reason.value = "");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button.dataset.control === "emergency-stop") return stopBatchAtOnce(batchNow(), reason.value);
    if (button.dataset.control === "stop") return stopDialog(batchNow(), button, { reason: reason.value, done: taken });
    const answer = await ask(button, button.formAction, reason.value);
    if (answer.ok) taken();
  });
}
