// The overview: one function draws it, for the first load and for every change alike.

import { batchCard, endedRow, tick } from "./overview_batches.js";
import { armDialogs } from "./dialogs.js";
import { drawBanners, slotCard } from "./overview_slots.js";
import { drawList, setAttribute, setText } from "./elements.js";
import { number } from "./format.js";
import { live } from "./live.js";
import { data } from "./words.js";

const places = Object.fromEntries(["live", "slots", "ended"].map((id) => [id, document.getElementById(id)]));

function draw(facts) {
  for (const [name, count] of Object.entries(facts.counts)) {
    const node = document.querySelector(`[data-count="${name}"]`);
    if (!node) continue;
    setText(node, number(count));
    setAttribute(node, "data-zero", count === 0);
  }
  drawBanners(facts.slots);
  drawPart("live", facts.live, batchCard);
  drawPart("slots", facts.slots, slotCard);
  drawPart("ended", facts.ended, endedRow);
}

function drawPart(name, items, kind) {
  drawList(places[name], items, { key: (item) => item.id, ...kind });
  places[name].hidden = items.length === 0;
  document.querySelector(`[data-empty="${name}"]`).hidden = items.length > 0;
}

draw(data("overview"));
armDialogs();
setInterval(tick, 500);
live.watch("overview", draw);
