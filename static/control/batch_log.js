// The live log. Every line is counted and kept (the newest ones), at most 500 are drawn, once per animation frame.

import { said } from "./batch_controls.js";
import { answerOf, detailsOf } from "./batch_wishes.js";
import { element, setText } from "./elements.js";
import { fileSize, number, timeOfDay } from "./format.js";
import { reasonOf, told } from "./told.js";
import { fill, words } from "./words.js";

const text = words("page-words");
const DRAWN = 500;
const KEPT = 20_000; // lines in memory; the complete log is in the API and the admin
const RANK = { DEBUG: 0, INFO: 1, WARNING: 2, ERROR: 3 };
const BUSY = 20; // lines in one frame
const FAR = 10_000_000;
const NEAR = 24; // pixels from the end that still count as being there

export class Log {
  constructor(place) {
    this.list = place.querySelector("ol");
    this.scroller = place.querySelector(".b-log-lines");
    this.more = place.querySelector(".b-log-more");
    this.place = place;
    this.kept = []; // what passes no filter is kept too: the filter may change
    this.lines = 0; // of the sequence, as they were received
    this.events = 0;
    this.fresh = []; // to be drawn
    this.waiting = 0; // lines that came while somebody reads further up
    this.following = true;
    this.lowest = RANK.DEBUG;
    this.top = 0; // where it was scrolled to last
    this.names = new Map(); // index of a step → its name
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.more.addEventListener("click", () => this.follow());
    place.querySelector("select").addEventListener("change", (event) => this.#filter(event.target.value));
    this.#filter(place.querySelector("select").value); // browsers restore it after a reload
  }

  /** Take what was received. Draws nothing: see `draw`. */
  take(events) {
    for (const event of events) {
      this.events += 1;
      if (event.kind === "log") this.lines += 1;
      if (event.kind === "step.started") this.names.set(event.step, event.data.name);
      const entry = entryOf(event, this.names);
      if (!entry) continue;
      this.kept.push(entry);
      if (RANK[entry.level] < this.lowest) continue;
      if (this.following) this.fresh.push(entry);
      else this.waiting += 1;
    }
    if (this.kept.length > 1.25 * KEPT) this.kept = this.kept.slice(-KEPT);
    if (this.fresh.length > DRAWN) this.fresh = this.fresh.slice(-DRAWN);
  }

  /** The names of steps that began before the first event that came. */
  know(steps) {
    for (const step of steps) if (step.name) this.names.set(step.index, step.name);
  }

  draw() {
    this.place.dataset.lines = this.lines;
    this.place.dataset.events = this.events;
    setText(this.place.querySelector(".b-log-count"), fill(text.lines_received, { count: number(this.events) }));
    this.more.hidden = this.waiting === 0;
    if (this.waiting) setText(this.more, fill(text.new_lines, { count: number(this.waiting) }));
    this.place.querySelector(".b-log-empty").hidden = this.list.childElementCount + this.fresh.length > 0;
    if (!this.fresh.length) return;
    if (this.fresh.length > BUSY) this.#hurry();
    const rows = this.#rows(this.fresh.length);
    this.fresh.forEach((entry, at) => fillRow(rows[at], entry));
    this.fresh = [];
    this.list.append(...rows);
    this.#toEnd();
    requestAnimationFrame(() => this.following && this.#toEnd()); // lines that wrap have shown their height now
  }

  /** While lines pour in, only those in sight are laid out: half the work. Otherwise all are, for search and print. */
  #hurry() {
    this.list.classList.add("b-log-busy");
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.list.classList.remove("b-log-busy"), 1000);
  }

  #toEnd() {
    this.scroller.scrollTop = FAR;
    this.top = this.scroller.scrollTop;
  }

  /** Go to the newest line and stay there. */
  follow() {
    this.following = true;
    this.#again();
  }

  #filter(level) {
    this.lowest = RANK[level] ?? RANK.DEBUG;
    this.following = true;
    this.#again();
  }

  /** Draw the newest lines that pass the filter, and nothing that was there before. */
  #again() {
    this.waiting = 0;
    this.list.replaceChildren();
    this.fresh = [];
    for (let at = this.kept.length - 1; at >= 0 && this.fresh.length < DRAWN; at -= 1) {
      if (RANK[this.kept[at].level] >= this.lowest) this.fresh.unshift(this.kept[at]);
    }
    this.draw();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    const upwards = scrollTop < this.top - 2; // somebody's own move: the page itself only goes down
    this.top = scrollTop;
    if (atEnd && !this.following) return this.follow();
    if (upwards && !atEnd) this.following = false;
  }

  /** So many rows: the oldest ones of the list where it is full, new ones otherwise. */
  #rows(count) {
    const made = Math.max(0, Math.min(count, DRAWN - this.list.childElementCount));
    const old = [...this.list.children].slice(0, count - made);
    return [...old, ...Array.from({ length: made }, makeRow)];
  }
}

const makeRow = () =>
  element("li", {}, element("time"), element("span", { class: "b-log-level" }), element("span", {}, element("span", { class: "b-log-step" }), element("span", { class: "b-log-message" })));

function fillRow(row, { at, level, step, message }) {
  const [time, badge, { firstChild: name, lastChild: words }] = row.children;
  row.dataset.level = level;
  time.dateTime = at;
  time.textContent = exactly(at);
  badge.textContent = level;
  name.textContent = step;
  words.textContent = message;
}

/** The time of day with milliseconds. Lines come in thousands a second: each second is formatted once. */
const second = { iso: "", shown: "" };
function exactly(at) {
  const iso = at.slice(0, 19);
  if (iso !== second.iso) Object.assign(second, { iso, shown: timeOfDay(at) });
  return `${second.shown}.${(at.slice(20).replace(/\D.*/, "") + "000").slice(0, 3)}`;
}

/** What a person should read of an event; null for those that the page shows elsewhere. */
function entryOf(event, names) {
  const entry = (message, level = event.level) => ({ seq: event.seq, at: event.at, level, step: names.get(event.step) ?? "", message });
  const sentence = SENTENCES[event.kind];
  if (!sentence) return null;
  const message = sentence(event, event.data);
  if (!message) return null;
  return entry(...[message].flat());
}

const asked = ({ message }, intervention) => {
  if (intervention.by === undefined) return intervention.obeyed === false ? told(message) : "";
  const what = [said(intervention), detailsOf(intervention)].filter(Boolean).join(" · ");
  return [what, reasonOf(intervention)].filter(Boolean).join(": ");
};

/** The rung of the ladder that the guard has taken, why, and how long it waits for the run to end. */
const climbed = (event, { rung, why, patience_s: patience }) => {
  const words = { why: text.ladder_whys[why] ?? why, seconds: number(patience ?? 0, 1) };
  return fill(text.rungs[rung] ?? rung, words) + (patience ? ` ${fill(text.patience, words)}` : "");
};

const proof = (event, { confirmed, instruments }) => {
  const names = Object.entries(instruments ?? {});
  if (!names.length) return "";
  if (confirmed) return fill(text.safe, { instruments: names.map(([name]) => name).sort().join(", ") });
  return [fill(text.not_safe, { problems: names.filter(([, one]) => !one.confirmed).map(([name, one]) => `${name}: ${one.error}`).join("; ") }), "ERROR"];
};

const ended = (event, { attempt, outcome, retrying, carried }) => {
  const loud = !carried && (retrying || outcome === "FAIL" || outcome === "TIMEOUT"); // an error has a line of its own
  if (!loud) return "";
  const what = fill(text.step_ended, { step: event.data.name, attempt, outcome: text.outcomes[outcome] });
  return [event.message ? `${what}: ${told(event.message)}` : what, retrying ? "WARNING" : "ERROR"];
};

const SENTENCES = {
  log: ({ message }) => message,
  torn: ({ message }) => message,
  error: ({ message }, { exception }) => `${exception}: ${message}`,
  control: asked,
  attachment: (event, { name, size }) => fill(text.attached, { name, size: fileSize(size) }),
  "prompt.asked": ({ message }) => fill(text.prompt_asked, { question: message }),
  "prompt.closed": () => [text.prompt_unanswered, "WARNING"],
  "manual.begun": (event, { by }) => fill(text.manual_begun, { by }),
  "manual.answered": (event, data) => [fill(text.manual_answered, { what: [data.instrument, data.command].filter(Boolean).join(" "), answer: answerOf({ after: data }) }), data.error ? "WARNING" : event.level],
  "manual.ended": (event, { why }) => fill(text.manual_ended, { why: text.manual_whys[why] ?? why }),
  saved: (event, { name }) => [fill(text.saved, { name }), "DEBUG"],
  ladder: climbed,
  safe_state: proof,
  "step.ended": ended,
  "batch.queued": (event, data) => asked(event, { ...data, kind: "BATCH_START" }),
  "batch.started": () => text.batch_started,
  "batch.paused": () => text.batch_paused,
  "batch.resumed": () => text.batch_resumed,
  "batch.ended": ({ message }) => (message ? fill(text.batch_ended_with, { message: told(message) }) : text.batch_ended),
};
