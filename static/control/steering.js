// Asking something of a batch, from the overview and from its own page, and telling what became of it.

import { post, sentence } from "./forms.js";
import { toast } from "./notices.js";

/** Press one of a batch's buttons; the red one is that of emergency_stop.js. Returns the answer. */
export async function ask(button, address, reason = "") {
  button.disabled = true;
  const answer = await post(address, { reason });
  button.disabled = false;
  if (answer.status !== 401) toast(sentence(answer), answer.ok ? "good" : "bad"); // that one has a dialog of its own
  return answer;
}
