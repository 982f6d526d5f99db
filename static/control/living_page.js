// Pages that the server draws and that stay true: when something has happened they are asked for anew, and their living
// parts, [data-live], are taken over. First load and what comes later are one template.

import { focusOn } from "./elements.js";
import { live } from "./live.js";

const AGAIN_MS = 80; // what happens at once is looked at once
let pending = null;
let dirty = false;

/** Look whenever the board tells something, and every so often: some things change with the time alone. */
export function keepAlive(everyMs) {
  live.subscribe("board", { onEvents: lookAgain, onError: lookAgain });
  setInterval(() => document.hidden || lookAgain(), everyMs);
}

/** Ask for the page, one look at a time; what happens during a look is looked at afterwards. */
export function lookAgain() {
  dirty = true;
  pending ??= new Promise((resolve) => setTimeout(resolve, AGAIN_MS)).then(look).finally(() => {
    pending = null;
    if (dirty) lookAgain();
  });
}

async function look() {
  dirty = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
      if (now && contentOf(now) !== drawn.get(part)) replace(part, now);
    }
  } catch {
    // the connection is away, which the shell says; what happens next asks again
  }
}

const contentOf = (part) => part.innerHTML.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, ""); // new in each answer
const drawn = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part, contentOf(part)])); // as it came

/** The focus stays where it was, or beside what has gone. A list that somebody has open is not taken away. */
function replace(part, now) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  if (focused?.matches("select")) return;
  drawn.set(part, contentOf(now));
  part.replaceChildren(...now.childNodes);
  if (!focused) return;
  const again = focused.dataset.focus && part.querySelector(`[data-focus="${focused.dataset.focus}"]:not(:disabled)`);
  if (again) again.focus();
  else focusOn(part);
}
