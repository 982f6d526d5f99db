// The dialogs of a batch's page. What they offer follows from its state, its plan and its settings, so that the server
// is asked for them whenever one opens; when it does not answer in time, the one that the page came with is shown.

import { openDialog } from "./dialogs.js";
import { data, fill, words } from "./words.js";

const text = words("page-words");
const { dialogs: address } = data("page-data") ?? {};
const PATIENCE_MS = 3000;

/** Ask what a control needs to be told. `step`: the one to skip, instead of that which runs. */
export async function askFirst(word, { button, step = null, ...more }) {
  button.disabled = true;
  await refresh();
  button.disabled = false;
  const dialog = document.getElementById(`${word}-dialog`);
  if (!dialog) return; // it has ended meanwhile, and the page says so
  if (step) dialog.querySelector("[name=step]").value = step.index;
  openDialog(dialog, { title: step && fill(text.skip_title, { step: step.name }), button, ...more });
}

async function refresh() {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const answer = await fetch(address, { signal });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("batch-dialogs").replaceChildren(...fresh.body.childNodes);
    armChoices();
  } catch {
    // no connection, which the shell says
  }
}

/** The list of steps is for one of the ways to run again, and chooses it. */
function armChoices() {
  const form = document.querySelector("#rerun-dialog form");
  const step = form?.elements.step;
  if (!step) return;
  step.value = [...step.options].find((option) => !option.disabled)?.value;
  step.addEventListener("change", () => (form.elements.mode.value = "from_step"));
}
