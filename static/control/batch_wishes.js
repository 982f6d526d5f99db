// What a control event asks for, in words: which step, which settings, which batch follows.

import { number } from "./format.js";
import { shownAnswer } from "./batch_prompt.js";
import { data, fill, words } from "./words.js";

const text = words("page-words");
const { units = {} } = data("page-data") ?? {};
const { urls = {} } = data("shell") ?? {};
const MOVING = new Set(["BATCH_PAUSE", "BATCH_RESUME", "BATCH_STOP", "BATCH_RESTART", "EMERGENCY_STOP"]);

/** A value of a setting, as people read it. */
const shownSetting = (value) =>
  typeof value === "boolean" ? (value ? text.yes : text.no) : typeof value === "number" ? number(value, 10) : String(value ?? "–");

/** "2 → 10 s"; without knowing what was before, "10 s". */
export const changeOf = (name, was, is) =>
  [was === undefined ? shownSetting(is) : `${shownSetting(was)} → ${shownSetting(is)}`, units[name]].filter(Boolean).join(" ");

export function detailsOf({ kind, details = {}, before = {} }) {
  if (kind === "BATCH_SKIP") return fill(text.skipped_step, { number: number(details.step + 1), step: details.name });
  if (kind === "PROMPT_ANSWER") return fill(text.question_and_answer, { question: details.question, answer: shownAnswer(details.value, details.unit) });
  if (kind === "MANUAL_COMMAND") return commandOf(details);
  if (kind === "BATCH_START" && details.asked_again) return text.asked_again;
  if (kind === "BATCH_RERUN" && details.mode) return modeOf(details);
  const changes = Object.entries(details.settings ?? {});
  return changes.map(([name, value]) => `${name}: ${changeOf(name, before.settings?.[name], value)}`).join(", ");
}

/** "supply-1: voltage = 5 V", "meter-1: rail_3v3?", "supply-1: MEAS:VOLT?" */
function commandOf({ instrument, command, value, unit, text: raw }) {
  if (raw !== undefined) return `${instrument}: ${raw}`;
  if (value === undefined) return [instrument, command].filter(Boolean).join(": ") + "?";
  return `${instrument}: ${command} = ${[shownSetting(value), unit].filter(Boolean).join(" ")}`;
}

/** What an instrument answered to a command by hand. */
export function answerOf({ after = {} }) {
  if (after.took_ms === undefined) return "";
  if (after.error) return after.error;
  return [after.value === null ? after.text || text.manual_sent : shownSetting(after.value), after.unit].filter(Boolean).join(" ");
}

const modeOf = ({ mode, step }) =>
  fill(text.modes[mode] ?? mode, { step: typeof step === "number" ? number(step + 1) : step });

/** "Running → Paused": what the batch came to by it. By a skipped step or a new setting it comes to nothing else. */
export function pathOf({ kind, before = {}, after = {} }) {
  if (!MOVING.has(kind) || !before.state || !after.state) return "";
  return `${text.states[before.state]} → ${text.states[after.state]}`;
}

/** The address of the batch that was made by it. */
export const followerOf = ({ details = {} }) => details.batch && urls.batch.replace("{batch}", details.batch);

/** The indexes of steps that somebody wants skipped, and that have not had their turn yet. */
export const toBeSkipped = (controls) =>
  new Set(controls.filter(({ kind, after }) => kind === "BATCH_SKIP" && !after.note).map(({ details }) => details.step));
