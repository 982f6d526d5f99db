// The instruments of a slot: whether each can be used, by a sign, a word and only then a colour.

import { element, setAttribute, setText } from "./elements.js";
import { duration } from "./format.js";
import { told } from "./told.js";
import { fill, words } from "./words.js";

const text = words("page-words");
const SIGNS = { PRESENT: "●", ABSENT: "✕", PROBLEM: "▲", UNKNOWN: "○" };

const part = (node, name) => node.querySelector(`[data-part="${name}"]`);

export const instrumentRow = {
  key: ({ name }) => name,

  make(instrument) {
    return element(
      "li",
      {},
      element("span", { "data-part": "sign", "aria-hidden": "true" }),
      element("span", { class: "g-instrument-name" }, instrument.name),
      element("span", { "data-part": "state", class: "g-muted" }),
      element("span", { "data-part": "calibration", class: "g-instrument-due" }),
      element("span", { "data-part": "problem", class: "g-instrument-problem" }),
    );
  },

  update(node, instrument) {
    const { state, calibration_due: due, calibration_overdue: overdue } = instrument;
    setAttribute(node, "data-state", state);
    setAttribute(node, "title", instrument.identity || null);
    setText(part(node, "sign"), SIGNS[state]);
    setText(part(node, "state"), stateOf(instrument));
    setAttribute(part(node, "calibration"), "data-overdue", overdue);
    setText(part(node, "calibration"), due ? fill(overdue ? text.calibration_overdue : text.calibration_due, { date: due }) : "");
    setText(part(node, "problem"), state === "ABSENT" || state === "PROBLEM" ? told(instrument.problem) : "");
  },
};

function stateOf({ state, response_ms: milliseconds }) {
  const word = text.instrument_states[state];
  if (state !== "PRESENT" || milliseconds === null) return word;
  return `${word}, ${duration(Math.max(1, Math.round(milliseconds)) / 1000)}`;
}
