// A card for each slot and lane, and the banners that cannot be overlooked.

import { resetDialog } from "./dialogs.js";
import { drawList, element, focusOn, setText } from "./elements.js";
import { percent, when } from "./format.js";
import { reasonOf } from "./told.js";
import { data, fill, words } from "./words.js";

const { rights, urls } = data("shell");
const text = words("page-words");

const part = (node, name) => node.querySelector(`[data-part="${name}"]`);

export const slotCard = {
  make(slot) {
    const title = `slot-${slot.id}`;
    return element(
      "div",
      { class: "g-card g-slot", role: "listitem", "aria-labelledby": title, "data-kind": slot.kind },
      element("header", {}, element("h3", { id: title }, nameOf(slot)), element("span", { "data-part": "state", class: "g-badge" })),
      element("p", { "data-part": "work" }),
      element("p", { "data-part": "note", class: "g-slot-note" }),
      element("footer", {}, element("span", { "data-part": "waiting", class: "g-muted" }), resetButton(slot)),
    );
  },

  update(node, slot) {
    node.dataset.state = slot.state;
    node.dataset.alive = slot.alive;
    const state = part(node, "state");
    state.dataset.state = slot.state;
    setText(state, text.slot_states[slot.state]);
    drawWork(part(node, "work"), slot);
    setText(part(node, "note"), note(slot));
    setText(part(node, "waiting"), slot.waiting ? fill(text.waiting, { count: slot.waiting }) : "");
    const button = part(node, "reset");
    if (!button) return;
    if (slot.latch === null && button === document.activeElement) focusOn(node);
    button.hidden = slot.latch === null;
  },
};

/** Its instruments are on its own page; a lane has none. */
const nameOf = ({ id, kind }) => (kind === "LANE" || !urls.slot ? id : element("a", { href: urls.slot.replace("{slot}", id) }, id));

function drawWork(place, slot) {
  if (slot.batch === null) return place.replaceChildren();
  let link = place.firstElementChild;
  if (link?.dataset.batch !== slot.batch) {
    link = element("a", { href: urls.batch.replace("{batch}", slot.batch), "data-batch": slot.batch });
    place.replaceChildren(link, element("span", { class: "g-muted" }));
  }
  setText(link, slot.batch_name);
  const asks = slot.prompt ? `${text.waits_for_answer} · ` : "";
  const byHand = slot.manual_by ? `${fill(text.driven_by, { by: slot.manual_by })} · ` : "";
  setText(place.lastElementChild, ` ${byHand}${asks}${slot.current_step} ${percent(slot.progress)}`);
}

function note(slot) {
  const notes = [];
  if (slot.lost_contact_since) notes.push(fill(text.lost_contact, { time: when(slot.lost_contact_since) }));
  else if (!slot.alive) notes.push(text.station_silent);
  if (slot.state === "UNSAFE") notes.push(text.unsafe_help);
  if (slot.latch) notes.push(latchOf(slot.latch));
  return notes.join(" · ");
}

function latchOf(latch) {
  const { by, at } = latch;
  return fill(by ? text.latched_by : text.latched_without_name, { by, reason: reasonOf(latch) || text.no_reason, time: when(at * 1000) });
}

function resetButton(slot) {
  if (!rights.includes("reset")) return null;
  const button = element("button", { type: "button", class: "g-button", "data-part": "reset", "aria-label": `${text.reset}: ${slot.id}`, hidden: true }, text.reset);
  button.onclick = () => resetDialog(slot.id, button);
  return button;
}

/** What somebody must know at once. Drawn again only when it changes, because it is read out. */
export function drawBanners(slots) {
  const named = (found) => found.map((slot) => slot.id).join(", ");
  const unsafe = slots.filter((slot) => slot.state === "UNSAFE");
  const latched = slots.filter((slot) => slot.latch);
  const lost = new Map(slots.filter((slot) => slot.lost_contact_since).map((slot) => [slot.station, slot.lost_contact_since]));
  const silent = [...new Set(slots.filter((slot) => !slot.alive && !slot.lost_contact_since).map((slot) => slot.station))];
  const banners = [];
  if (unsafe.length) banners.push({ id: "unsafe", title: fill(text.banner_unsafe, { slots: named(unsafe) }), help: text.unsafe_help });
  if (latched.length) {
    const stations = [...new Set(latched.map((slot) => slot.station))];
    banners.push({ id: "latched", title: fill(text.banner_latched, { slots: named(latched) }), help: text.banner_latched_help, stations });
  }
  for (const [station, since] of lost) banners.push({ id: "lost", title: fill(text.banner_lost, { station, time: when(since) }), help: text.banner_lost_help });
  if (silent.length) banners.push({ id: "silent", title: fill(text.banner_silent, { stations: silent.join(", ") }), help: text.banner_silent_help });
  drawList(document.getElementById("banners"), banners, { key: ({ id, title }) => id + title, make: banner, update: () => {} });
}

function banner({ id, title, help, stations = [] }) {
  const buttons = rights.includes("reset") ? stations.map(stationReset) : [];
  return element("div", { class: "g-banner", "data-banner": id }, element("div", {}, element("strong", {}, title), element("p", {}, help)), ...buttons);
}

function stationReset(station) {
  const button = element("button", { type: "button", class: "g-button" }, fill(text.reset_station, { station }));
  button.onclick = () => resetDialog(station, button);
  return button;
}
