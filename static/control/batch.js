// The page of one batch. The rows that came with it, live events and a fresh look at the rows all go through one
// reducer; what it returns is drawn at most once per animation frame.

import { armControls, drawControls } from "./batch_controls.js";
import { drawErrors, drawHeader, tickHeader } from "./batch_header.js";
import { itemsTold } from "./batch_items.js";
import { Log } from "./batch_log.js";
import { fromStory, isOver, reduce } from "./batch_reducer.js";
import { armSteps, drawSteps, tickSteps } from "./batch_steps.js";
import { drawPrompt, tickPrompt } from "./batch_prompt.js";
import { drawDrivers, drawSettings, copyButtons } from "./batch_provenance.js";
import { setText } from "./elements.js";
import { number } from "./format.js";
import { live } from "./live.js";
import { data, fill, words } from "./words.js";

const text = words("page-words");
const { endings, allowed, story: address } = data("page-data");
const LOG_LINES = 500; // before the page was opened
const LOOK_AGAIN_MS = 1500;
const STEPS_EVERY_MS = 120;

const page = document.getElementById("batch-page");
const steps = document.getElementById("steps");
const log = new Log(document.getElementById("log"));
const promptCard = document.getElementById("prompt");
const followBox = document.getElementById("follow-step");

let story = data("story");
let state = fromStory(story, endings);
const first = state;
let drawn = null; // the state that is on the page
let stepsDrawn = null; // the state whose steps are
let stepsDrawnAt = -Infinity;
let later = 0;
let offset = Date.parse(story.now) - Date.now(); // a browser's clock may be wrong
let sinceLook = null; // events that came while the rows are read once more
let frame = 0;

function take(events) {
  log.take(events);
  for (const event of events) {
    sinceLook?.push(event);
    if (event.seq <= state.seq) continue;
    itemsTold(event);
    state = reduce(state, event);
    if (wantsLook(event)) lookAgain();
  }
  redraw();
}

/** What an event does not carry: when a wish was delivered, the lane that took a batch, what is too long to travel. */
const wantsLook = ({ kind, data: told }) =>
  kind === "batch.started" || kind === "control" || kind === "prompt.answered" || kind === "batch.paused" || kind === "batch.resumed" || ((kind === "measurement" || kind === "step.ended") && "file" in told);

function redraw() {
  frame ||= requestAnimationFrame(draw);
  if (document.hidden) setTimeout(draw, 200); // frames stand still where nobody looks, and lines must not pile up
}

function draw() {
  cancelAnimationFrame(frame);
  frame = 0;
  log.draw();
  if (state === drawn) return;
  const [before, now] = [drawn ?? {}, state];
  drawn = state;
  page.dataset.seq = now.seq;
  drawHeader(now, allowed);
  drawStepsInTime();
  if (before.prompt !== now.prompt || before.batch?.ended_at !== now.batch.ended_at) drawPrompt(promptCard, now, { nameOf, opened: !isOver(first) });
  if (before.controls !== now.controls) drawControls(document.getElementById("controls"), now);
  if (before.errors !== now.errors) drawErrors(document.getElementById("errors"), now);
  if (before.drivers !== now.drivers) drawDrivers(now.drivers);
  if (before.settings !== now.settings) drawSettings(now);
  tick();
}

const nameOf = (index) => state.steps.find((step) => step.index === index)?.name ?? "";

/** A loop of thousands of steps a second: nobody reads that fast, and every step is many elements. */
function drawStepsInTime() {
  clearTimeout(later);
  const same = ["steps", "repeats", "doing", "controls"].every((name) => stepsDrawn?.[name] === state[name]);
  if (same && isOver(stepsDrawn) === isOver(state)) return;
  const early = STEPS_EVERY_MS - (performance.now() - stepsDrawnAt);
  if (early > 0) later = setTimeout(drawStepsInTime, early);
  else drawStepList(state);
}

function drawStepList(now) {
  [stepsDrawn, stepsDrawnAt] = [now, performance.now()];
  drawSteps(steps, now);
  const hidden = Object.values(now.hidden).reduce((sum, count) => sum + count, 0);
  const note = document.getElementById("steps-hidden");
  note.hidden = hidden === 0;
  setText(note.firstElementChild, fill(text.hidden_steps, { count: number(hidden) }));
  const empty = document.getElementById("steps-empty");
  empty.hidden = now.steps.length > 0;
  setText(empty, isOver(now) ? text.no_steps : text.steps_to_come);
  if (followBox.checked) steps.querySelector('[aria-current="step"]')?.scrollIntoView({ block: "nearest" });
}

function tick() {
  if (document.documentElement.hasAttribute("data-stale")) return; // nobody knows whether it still runs
  const now = Date.now() + offset;
  tickHeader(state, now);
  tickSteps(steps, now);
  tickPrompt(promptCard, state, now);
}

/** Read the rows once more, and tell them what came meanwhile. One look at a time, and not too often. */
let looking = null;
function lookAgain(wait = LOOK_AGAIN_MS) {
  return (looking ??= new Promise((resolve) => setTimeout(resolve, wait)).then(look).finally(() => (looking = null)));
}

async function look() {
  sinceLook = [];
  const [events] = [sinceLook];
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    story = await answer.json();
    offset = Date.parse(story.now) - Date.now();
    const read = events.filter((event) => event.seq > story.head).reduce(reduce, fromStory(story, endings));
    state = { ...read, seq: Math.max(read.seq, state.seq), doing: isOver(read) ? null : state.doing };
    log.know(state.steps);
    redraw();
  } catch {
    // the connection is away, which the shell says; the next event asks again
  } finally {
    sinceLook = null;
  }
}

async function ended() {
  page.dataset.ended = "yes";
  clearInterval(ticking);
  if (isOver(first)) return;
  await looking; // it may have read them a moment too early
  lookAgain(200); // the very last word is that of the rows
}

function follow(after) {
  live.subscribe(`batch/${state.batch.id}`, { after, onEvents: take, onEnd: ended, onError: lost });
}

async function lost({ code }) {
  if (code !== 4409) return; // events that old are kept no more: begin anew from the rows
  await lookAgain(0);
  follow(state.seq);
}

/** While it waits, whatever happens on the station may change its place in the queue. */
function watchQueue() {
  if (state.batch.state !== "QUEUED") return;
  const board = live.subscribe("board", {
    onEvents: () => (state.batch.state === "QUEUED" ? lookAgain() : board.close()),
  });
}

log.know(state.steps);
armControls(() => state.batch);
armSteps(steps);
copyButtons();
draw();
const ticking = setInterval(tick, 250);
followBox.addEventListener("change", () => followBox.checked && drawStepList(state));
follow(Math.max(0, story.head - LOG_LINES));
watchQueue();
