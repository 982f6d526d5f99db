// The queue, kept true, and moving what waits without leaving the page.

import { post, sentence } from "./forms.js";
import { keepAlive, lookAgain } from "./living_page.js";
import { toast } from "./notices.js";

const EVERY_MS = 5000; // when what waits will begin
document.documentElement.dataset.scripted = "";

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".q-moves")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

document.addEventListener("change", (event) => {
  if (!event.target.matches(".q-moves select")) return;
  const { form } = event.target;
  event.target.blur();
  send(form, null);
});

async function send(form, button) {
  const answer = await post(form.getAttribute("action"), new FormData(form, button));
  if (answer.status !== 401) toast(sentence(answer), answer.ok ? "good" : "bad");
  lookAgain();
}

keepAlive(EVERY_MS);
