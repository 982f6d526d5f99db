// The red buttons: what the guards answered is shown on the page. Without scripts they are plain forms.

import { element } from "./elements.js";
import { post, postForm, sentence } from "./forms.js";
import { dialog } from "./notices.js";
import { data, words } from "./words.js";

const PATIENCE_MS = 5000; // guards answer within three seconds
const OWN_NEWS_MS = 5000;
let pressedAt = -Infinity;

/** Let the button of the header answer in place, and Alt+Shift+E press it. It never asks. */
export function armEmergencyStop() {
  const form = headerForm();
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    stopScope(form.elements.scope.value);
  });
  addEventListener("keydown", (event) => {
    if (event.altKey && event.shiftKey && !event.ctrlKey && event.code === "KeyE" && !event.repeat) {
      event.preventDefault();
      stopScope(form.elements.scope.value);
    }
  });
}

/**
 * The emergency stop of one batch is that of its slot, proved like the header's by what the page carries: it needs no
 * session. A batch that waits for any lane has no slot yet; nothing of it is on, and its own address knows it.
 */
export function stopBatchAtOnce({ id, slot }, reason = "") {
  if (slot) return stopScope(slot, reason);
  const address = data("shell").urls["emergency-stop"].replace("{batch}", id);
  return press(id, () => post(address, { reason }, null));
}

/** Whether news of an emergency stop is what somebody on this page has just done, and has been answered. */
export const isOwnNews = () => performance.now() - pressedAt < OWN_NEWS_MS;

const headerForm = () => document.getElementById("emergency-stop-form");

const stopScope = (scope, reason = "") => press(scope, () => postForm(headerForm(), { scope, reason }, null));

/**
 * Press, and say what came of it. When nobody answers, that is said after a while and stays; the wish is not taken back,
 * and what comes of it late is still shown. `send` resolves to an answer of forms.js.
 */
async function press(what, send) {
  pressedAt = performance.now();
  const say = (title, parts, tone) => show(what, title, parts, tone);
  say(words().stopping, [], "bad");
  const late = setTimeout(() => say(words().stop_unreached, [words().stop_unreached_help], "bad"), PATIENCE_MS);
  const answer = await send();
  clearTimeout(late);
  if (answer.status === 0) return say(words().stop_unreached, [words().stop_unreached_help], "bad");
  if (!answer.ok) return say(words().stop_unconfirmed, [sentence(answer)], "bad");
  const { confirmed = true, message, slots = [], next, record_message: record } = answer.body; // nothing was on: no proof
  const lines = slots.map((line) =>
    element("li", { "data-confirmed": String(line.confirmed) }, element("strong", {}, line.slot), ` ${line.sentence}`),
  );
  const parts = [lines.length && element("ul", { class: "g-stop-slots" }, ...lines), record, next].filter(Boolean);
  say(message, parts, confirmed ? "good" : "bad");
}

/** One dialog for each thing that was stopped: what is not confirmed is not covered up by what is. */
function show(what, title, parts, tone) {
  const overview = data("shell").urls.overview;
  const links = location.pathname === overview ? [] : [[words().to_overview, overview]];
  dialog(title, parts, links, { id: `emergency-stop-answer-${what}`, tone });
}
