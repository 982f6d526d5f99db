// Sentences that records hold in English, in the reader's language. Values keep their places; what a person wrote stays.

import { fill, words } from "./words.js";

const USER_REQUEST = "USER_REQUEST"; // what is recorded where nobody gave a reason
const PLACE = /%\((\w+)\)s/;
let forms = null;

/** "Step '%(step)s' failed: %(why)s" → /^Step '(?<step>.+?)' failed: (?<why>.+)$/is */
function patternOf(stored) {
  const parts = stored.split(PLACE).map((part, index, all) => {
    if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return `(?<${part}>${index === all.length - 2 ? ".+" : ".+?"})`;
  });
  return new RegExp(`^${parts.join("")}$`, "is");
}

/** Why, where somebody said so; else nothing. */
export const reasonOf = ({ reason }) => (reason && reason !== USER_REQUEST ? reason : "");

/** The sentence as people are told it; unchanged when it is none of those that the system writes by itself. */
export function told(message) {
  if (!message) return message;
  return message.split("; ").map(one).join("; ");
}

function one(message) {
  forms ??= (words().sentences ?? []).map(([stored, sentence]) => [patternOf(stored), sentence]);
  for (const [pattern, sentence] of forms) {
    const found = pattern.exec(message);
    if (!found) continue;
    const values = Object.entries(found.groups ?? {}).map(([name, value]) => [name, told(value)]);
    return fill(sentence, Object.fromEntries(values));
  }
  return message;
}
