// Asking something of a batch, from the overview and from its own page, and telling what became of it.

import { warnUnconfirmed } from "./emergency_stop.js";
import { post, sentence } from "./forms.js";
import { toast } from "./notices.js";

/** Press one of a batch's buttons. An emergency stop without a proof is no success: its warning stays. Returns the answer. */
export async function ask(button, address, reason = "") {
  const emergency = button.dataset.control === "emergency-stop";
  button.disabled = !emergency; // that one may be pressed again at once
  const answer = await post(address, { reason });
  button.disabled = false;
  const sure = answer.ok && answer.body.confirmed !== false;
  if (emergency && !sure) warnUnconfirmed(answer);
  else toast(sentence(answer), sure ? "good" : "bad");
  return answer;
}
