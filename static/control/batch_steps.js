// The steps of a batch, in their groups: one row per step, its earlier attempts, its measurements and its files beneath.

import { drawAttachment } from "./batch_attachments.js";
import { drawMeasurement } from "./batch_measurements.js";
import { drawResult } from "./batch_result.js";
import { drawList, element, setAttribute, setText } from "./elements.js";
import { duration, number } from "./format.js";
import { toBeSkipped } from "./batch_wishes.js";
import { askFirst } from "./batch_dialogs.js";
import { told } from "./told.js";
import { data, fill, words } from "./words.js";

const text = words("page-words");
const { allowed = {} } = data("page-data") ?? {};
const { urls = {} } = data("shell") ?? {};
const MAY_SKIP = allowed.RUNNING?.includes("skip");
const BY_REQUEST = "skipped by request"; // how sequences/contracts.py begins the message of such a step
const CARRIED = /^(?:(?:skipped by request|not needed|depends on): )?carried over$/;
const drawn = new WeakMap(); // row → what it shows

const part = (node, name) => node.querySelector(`:scope > .b-step-line [data-part="${name}"]`);
const span = (name, attributes = {}) => element("span", { "data-part": name, ...attributes });

/** Bring the list up to date. Rows whose step is the same object as before are left alone. */
export function drawSteps(place, state) {
  const steps = folded(state.steps, state.repeats);
  drawList(place, sections(steps), { key: (section) => section.key, make: makeSection, update: updateSection });
  for (const row of place.querySelectorAll(".b-step[data-state=RUNNING]")) drawDoing(row, state.doing);
  drawWanted(place, toBeSkipped(state.controls));
  for (const link of place.querySelectorAll(".b-step-origin")) link.href = urls.batch.replace("{batch}", state.batch.origin);
}

/** A step that is to be skipped says so until it is its turn. */
function drawWanted(place, wanted) {
  if (!wanted.size) return;
  for (const row of place.querySelectorAll("section > ol > .b-step")) {
    const mine = wanted.has(Number(row.dataset.key)) && row.dataset.state !== "ENDED";
    setText(part(row, "wanted"), mine ? text.to_be_skipped : "");
    setAttribute(row, "data-wanted", mine);
  }
}

/** One entry per step: its last attempt, with those before it. */
function folded(attempts, repeats) {
  const steps = [];
  for (const attempt of attempts) {
    const last = steps.at(-1);
    if (last?.index === attempt.index) {
      last.before.push(last.newest);
      last.newest = attempt;
    } else steps.push({ index: attempt.index, newest: attempt, before: [], repetition: repetitionOf(repeats, attempt.index) });
  }
  return steps;
}

/** "2 of 4" where the plan repeats the step. */
function repetitionOf(repeats, index) {
  const repeat = repeats.findLast(({ first }) => first <= index);
  if (!repeat || index >= repeat.first + repeat.count) return "";
  return fill(text.repetition, { number: number(index - repeat.first + 1), count: number(repeat.count) });
}

/** Setup, main and teardown, and main in pieces where groups stand in it. */
function sections(steps) {
  const [found, times] = [[], {}];
  for (const step of steps) {
    const name = step.newest.within || step.newest.group;
    if (found.at(-1)?.name !== name) {
      times[name] = (times[name] ?? 0) + 1;
      found.push({ name, key: times[name] > 1 ? `${name}-${times[name]}` : name, steps: [] });
    }
    found.at(-1).steps.push(step);
  }
  return found;
}

function makeSection({ name, key }) {
  const id = `group-${key}`;
  return element(
    "section",
    { "aria-labelledby": id },
    element("h3", { id }, text.groups[name] ?? name.replaceAll("/", " › ")),
    element("ol"),
  );
}

function updateSection(node, { steps }) {
  drawList(node.lastElementChild, steps, { key: (step) => step.index, make: makeStep, update: updateStep });
}

function makeStep() {
  const message = element("p", { class: "b-step-message", hidden: true });
  const result = element("div", { class: "b-result", hidden: true });
  return element("li", { class: "b-step" }, stepLine(), message, result, element("ul", { class: "b-measurements" }), element("ul", { class: "b-attachments" }));
}

const stepLine = () =>
  element(
    "div",
    { class: "b-step-line" },
    span("mark", { class: "b-mark", "aria-hidden": "true" }),
    span("number", { class: "b-step-number g-muted" }),
    element("span", { class: "b-step-title" }, span("name", { class: "b-step-name" }), " ", span("repetition", { class: "b-step-repetition g-muted" })),
    span("phase", { class: "g-muted" }),
    span("attempt", { class: "b-step-attempt g-muted" }),
    span("doing", { class: "b-step-doing g-muted" }),
    span("wanted", { class: "b-step-wanted" }),
    span("counts", { class: "b-step-counts g-muted" }),
    MAY_SKIP && element("button", { type: "button", class: "g-button b-step-skip" }, text.skip),
    span("badge", { class: "g-badge" }),
    span("took", { class: "b-step-took g-clock" }),
  );

/** Which steps offer to be skipped is a matter of style: their group, their state, and that of the batch. */
export function armSteps(place) {
  place.addEventListener("click", (event) => {
    const button = event.target.closest(".b-step-skip");
    if (!button) return;
    const { index, name } = drawn.get(button.closest(".b-step")).newest;
    askFirst("skip", { button, step: { index, name } });
  });
}

function updateStep(node, { newest, before, repetition = "" }) {
  setText(part(node, "repetition"), repetition);
  const known = drawn.get(node);
  if (known?.newest === newest && known.before.length === before.length && known.before.every((one, at) => one === before[at])) return;
  drawn.set(node, { newest, before });
  drawAttempt(node, newest);
  if (before.length) drawEarlier(node, before);
}

function drawAttempt(node, step) {
  setAttribute(node, "data-state", step.state);
  setAttribute(node, "data-outcome", step.outcome);
  setAttribute(node, "data-group", step.group);
  setAttribute(node, "aria-current", step.state === "RUNNING" && "step");
  setText(part(node, "number"), number(step.index + 1));
  setText(part(node, "name"), step.name);
  setText(part(node, "phase"), step.within && step.group !== "main" ? text.groups[step.group] : "");
  const skip = node.querySelector(".b-step-skip");
  if (skip) setAttribute(skip, "aria-label", fill(text.skip_title, { step: step.name }));
  setText(part(node, "attempt"), step.attempt > 1 ? fill(text.attempt, { number: step.attempt }) : "");
  if (step.state !== "RUNNING") setText(part(node, "doing"), "");
  setText(part(node, "counts"), countsOf(step));
  drawBadge(part(node, "badge"), step);
  drawTook(part(node, "took"), step);
  drawMessage(node, step);
  drawResult(node.querySelector(":scope > .b-result"), step);
  drawMeasurements(node.querySelector(":scope > .b-measurements"), step);
  drawAttachments(node.querySelector(":scope > .b-attachments"), step);
}

/** Why it failed or was skipped; of what was carried over also where it ran. */
function drawMessage(node, step) {
  const message = node.querySelector(":scope > .b-step-message");
  const carried = isCarried(step);
  setAttribute(node, "data-carried", carried);
  setAttribute(node, "data-by-request", isByRequest(step));
  setText(message, carried ? text.carried : told(step.error_message));
  if (carried) message.append(" ", element("a", { class: "b-step-origin" }, text.where_it_ran));
  message.hidden = !step.error_message || step.outcome === "NONE"; // what cut it short stands in the head
}

const isCarried = ({ state, error_message: message }) => state === "ENDED" && CARRIED.test(message);
const isByRequest = ({ outcome, error_message: message }) => outcome === "SKIPPED" && message.startsWith(BY_REQUEST);

function countsOf({ input_count: taken, output_count: given }) {
  if (taken === null && given === null) return "";
  return fill(text.in_and_out, { taken: taken === null ? "–" : number(taken), given: given === null ? "–" : number(given) });
}

function drawBadge(badge, step) {
  const ended = step.state === "ENDED";
  const marginal = ended && step.marginal && step.outcome === "PASS";
  badge.dataset.state = marginal ? "MARGINAL" : ended ? step.outcome : step.state;
  setText(badge, marginal ? text.marginal : ended ? endingOf(step) : text.step_states[step.state]);
}

function endingOf(step) {
  if (step.outcome === "NONE") return text.cut_short;
  return isByRequest(step) ? text.skipped_by_request : text.outcomes[step.outcome];
}

function drawTook(node, step) {
  setAttribute(node, "data-since", step.state === "RUNNING" ? step.started_at : null);
  if (step.state === "RUNNING") return;
  const cut = step.duration_ms === null && step.started_at && step.ended_at;
  const seconds = cut ? (Date.parse(step.ended_at) - Date.parse(step.started_at)) / 1000 : step.duration_ms / 1000;
  const nothing = step.outcome === "SKIPPED" || isCarried(step) || (step.duration_ms === null && !cut);
  setText(node, nothing ? "" : duration(seconds));
}

function drawMeasurements(list, step) {
  drawList(list, step.measurements, {
    key: (one) => one.name,
    make: (one) => remembered(drawMeasurement(one), one),
    update: (node, one) => {
      if (drawn.get(node) === one) return;
      const fresh = drawMeasurement(one);
      setAttribute(node, "data-outcome", one.outcome);
      node.replaceChildren(...fresh.childNodes);
      drawn.set(node, one);
    },
  });
  drawMore(list, step.measured - step.measurements.length, text.more_measurements);
}

function drawAttachments(list, step) {
  drawList(list, step.attachments, { key: (one) => one.id, make: drawAttachment, update: () => {} });
  drawMore(list, step.attached - step.attachments.length, text.more_attachments);
}

function drawMore(list, count, sentence) {
  if (count > 0) list.append(element("li", { class: "g-muted", "data-key": "…more" }, fill(sentence, { count: number(count) })));
}

function remembered(node, one) {
  drawn.set(node, one);
  return node;
}

function drawEarlier(node, before) {
  let fold = node.querySelector(":scope > details");
  if (!fold) {
    fold = element("details", { class: "b-earlier" }, element("summary"), element("ol"));
    node.append(fold);
  }
  setText(fold.firstElementChild, fill(text.earlier_attempts, { count: before.length }));
  drawList(fold.lastElementChild, before, { key: (step) => step.attempt, make: makeStep, update: (row, step) => updateStep(row, { newest: step, before: [] }) });
}

function drawDoing(row, doing) {
  const known = drawn.get(row)?.newest;
  if (!known) return;
  const mine = doing && doing.step === known.index && doing.attempt === known.attempt;
  const share = mine && doing.total > 0 ? `${number(doing.done, 1)} / ${number(doing.total, 1)}` : "";
  setText(part(row, "doing"), mine ? [share, doing.message].filter(Boolean).join(" · ") : "");
}

/** Let the clocks of what runs go on. `now`: the server's time in milliseconds. */
export function tickSteps(place, now) {
  for (const node of place.querySelectorAll("[data-since]")) setText(node, duration(Math.max(0, now - Date.parse(node.dataset.since)) / 1000));
}
