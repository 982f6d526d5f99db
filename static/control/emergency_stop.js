// The emergency stop button: what the guards answered is shown on the page. Without scripts it is a plain form.

import { element } from "./elements.js";
import { postForm, sentence } from "./forms.js";
import { dialog } from "./notices.js";
import { data, words } from "./words.js";

/** Let the button of this page answer in place, and Alt+Shift+E press it. It never asks. */
export function armEmergencyStop() {
  const form = document.getElementById("emergency-stop-form");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press(form);
  });
  addEventListener("keydown", (event) => {
    if (event.altKey && event.shiftKey && !event.ctrlKey && event.code === "KeyE" && !event.repeat) {
      event.preventDefault();
      press(form);
    }
  });
}

async function press(form) {
  show(words().stopping, [], "bad");
  const answer = await postForm(form);
  if (!answer.ok) return warnUnconfirmed(answer);
  const { confirmed, message, slots, next, record_message: record } = answer.body;
  const lines = slots.map((line) =>
    element("li", { "data-confirmed": String(line.confirmed) }, element("strong", {}, line.slot), ` ${line.sentence}`),
  );
  const parts = [element("ul", { class: "g-stop-slots" }, ...lines), record, next].filter(Boolean);
  show(message, parts, confirmed ? "good" : "bad");
}

/** Nobody knows whether it is off. What says so stays until somebody closes it. */
export function warnUnconfirmed(answer) {
  const reached = answer.status !== 0;
  const help = reached ? sentence(answer) : words().stop_unreached_help;
  show(reached ? words().stop_unconfirmed : words().stop_unreached, [help], "bad");
}

function show(title, parts, tone) {
  const overview = data("shell").urls.overview;
  const links = location.pathname === overview ? [] : [[words().to_overview, overview]];
  dialog(title, parts, links, { id: "emergency-stop-answer", tone });
}
