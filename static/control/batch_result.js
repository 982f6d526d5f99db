// What a step or a run gave back, as text: in one line, or folded with its size.

import { element } from "./elements.js";
import { fileSize } from "./format.js";
import { fill, words } from "./words.js";

const text = words("page-words");
const LONGEST_LINE = 120;
const drawn = new WeakMap(); // place → the text that it shows

/** One that stays the same is left alone, so that what somebody unfolded stays open. */
export function drawResult(place, { result, result_left_out: tooLarge }) {
  const line = tooLarge ? text.result_left_out : result === null || result === undefined ? "" : inOneLine(result);
  if (drawn.get(place) === line) return;
  drawn.set(place, line);
  place.hidden = !line;
  if (tooLarge || !line) place.replaceChildren(line);
  else if (line.length <= LONGEST_LINE) place.replaceChildren(text.result, " ", element("code", {}, line));
  else place.replaceChildren(folded(result));
}

function folded(result) {
  const size = fileSize(new TextEncoder().encode(JSON.stringify(result)).length);
  const value = element("pre", { tabindex: "0" }, typeof result === "string" ? result : JSON.stringify(result, null, 2));
  return element("details", {}, element("summary", {}, fill(text.result_folded, { size })), value);
}

/** {"cells": 4, "names": ["a"]}: between its values JSON has line breaks, within them never. */
const inOneLine = (value) =>
  JSON.stringify(value, null, 1).replace(/([[{])\n\s*/g, "$1").replace(/\n\s*([\]}])/g, "$1").replace(/\n\s*/g, " ");
