// The form of a new batch: tells at once about a number outside its range. It forbids nothing: the server judges.

import { setText } from "./elements.js";

const PLAIN = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Whether a text is surely refused. What this cannot read may still be a number to the server. */
export function surelyWrong(text, { minimum, maximum, whole }) {
  const typed = text.trim();
  if (!DECIMAL.test(typed)) return false;
  if (whole && !PLAIN.test(typed)) return true;
  const value = Number(typed);
  return (minimum !== undefined && value < Number(minimum)) || (maximum !== undefined && value > Number(maximum));
}

function look({ target }) {
  const { dataset, value } = target;
  const hint = target.closest(".g-field")?.querySelector("[data-hint]");
  if (!dataset.expected || !hint) return;
  const wrong = surelyWrong(value, dataset);
  setText(hint, wrong ? dataset.expected : "");
  hint.hidden = !wrong;
}

const form = document.querySelector("form.g-form");
form?.addEventListener("change", look);
form?.querySelector('[aria-invalid="true"]')?.focus(); // what was refused may stand far below
