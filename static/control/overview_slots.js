// A card for each slot and lane, and banners. What is not known to be safe has its own, on every page.

import { resetDialog, serviceDialog } from "./dialogs.js";
import { drawList, element, focusOn, setAttribute, setText } from "./elements.js";
import { percent, when } from "./format.js";
import { post, sentence } from "./forms.js";
import { toast } from "./notices.js";
import { instrumentRow } from "./overview_instruments.js";
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
      element("ul", { "data-part": "health", class: "g-instruments", "aria-label": text.instruments }),
      element("footer", {}, element("span", { "data-part": "waiting", class: "g-muted" }), makeSafeButton(slot), resetButton(slot), serviceButton()),
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
    drawList(part(node, "health"), slot.health, instrumentRow);
    setText(part(node, "waiting"), slot.waiting ? fill(text.waiting, { count: slot.waiting }) : "");
    drawServiceButton(part(node, "service"), slot);
    showButton(node, "make-safe", slot.batch === null && slot.alive);
    showButton(node, "reset", slot.latch !== null || (slot.unsafe !== null && rights.includes("engineer")));
  },
};

/** Its instruments are on its own page; a lane has none. */
const nameOf = ({ id, kind }) => (kind === "LANE" || !urls.slot ? id : element("a", { href: urls.slot.replace("{slot}", id) }, id));

/** A button that is not there for everybody, nor always. */
function showButton(node, name, shown) {
  const button = part(node, name);
  if (!button) return;
  if (!shown && button === document.activeElement) focusOn(node);
  button.hidden = !shown;
}

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
  if (slot.unsafe) notes.push(unsafeOf(slot.unsafe));
  else if (slot.state === "UNSAFE") notes.push(text.unsafe_help);
  for (const held of slot.waits_for) notes.push(fill(text.waits_for_instrument, { instrument: held.instrument, name: held.batch_name, slot: held.slot }));
  if (slot.latch) notes.push(latchOf(slot.latch));
  if (slot.out_of_service) notes.push(outOf(slot.out_of_service));
  return notes.join(" · ");
}

function unsafeOf({ since, problems, confirmed_at: confirmed }) {
  const names = Object.keys(problems).join(", ");
  const said = fill(text.unsafe_since, { time: when(since), instruments: names });
  return confirmed ? `${said} · ${fill(text.unsafe_confirmed, { time: when(confirmed), instruments: names })}` : said;
}

function latchOf(latch) {
  const { by, at } = latch;
  return fill(by ? text.latched_by : text.latched_without_name, { by, reason: reasonOf(latch) || text.no_reason, time: when(at * 1000) });
}

function outOf({ why, by, reason, at }) {
  const texts = { PERSON: text.out_by_person, HEALTH: text.out_by_health, FILE: text.out_by_file };
  return fill(texts[why], { by, reason, time: at ? when(at) : "" });
}

function serviceButton() {
  return rights.includes("engineer") && element("button", { type: "button", class: "g-button g-button--quiet", "data-part": "service" });
}

/** Takes the slot out of service; or puts it back, where somebody has taken it out. */
function drawServiceButton(button, { id, out_of_service: out }) {
  if (!button) return;
  const back = out?.why === "PERSON";
  setText(button, back ? text.put_into_service : text.take_out_of_service);
  setAttribute(button, "aria-label", `${button.textContent}: ${id}`);
  button.hidden = out?.why === "FILE";
  button.onclick = () => serviceDialog(id, back, button);
}

/** Switches off what is idle, and says what proves it. Like everything that makes safe, it never asks. */
function makeSafeButton(slot) {
  if (!rights.includes("operate") || slot.kind === "LANE") return null;
  const button = element("button", { type: "button", class: "g-button g-button--quiet", "data-part": "make-safe", "aria-label": `${text.make_safe}: ${slot.id}`, hidden: true }, text.make_safe);
  button.onclick = async () => {
    button.disabled = true;
    const answer = await post(urls.make_safe.replace("STATION", slot.station).replace("SLOT", slot.name));
    button.disabled = false;
    toast(sentence(answer), answer.ok && answer.body.confirmed ? "good" : "bad");
  };
  return button;
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
  const latched = slots.filter((slot) => slot.latch);
  const lost = new Map(slots.filter((slot) => slot.lost_contact_since).map((slot) => [slot.station, slot.lost_contact_since]));
  const silent = [...new Set(slots.filter((slot) => !slot.alive && !slot.lost_contact_since).map((slot) => slot.station))];
  const banners = [];
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
