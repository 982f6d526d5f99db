// What the run asks people, in one card: the question with its picture and a fitting form, and then who answered what.

import { element, focusOn, setText } from "./elements.js";
import { post, sentence } from "./forms.js";
import { clock, duration, number, timeOfDay } from "./format.js";
import { toast } from "./notices.js";
import { data, fill, words } from "./words.js";

const text = words("page-words");
const { prompts = {} } = data("page-data") ?? {}; // answer: where answers go, for those who may give them; picture
const part = (place, name) => place.querySelector(`[data-prompt="${name}"]`);

/** Draw the newest prompt. `nameOf(index)`: the name of a step; `opened`: this page was there before the batch ended. */
export function drawPrompt(place, { prompt, batch }, { nameOf = () => "", opened = true } = {}) {
  const shown = isShown(prompt, batch, opened);
  const focused = place.contains(document.activeElement);
  place.hidden = !shown;
  if (!shown) {
    if (focused) focusOn(document.getElementById("content"));
    place.dataset.key = "";
    return;
  }
  const waits = prompt.state === "WAITING";
  place.dataset.state = prompt.state;
  setText(part(place, "title"), titleOf(prompt));
  setText(part(place, "step"), nameOf(prompt.step));
  setText(part(place, "message"), prompt.message);
  setText(part(place, "answer"), prompt.state === "ANSWERED" ? answerOf(prompt) : "");
  setText(part(place, "patience"), waits ? patienceOf(prompt) : "");
  if (!waits) setText(part(place, "left"), "");
  const key = `${prompt.prompt} ${prompt.state}`;
  if (place.dataset.key === key) return; // what somebody is writing stays
  const first = place.dataset.key === undefined;
  place.dataset.key = key;
  part(place, "ask").replaceChildren(...(waits ? [picture(prompt), form(prompt, batch)].filter(Boolean) : []));
  moveFocus(place, { waits, first, focused });
}

const isShown = (prompt, batch, opened) =>
  Boolean(prompt) && (opened || !batch.ended_at) && (prompt.state !== "OVER" || (prompt.closed_why === "timeout" && !batch.ended_at));

const titleOf = ({ state, answered_by: by, answered_at: at }) =>
  state === "ANSWERED" ? fill(text.prompt_answered, { by, time: timeOfDay(at) }) : state === "OVER" ? text.prompt_unanswered : text.waits_for_answer;

const patienceOf = ({ asked_at: at, timeout_s: patience }) =>
  fill(patience === null ? text.prompt_since : text.prompt_within, { time: timeOfDay(at), patience: duration(patience) });

/** Count down how long it still waits. `now`: the server's time in milliseconds. */
export function tickPrompt(place, { prompt, controls }, now) {
  if (place.hidden || prompt.state !== "WAITING" || prompt.timeout_s === null) return;
  const asked = Date.parse(prompt.asked_at);
  const waited = (now - asked - pausedSince(asked, controls, now)) / 1000;
  setText(part(place, "left"), fill(text.prompt_left, { left: clock(Math.ceil(prompt.timeout_s - waited)) }));
}

/** Milliseconds for which the run has been paused since then; what asks is never paused when it asks. */
function pausedSince(asked, controls, now) {
  const obeyed = controls.map(({ kind, obeyed_at: at }) => ({ kind, at: Date.parse(at) })).filter(({ at }) => at >= asked);
  let [paused, since] = [0, null];
  for (const { kind, at } of obeyed.sort((a, b) => a.at - b.at)) {
    if (kind === "BATCH_PAUSE") since ??= at;
    if (kind !== "BATCH_RESUME" || since === null) continue;
    paused += at - since;
    since = null;
  }
  return paused + (since === null ? 0 : now - since);
}

/** "4.98 V", "yes", a text. */
export function shownAnswer(value, unit = "") {
  if (typeof value === "boolean") return value ? text.yes : text.no;
  return [typeof value === "number" ? number(value, 10) : String(value ?? "–"), unit].filter(Boolean).join(" ");
}

const answerOf = ({ answer, unit }) => shownAnswer(answer, unit);

function picture({ prompt, image }) {
  if (!image) return null;
  const shown = element("img", { class: "b-prompt-picture", src: prompts.picture.replace("{prompt}", prompt), alt: fill(text.prompt_picture, { name: image }) });
  shown.onerror = () => shown.replaceWith(element("p", { class: "g-muted" }, text.prompt_no_picture));
  return shown;
}

function form(prompt, batch) {
  if (!prompts.answer) return element("p", { class: "g-muted" }, text.prompt_not_yours);
  const made = element("form", { class: "b-prompt-form g-form", method: "post", action: prompts.answer, novalidate: true }, ...FIELDS[prompt.type](prompt), element("p", { class: "g-dialog-error", role: "alert" }));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    send(made, prompt, event.submitter?.value || made.elements.value?.value || "", batch);
  });
  return made;
}

const FIELDS = {
  text: (prompt) => written(prompt, { maxlength: 1000 }),
  number: (prompt) => written(prompt, { inputmode: "decimal", class: "b-prompt-number" }),
  choice: ({ choices }) => [buttons(choices.map((choice) => [choice, choice]))],
  confirm: () => [buttons([["yes", text.prompt_yes], ["no", text.prompt_no]])],
};

/** A field with its unit and what is allowed, and the button that sends it. */
function written(prompt, more) {
  const [range, unit] = [rangeOf(prompt), prompt.unit];
  const described = range ? { "aria-describedby": "prompt-range" } : {};
  const value = prompt.default === null ? "" : String(prompt.default);
  return [
    element("div", { class: "g-field" },
      element("label", { for: "prompt-value" }, text.prompt_field),
      element("div", { class: "g-input" }, element("input", { id: "prompt-value", name: "value", autocomplete: "off", value, ...described, ...more }), unit && element("span", { class: "g-unit" }, unit)),
      range && element("p", { class: "g-help", id: "prompt-range" }, range)),
    element("div", { class: "b-prompt-buttons" }, element("button", { type: "submit", class: "g-button g-button--primary g-button--large" }, text.prompt_send)),
  ];
}

function rangeOf({ minimum, maximum, unit }) {
  const values = { from: minimum === null ? "" : number(minimum, 10), to: maximum === null ? "" : number(maximum, 10), unit };
  if (minimum !== null && maximum !== null) return fill(text.prompt_from_to, values).trim();
  if (minimum !== null) return fill(text.prompt_from, values).trim();
  return maximum === null ? "" : fill(text.prompt_to, values).trim();
}

const buttons = (choices) =>
  element("div", { class: "b-prompt-buttons", role: "group", "aria-labelledby": "prompt-message" },
    ...choices.map(([value, label]) => element("button", { type: "submit", class: "g-button g-button--large", name: "value", value }, label)));

async function send(made, { prompt }, value) {
  const all = [...made.querySelectorAll("button")];
  const focused = document.activeElement;
  for (const button of all) button.disabled = true;
  const answer = await post(made.action, { prompt, value });
  for (const button of all) button.disabled = false;
  const place = made.querySelector(".g-dialog-error");
  setText(place, answer.ok ? "" : sentence(answer));
  if (answer.ok) return;
  if (answer.status === 409 && !made.isConnected) return toast(sentence(answer), "calm"); // the card says who was first
  const field = made.elements["prompt-value"];
  if (field) field.setAttribute("aria-invalid", "true");
  (field ?? focused).focus();
}

/** To the field of a new question, unless somebody is busy elsewhere; from a form that has gone to what became of it. */
function moveFocus(place, { waits, first, focused }) {
  const idle = document.activeElement === document.body || document.activeElement === null;
  if (first || !(focused || idle)) return;
  const field = waits && place.querySelector("#prompt-value");
  if (field) {
    field.focus({ preventScroll: true });
    field.select(); // what is typed takes the place of the default: 1 before 80 would be 180
  }
  else if (focused || waits) focusOn(part(place, "title")); // a button under somebody's Enter would answer
}
