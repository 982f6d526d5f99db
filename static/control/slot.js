// The page of a slot. Readings are drawn as they come; whatever else happens, the page is asked for anew and its living
// parts are taken over, so that first load and live come from one template. What somebody is writing stays.

import { focusOn, setAttribute, setText } from "./elements.js";
import { post, sentence } from "./forms.js";
import { clock } from "./format.js";
import { live } from "./live.js";
import { toast } from "./notices.js";
import { data, fill, words } from "./words.js";

const text = words("page-words");
const AGAIN_MS = 80; // what happens at once is looked at once
const NEAR_END_S = 120;
let about = data("page-data"); // of the page as it was asked for last
let offset = Date.parse(about.now) - Date.now(); // a browser's clock may be wrong
let following = null;

// Readings ------------------------------------------------------------------------------------------------------------

/** A number as control/pages/values.py writes it: as short as it is, and with two digits behind an e. */
function figure(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e10)) return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  return String(value);
}

function shown(value, unit) {
  if (typeof value === "boolean") return value ? text.on : text.off;
  if (typeof value === "number") return [figure(value), unit].filter(Boolean).join(" ");
  return value || text.nothing;
}

function drawReading(instrument, command, value) {
  const place = document.querySelector(`[data-reading="${CSS.escape(`${instrument}/${command}`)}"]`);
  if (place) setText(place, shown(value, place.dataset.unit));
}

/** Whether a line says more than values. */
function takeReading({ instruments }) {
  for (const [name, { values = {} }] of Object.entries(instruments ?? {})) {
    for (const [command, value] of Object.entries(values)) drawReading(name, command, value);
  }
  return Object.values(instruments ?? {}).some((told) => "problem" in told) || instruments === undefined;
}

// The living parts ------------------------------------------------------------------------------------------------------

let pending = null;
let dirty = false;

/** Ask for the page, one look at a time; what happens during a look is looked at afterwards. */
function lookAgain() {
  dirty = true;
  pending ??= new Promise((resolve) => setTimeout(resolve, AGAIN_MS)).then(look).finally(() => {
    pending = null;
    if (dirty) lookAgain();
  });
}

async function look() {
  dirty = false;
  let answer;
  try {
    answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the connection is away, which the shell says; what happens next asks again
  }
}

function take(fresh) {
  about = JSON.parse(fresh.getElementById("page-data").textContent);
  offset = Date.parse(about.now) - Date.now();
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    if (now && contentOf(now) !== drawn.get(part)) replace(part, now);
  }
  for (const place of document.querySelectorAll("[data-reading]")) {
    const now = fresh.querySelector(`[data-reading="${CSS.escape(place.dataset.reading)}"]`);
    if (now) setText(place, now.textContent);
  }
  const driven = fresh.querySelector("[data-driven]");
  for (const fields of document.querySelectorAll("[data-driven]")) setAttribute(fields, "disabled", driven?.disabled ?? false);
  tick();
  follow();
}

const contentOf = (part) => part.innerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, ""); // new in each answer
const drawn = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part, contentOf(part)])); // as it came

/** The focus stays where it was, or beside what has gone. */
function replace(part, now) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  drawn.set(part, contentOf(now));
  part.replaceChildren(...now.childNodes);
  if (!focused) return;
  const again = focused.dataset.focus && part.querySelector(`[data-focus="${focused.dataset.focus}"]`);
  if (again) again.focus();
  else focusOn(part);
}

/** Near its end, count a session down. */
function tick() {
  const place = document.querySelector("[data-ends]");
  if (!place || document.documentElement.hasAttribute("data-stale")) return;
  const left = (Date.parse(place.dataset.ends) - Date.now() - offset) / 1000;
  place.hidden = left > NEAR_END_S;
  if (!place.hidden) setText(place, fill(text.ends_in, { left: clock(Math.ceil(Math.max(0, left))) }));
}

// What happens ---------------------------------------------------------------------------------------------------------

/** Listen to the story of the batch that holds the slot. It begins with a look: something may have happened before. */
function follow() {
  if (following?.batch === about.batch) return;
  following?.subscription.close();
  following = null;
  if (!about.batch) return;
  let first = true;
  const subscription = live.subscribe(`batch/${about.batch}`, {
    onEvents(events) {
      const matters = events.filter((event) => (event.kind === "reading" ? takeReading(event.data) : MATTERS.test(event.kind)));
      if (first || matters.length) lookAgain();
      first = false;
    },
    onEnd: lookAgain,
    onError: lookAgain,
  });
  following = { batch: about.batch, subscription };
}

const MATTERS = /^(manual\.|control$|batch\.|safe_state$)/;

let slotNow = null;
live.watch("slots", (slots) => {
  const { progress, current_step: _, ...slot } = (slots.slots ?? slots).find(({ id }) => id === about.slot) ?? {};
  const now = JSON.stringify(slot);
  if (now === slotNow) return;
  slotNow = now;
  lookAgain();
});

// What people ask ------------------------------------------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("#slot-page form, [data-command]")) return;
  event.preventDefault();
  const button = event.submitter;
  const content = new FormData(form, button); // with what the button itself says
  content.delete("csrfmiddlewaretoken"); // the header carries a newer one
  if (button) button.disabled = true;
  const answer = await post(form.getAttribute("action"), content); // a field of this name hides the property
  if (button) button.disabled = false;
  if (document.activeElement === document.body) button?.focus(); // a button that is off for a moment loses it
  delete form.dataset.sent;
  const dialog = form.closest("[popover]");
  const problem = dialog?.querySelector(".g-dialog-error");
  if (!answer.ok && problem) {
    setText(problem, sentence(answer));
    return;
  }
  dialog?.hidePopover();
  if (answer.status !== 401) toast(sentence(answer), answer.ok && answer.body.good !== false ? "good" : "bad");
  if (answer.ok && form.classList.contains("m-raw")) form.elements.text.select();
  lookAgain();
});

setInterval(tick, 500);
tick();
follow();
