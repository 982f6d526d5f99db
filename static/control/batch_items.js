// The items of a batch: the part that the server draws is asked for anew while chunks end, and when a tile is opened.

import { focusOn } from "./elements.js";

const EVERY_MS = 1000; // at most so often
const card = document.getElementById("items");
let query = new URLSearchParams(location.search).toString(); // the tile that is open
let drawn = card?.innerHTML;
let due = 0;
let asking = false;

/** Something has happened: look soon, once for all that happens meanwhile. */
export function itemsTold({ kind }) {
  const matters = kind.startsWith("items.") || kind.startsWith("chunk.") || kind.startsWith("batch.");
  if (card && matters) due ||= setTimeout(look, EVERY_MS);
}

async function look() {
  if (asking) {
    due = setTimeout(look, EVERY_MS);
    return false;
  }
  due = 0;
  asking = true;
  const asked = query;
  try {
    const answer = await fetch(`${card.dataset.part}?${asked}`, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return false;
    const text = await answer.text();
    if (asked === query && text !== drawn) replace(text);
    return asked === query;
  } catch {
    return false; // the connection is away, which the shell says; the next event asks again
  } finally {
    asking = false;
  }
}

/** The focus stays on the tile or link where it was. */
function replace(text) {
  drawn = text;
  const focused = card.contains(document.activeElement) ? document.activeElement : null;
  const href = focused?.getAttribute("href");
  const fresh = new DOMParser().parseFromString(text, "text/html");
  card.replaceChildren(...fresh.body.childNodes);
  if (!focused) return;
  const again = href && card.querySelector(`[href="${CSS.escape(href)}"]`);
  if (again) again.focus({ preventScroll: true });
  else focusOn(card);
}

card?.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-part]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  query = new URL(link.href).search.slice(1);
  while (asking) await new Promise((resolve) => setTimeout(resolve, 50));
  clearTimeout(due);
  if (await look()) (document.getElementById("chunk") ?? card).scrollIntoView({ block: "nearest" });
});
