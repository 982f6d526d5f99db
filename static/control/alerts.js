// The bell: the latest alerts in a list, a count of those that nobody here has seen, and a toast for each new happening.

import { element, setText } from "./elements.js";
import { isOwnNews } from "./emergency_stop.js";
import { when } from "./format.js";
import { live } from "./live.js";
import { toast } from "./notices.js";
import { told } from "./told.js";
import { data, fill, words } from "./words.js";

const KEPT = 20;
const OVER = new Set(["prompt.answered", "prompt.closed"]); // by these a question's alert is over
const ONE_HAPPENING_MS = 1500; // alerts of one batch that come this close are one thing to people
const SEEN = "gwanje.alerts.seen"; // number of the last alert that was looked at in this browser

const bell = document.getElementById("bell");
const list = document.querySelector("#alerts ol");
const empty = document.querySelector("#alerts .g-empty");
const numbers = []; // of the alerts in the list, newest first

/** Follow the stream. What was there when the page came is listed; what comes later is shown as a toast too. */
export function listen() {
  const { alerts_head: head } = data("shell");
  if (seen() > head) look(head); // another database
  const follow = (after) =>
    live.subscribe("alerts", {
      after,
      onEvents: (events) => events.forEach((event) => (OVER.has(event.kind) ? takeAway(event) : show(event, event.seq > head))),
      onError: ({ code, first }) => code === 4409 && follow(first ? first - 1 : null),
    });
  follow(Math.max(0, head - 2 * KEPT)); // half of them may only take others away
  document.getElementById("alerts").addEventListener("toggle", ({ newState }) => {
    if (newState === "open" && numbers.length) look(numbers[0]);
    count();
  });
}

function seen() {
  return Number(localStorage.getItem(SEEN) ?? 0);
}

function look(number) {
  localStorage.setItem(SEEN, number);
}

/** What an alert says. Some kinds of events carry no sentence of their own. */
const sentenceOf = ({ kind, message }) => told(message) || words().alert_kinds[kind] || kind;

/** The same, with whose alert it is. */
const textOf = (event) => (event.data?.name ? `${event.data.name}: ${sentenceOf(event)}` : sentenceOf(event));

function show(event, fresh) {
  const text = textOf(event);
  const bad = event.level === "ERROR";
  const tone = bad ? "bad" : event.level === "WARNING" ? "warning" : "calm";
  const address = event.data?.batch && data("shell").urls.batch.replace("{batch}", event.data.batch);
  list.prepend(
    element(
      "li",
      { "data-tone": tone, "data-seq": event.seq, "data-question": questionOf(event) },
      element("time", { datetime: event.at }, when(event.at)),
      element("p", {}, text),
      address && element("a", { href: address }, words().open_batch),
    ),
  );
  numbers.unshift(event.seq);
  while (numbers.length > KEPT) {
    numbers.pop();
    list.lastElementChild.remove();
  }
  empty.hidden = true;
  count();
  if (fresh) tell(event, text, tone, address ? [words().open_batch, address] : null);
}

/** Which question an alert is about; alerts of anything else have none. */
const questionOf = ({ data: { batch, prompt } = {} }) => (prompt ? `${batch} ${prompt}` : null);

/** Nobody has to answer it any more: it leaves the list, the count and the corner, whoever answered. */
function takeAway(event) {
  const question = questionOf(event);
  for (const item of list.querySelectorAll(`[data-question="${question}"]`)) {
    numbers.splice(numbers.indexOf(Number(item.dataset.seq)), 1);
    item.remove();
  }
  toasts.filter((one) => one.question === question).forEach(({ shown }) => shown.remove());
  empty.hidden = numbers.length > 0;
  count();
}

let toasts = []; // what toasts say now: { at, batch, question, said, tone, shown }

/** One toast for each happening: who has just pressed an emergency stop was answered, and how a guard insists is for the bell. */
function tell(event, text, tone, link) {
  const { kind, data: facts } = event;
  if (kind === "prompt.asked" && location.pathname === link?.[1]) return; // the page itself asks
  if (kind === "ladder" || (isOwnNews() && isStop(kind, facts))) return;
  const [at, batch, said] = [performance.now(), facts?.batch, sentenceOf(event)];
  toasts = toasts.filter(({ shown }) => shown.isConnected);
  if (toasts.some((one) => one.said === said && (!one.batch || !batch || one.batch === batch))) return; // a slot's stop ends its batch
  const before = toasts.find((one) => batch && one.batch === batch && at - one.at < ONE_HAPPENING_MS);
  before?.shown.remove(); // the later word is the fuller one
  const worst = before?.tone === "bad" ? "bad" : tone;
  toasts.push({ at, batch, question: questionOf(event), said, tone: worst, shown: toast(text, worst, link) });
}

const isStop = (kind, facts) =>
  (kind === "control" && facts?.kind === "EMERGENCY_STOP") || (kind === "batch.ended" && facts?.state === "ABORTED");

function count() {
  const fresh = numbers.filter((number) => number > seen()).length;
  const badge = bell.querySelector(".g-bell-count");
  badge.hidden = fresh === 0;
  setText(badge, fresh >= KEPT ? `${KEPT}+` : String(fresh));
  bell.setAttribute("aria-label", fresh ? fill(words().alerts_new, { count: fresh }) : words().alerts);
}
