// The head of the page: state, outcome, progress and time; what ended the batch; which buttons there are.

import { elapsed, secondsLeft } from "./batch_eta.js";
import { said } from "./batch_controls.js";
import { drawResult } from "./batch_result.js";
import { element, focusOn, setAttribute, setText } from "./elements.js";
import { clock, duration, moment, number, percent, roughly } from "./format.js";
import { reasonOf, told } from "./told.js";
import { fill, words } from "./words.js";

const text = words("page-words");
const part = (name) => document.querySelector(`[data-batch="${name}"]`);
const BAD = new Set(["FAIL", "ERROR", "TIMEOUT"]);

export function drawHeader(state, allowed) {
  const { batch } = state;
  const over = batch.ended_at !== null;
  const page = document.getElementById("batch-page");
  page.dataset.state = batch.state;
  page.dataset.outcome = batch.outcome;
  drawBadges(batch);
  setText(part("slot"), batch.slot ?? text.any_lane);
  drawTimes(batch);
  drawProgress(state, over);
  drawCurrent(state);
  drawCounts(state);
  drawVerdict(state, over);
  drawResult(part("result"), batch);
  drawButtons(batch, allowed);
}

function drawBadges({ state, outcome, marginal }) {
  const [badge, judged] = [part("state"), part("outcome")];
  badge.dataset.state = state;
  setText(badge, text.states[state]);
  judged.hidden = outcome === "NONE";
  judged.dataset.state = marginal ? "MARGINAL" : outcome;
  setText(judged, marginal ? fill(text.outcome_marginal, { outcome: text.outcomes[outcome] }) : text.outcomes[outcome]);
}

function drawTimes({ created_at, started_at, ended_at }) {
  for (const [name, at] of Object.entries({ created_at, started_at, ended_at })) {
    setText(part(name), at ? moment(at) : "–");
    setAttribute(part(name), "datetime", at);
  }
}

/** A run that was not completed is as far as its steps: what it left out counts as done in its progress. */
function drawProgress(state, over) {
  const { batch, total_steps: total } = state;
  const cut = over && batch.state !== "COMPLETED";
  const progress = cut ? doneSteps(endedCounts(state)) / (total || 1) : batch.progress;
  const share = Math.floor(progress * 100);
  const bar = part("progress");
  setAttribute(bar, "aria-valuenow", share);
  bar.firstElementChild.style.width = `${share}%`;
  setText(part("percent"), cut ? "" : percent(progress));
}

function drawCurrent({ batch, position, held, doing }) {
  const current = part("current");
  if (batch.state === "QUEUED") setText(current, [waiting(batch, position), held].filter(Boolean).join(" · "));
  else if (batch.state === "RUNNING" || batch.state === "PAUSED") {
    const asks = batch.prompt ? text.waits_for_answer : "";
    setText(current, [asks, batch.current_step || text.preparing, doing?.message].filter(Boolean).join(" · "));
  } else setText(current, "");
}

function waiting({ slot }, position) {
  if (position === 0) return slot ? fill(text.next_on_slot, { slot }) : text.next_on_lane;
  if (position === null) return slot ? fill(text.waits_on_slot, { slot }) : text.waits_on_lane;
  return slot ? fill(text.ahead_on_slot, { count: number(position), slot }) : fill(text.ahead_on_lane, { count: number(position) });
}

/** How many steps are done, and how they came out. */
function drawCounts(state) {
  const { RETRYING: retried = 0, ...ended } = endedCounts(state);
  const [done, total] = [doneSteps(ended), state.total_steps];
  setText(part("steps"), total === null ? "" : fill(text.steps_done, { done: number(done), total: number(total) }));
  const names = ["FAIL", "ERROR", "TIMEOUT", "SKIPPED"].filter((name) => ended[name]);
  const said = names.map((name) => `${text.outcomes[name]} ${number(ended[name])}`);
  if (retried) said.push(fill(text.retried, { count: number(retried) }));
  setText(part("outcomes"), said.join(" · "));
}

/** How many attempts ended with which outcome; those that were tried again count as RETRYING. */
function endedCounts({ steps, hidden }) {
  const counts = { ...hidden };
  for (const { state, outcome, retrying } of steps) {
    if (state !== "ENDED") continue;
    const name = retrying ? "RETRYING" : outcome;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const doneSteps = (ended) => ["PASS", ...BAD].reduce((sum, name) => sum + (ended[name] ?? 0), 0);

/** What ended it, in one calm panel: the verdict, its cause, and whether everything is switched off. */
function drawVerdict({ batch, controls, safe_state: proof }, over) {
  const panel = part("verdict");
  panel.hidden = !over && !batch.error;
  if (panel.hidden) return;
  panel.dataset.tone = toneOf(batch, over);
  const lines = [];
  if (batch.cause) lines.push(fill(text.cause, { step: batch.cause }));
  const pressed = batch.state === "ABORTED" && controls.findLast(({ kind }) => kind === "EMERGENCY_STOP");
  if (pressed) lines.push(said(pressed), reasonOf(pressed));
  else if (over && batch.outcome !== "PASS") lines.push(told(batch.message));
  if (batch.error && !batch.message.includes(batch.error)) lines.push(batch.error);
  setText(part("verdict-title"), over ? verdictOf(batch) : text.error_so_far);
  setText(part("verdict-text"), lines.filter(Boolean).join("\n"));
  drawProof(part("proof"), proof);
}

function toneOf({ state, outcome, marginal }, over) {
  if (!over || BAD.has(outcome) || state === "ABORTED" || state === "CRASHED") return "bad";
  return outcome === "PASS" && !marginal ? "good" : "calm";
}

/** The sentences by which guard and engine name the limit that was exceeded. */
const LIMIT = /^(?:memory|CPU time|wall time|output|open files|attachments): .*allowed|\(spool_mb\) exceeds/;

const verdictOf = ({ state, outcome, marginal, started_at, message }) =>
  (!started_at && text.verdicts.NEVER_BEGAN) || (state === "FAILED" && LIMIT.test(message) && text.verdicts.LIMIT) || (marginal && text.verdicts.MARGINAL) || text.verdicts[`${state}.${outcome}`] || text.verdicts[state];

function drawProof(place, proof) {
  const instruments = Object.entries(proof?.instruments ?? {}).sort();
  place.hidden = instruments.length === 0;
  if (place.hidden) return;
  place.dataset.confirmed = proof.confirmed;
  const problems = instruments.filter(([, one]) => !one.confirmed).map(([name, one]) => `${name}: ${one.error}`);
  const names = instruments.map(([name]) => name).join(", ");
  setText(place, proof.confirmed ? fill(text.safe, { instruments: names }) : fill(text.not_safe, { problems: problems.join("; ") }));
}

/** A button that the state does not allow is not there; the focus goes on to the next one, or to what became of it. */
const NOT_BY_HAND = ["pause", "resume"]; // while people drive its instruments
const NOT_OF_A_SESSION = [...NOT_BY_HAND, "skip", "restart", "rerun"];

function drawButtons({ state, ended_at: over, manual_by: byHand, sequence }, allowed) {
  const form = part("controls");
  if (!form) return;
  const focused = form.contains(document.activeElement) && document.activeElement;
  const refused = sequence === "manual_control" ? NOT_OF_A_SESSION : byHand ? NOT_BY_HAND : [];
  for (const button of form.querySelectorAll("[data-control]")) {
    const { control } = button.dataset;
    button.hidden = !allowed[state].includes(control) || refused.includes(control);
  }
  form.hidden = allowed[state].length === 0;
  const menu = part("menu");
  if (menu) menu.hidden = !menu.querySelector("[data-control]:not([hidden])");
  if (!focused || focused.checkVisibility()) return;
  if (over) focusOn(part("verdict")); // not to what starts something again
  else form.querySelector("[data-control]:not([hidden])").focus();
}

/** Let the clocks go on. `now`: the server's time in milliseconds. */
export function tickHeader({ batch }, now) {
  const past = elapsed(batch, now);
  setText(part("elapsed"), past === null ? "" : batch.ended_at ? duration(past) : clock(past));
  const left = secondsLeft(batch, now);
  setText(part("left"), left === null ? "" : fill(text.time_left, { time: roughly(left) }));
}

export function drawErrors(place, { errors, total_errors: total }) {
  place.closest("section").hidden = total === 0;
  const items = errors.map((error) =>
    element(
      "li",
      { class: "b-error" },
      element("p", {}, element("strong", {}, error.exception), " ", element("span", { class: "g-muted" }, text.categories[error.category] ?? error.category)),
      element("p", { class: "b-error-message" }, error.message),
      error.traceback ? element("details", {}, element("summary", {}, text.traceback), element("pre", { tabindex: "0" }, error.traceback)) : null,
    ),
  );
  place.replaceChildren(...items);
  if (total > errors.length) place.append(element("li", { class: "g-muted" }, fill(text.newest_errors, { count: errors.length, total: number(total) })));
}
