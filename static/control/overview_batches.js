// A card for each batch that runs or waits, a row for each that has ended.

import { stopDialog } from "./overview_dialogs.js";
import { element, setAttribute, setText } from "./elements.js";
import { post, sentence } from "./forms.js";
import { clock, duration, percent, roughly, when } from "./format.js";
import { dialog, toast } from "./notices.js";
import { told } from "./told.js";
import { data, fill, words } from "./words.js";

const { rights, urls } = data("shell");
const text = words("page-words");
// As the table of the lifecycle has it: what a state does not list is refused.
const CONTROLS = { QUEUED: ["stop"], RUNNING: ["pause", "stop"], PAUSED: ["resume", "stop"] };
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
    state.dataset.state = batch.state;
    setText(state, text.states[batch.state]);
    setText(part(node, "sequence"), batch.sequence);
    setText(part(node, "slot"), batch.slot ?? text.any_lane);
    setText(part(node, "subject"), batch.subject ? ` · ${batch.subject}` : "");
    setText(part(node, "step"), stepOf(batch));
    setText(part(node, "left"), leftOf(batch));
    drawProgress(node.querySelector(".g-progress"), batch);
    drawButtons(node.querySelector(".g-batch-buttons"), batch);
    drawClock(part(node, "elapsed"), batch);
  },
};

function stepOf(batch) {
  if (batch.state === "QUEUED") return batch.slot ? fill(text.waits_for, { place: batch.slot }) : text.waits_for_lane;
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
  const words = rights.includes("operate") ? CONTROLS[batch.state] ?? [] : [];
  if (place.dataset.words === words.join()) return;
  const focused = place.contains(document.activeElement);
  place.dataset.words = words.join();
  place.replaceChildren(...words.map((word) => controlButton(word, batch)));
  if (focused) place.firstElementChild?.focus(); // pause became resume under somebody's finger
}

function controlButton(word, batch) {
  const button = element("button", { type: "button", class: "g-button", "data-control": word }, text.controls[word]);
  button.onclick = () => (word === "stop" ? stopDialog(batch, button) : ask(word, batch, button));
  return button;
}

function emergencyButton(batch) {
  if (!rights.includes("emergency-stop")) return null;
  const label = `${text.emergency_stop}: ${batch.name}`;
  const button = element("button", { type: "button", class: "g-button g-button--danger", "data-control": "emergency-stop", "aria-label": label }, text.emergency_stop);
  button.onclick = () => ask("emergency-stop", batch, button);
  return button;
}

async function ask(word, batch, button) {
  button.disabled = word !== "emergency-stop"; // that one may always be pressed again
  const answer = await post(addressOf(word, batch));
  button.disabled = false;
  const sure = answer.ok && answer.body.confirmed !== false;
  if (word === "emergency-stop" && !sure) dialog(text.unconfirmed, sentence(answer), [], { id: "emergency-stop-answer", tone: "bad" });
  else toast(sentence(answer), sure ? "good" : "bad");
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
    setText(part(node, "took"), duration(batch.elapsed_s));
    setText(part(node, "ended"), when(batch.ended_at));
  },
};
