// A card for each batch that runs or waits, a row for each that has ended.

import { elapsed } from "./batch_eta.js";
import { stopDialog } from "./dialogs.js";
import { stopBatchAtOnce } from "./emergency_stop.js";
import { element, setAttribute, setText } from "./elements.js";
import { clock, duration, percent, roughly, when } from "./format.js";
import { ask } from "./steering.js";
import { told } from "./told.js";
import { data, fill, words } from "./words.js";

const { urls } = data("shell");
const { allowed } = data("page-data"); // what this user may ask, by state
const text = words("page-words");
const EMERGENCY = "emergency-stop"; // its button stays where it is, whatever else a state allows
const NOT_BY_HAND = ["pause", "resume"]; // while people drive its instruments
const running = new Map(); // clock element → [seconds at, moment]

const addressOf = (name, batch) => urls[name].replace("{batch}", batch.id);
const part = (node, name) => node.querySelector(`[data-part="${name}"]`);
const span = (name, attributes = {}) => element("span", { "data-part": name, ...attributes });

export const batchCard = {
  make(batch) {
    const title = `batch-${batch.id}`;
    return element(
      "div",
      { class: "g-card g-batch", role: "listitem", "aria-labelledby": title },
      element(
        "header",
        {},
        element("h3", { id: title }, element("a", { "data-part": "name", href: addressOf("batch", batch) })),
        span("state", { class: "g-badge" }),
      ),
      element(
        "p",
        { class: "g-batch-place g-muted" },
        element("span", {}, span("sequence"), " · ", span("slot"), span("subject")),
        span("elapsed", { class: "g-clock", role: "timer" }),
      ),
      element("p", { class: "g-batch-line" }, span("step", { class: "g-batch-step" }), span("left", { class: "g-muted" })),
      element("div", { class: "g-progress", role: "progressbar", "aria-label": text.progress, "aria-valuemin": "0", "aria-valuemax": "100" }, element("div")),
      element("footer", {}, element("span", { class: "g-batch-buttons" }), emergencyButton(batch)),
    );
  },

  update(node, batch) {
    node.dataset.state = batch.state;
    setText(part(node, "name"), batch.name);
    const state = part(node, "state");
    const asks = batch.prompt && batch.state === "RUNNING";
    state.dataset.state = asks ? "ASKING" : batch.state;
    setText(state, asks ? text.waits_for_answer : text.states[batch.state]);
    setText(part(node, "sequence"), batch.sequence);
    setText(part(node, "slot"), batch.slot ?? text.any_lane);
    setText(part(node, "subject"), batch.subject ? ` · ${batch.subject}` : "");
    setText(part(node, "step"), stepOf(batch));
    setText(part(node, "left"), leftOf(batch));
    drawProgress(node.querySelector(".g-progress"), batch);
    drawButtons(node.querySelector(".g-batch-buttons"), batch);
    drawEmergencyButton(part(node, "emergency"), batch);
    drawClock(part(node, "elapsed"), batch);
  },
};

function stepOf(batch) {
  if (batch.state === "QUEUED") return batch.slot ? fill(text.waits_for, { place: batch.slot }) : text.waits_for_lane;
  if (batch.prompt && batch.state === "PAUSED") return `${text.waits_for_answer} · ${batch.current_step}`;
  return batch.current_step || text.no_step_yet;
}

function leftOf(batch) {
  if (batch.state === "QUEUED") return "";
  const done = percent(batch.progress);
  if (batch.seconds_left === null || batch.state === "PAUSED") return done;
  return fill(text.done_and_left, { percent: done, time: roughly(batch.seconds_left) });
}

function drawProgress(bar, batch) {
  const share = Math.floor(batch.progress * 100);
  setAttribute(bar, "aria-valuenow", share);
  bar.firstElementChild.style.width = `${share}%`;
}

function drawButtons(place, batch) {
  const words = allowed[batch.state].filter((word) => word !== EMERGENCY && !(batch.manual_by && NOT_BY_HAND.includes(word)));
  if (place.dataset.words === words.join()) return;
  const focused = place.contains(document.activeElement);
  place.dataset.words = words.join();
  place.replaceChildren(...words.map((word) => controlButton(word, batch)));
  if (focused) place.firstElementChild?.focus(); // pause became resume under somebody's finger
}

function controlButton(word, batch) {
  const button = element("button", { type: "button", class: "g-button", "data-control": word }, text.controls[word]);
  button.onclick = () => (word === "stop" ? stopDialog(batch, button) : ask(button, addressOf(word, batch)));
  return button;
}

function emergencyButton(batch) {
  if (!allowed[batch.state].includes(EMERGENCY)) return null;
  const label = `${text.emergency_stop}: ${batch.name}`;
  return element("button", { type: "button", class: "g-button g-button--danger", "data-control": EMERGENCY, "data-part": "emergency", "aria-label": label }, text.emergency_stop);
}

/** A batch that waits for any lane gets its slot later. */
function drawEmergencyButton(button, batch) {
  if (button) button.onclick = () => stopBatchAtOnce(batch);
}

function drawClock(node, batch) {
  if (batch.elapsed_s === null) {
    running.delete(node);
    return setText(node, "");
  }
  running.set(node, [batch.elapsed_s, performance.now()]);
  tick();
}

/** Let the clocks of running batches go on between two snapshots. */
export function tick() {
  if (document.documentElement.hasAttribute("data-stale")) return; // nobody knows whether they still run
  const now = performance.now();
  for (const [node, [seconds, at]] of running) {
    if (!node.isConnected && now - at > 1000) running.delete(node);
    else setText(node, clock(seconds + (now - at) / 1000));
  }
}

export const endedRow = {
  make(batch) {
    return element(
      "div",
      { class: "g-row", role: "listitem" },
      span("outcome", { class: "g-badge" }),
      element("a", { "data-part": "name", href: addressOf("batch", batch) }),
      span("why", { class: "g-muted g-row-why" }),
      span("place", { class: "g-muted" }),
      span("took", { class: "g-muted g-clock" }),
      element("time", { "data-part": "ended", class: "g-muted", datetime: batch.ended_at }),
    );
  },

  update(node, batch) {
    const outcome = part(node, "outcome");
    const judged = batch.outcome !== "NONE";
    outcome.dataset.state = judged ? batch.outcome : batch.state;
    setText(outcome, judged ? text.outcomes[batch.outcome] : text.states[batch.state]);
    setText(part(node, "name"), batch.name);
    setText(part(node, "why"), batch.marginal ? text.marginal : batch.outcome === "PASS" ? "" : told(batch.message));
    setText(part(node, "place"), batch.slot ?? batch.sequence);
    setText(part(node, "took"), duration(elapsed(batch)));
    setText(part(node, "ended"), when(batch.ended_at));
  },
};
