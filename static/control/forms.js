// Forms that act, without leaving the page. Without scripts they are plain forms with the same addresses.

import { askForLogin } from "./logged_out.js";
import { data, words } from "./words.js";

const PATIENCE_MS = 15_000;

/**
 * Send a form as it stands. Resolves to { ok, status, body }, never rejects; `body.message` or `body.detail` is the
 * sentence for people. `fields` are added, for forms that ask for more in a dialog. `signal`: when to give up.
 */
export function postForm(form, fields = {}, signal) {
  const content = new FormData(form);
  content.delete("csrfmiddlewaretoken"); // the header carries a newer one
  for (const [name, value] of Object.entries(fields)) content.set(name, value);
  return post(form.action, content, signal);
}

/** The same for an address without a form. `content`: FormData or a plain object. */
export async function post(address, content = {}, signal = AbortSignal.timeout(PATIENCE_MS)) {
  const sent = content instanceof FormData ? new URLSearchParams(content) : new URLSearchParams(Object.entries(content));
  const token = document.cookie.match(/(?:^|; )gwanje_csrf=([^;]+)/)?.[1] ?? data("shell")?.csrf ?? "";
  const headers = { Accept: "application/json", "X-CSRFToken": token }; // the cookie: a login elsewhere changes it
  try {
    const answer = await fetch(address, { method: "POST", body: sent, headers, redirect: "error", signal });
    if (answer.status === 401) askForLogin();
    return { ok: answer.ok, status: answer.status, body: await answer.json() };
  } catch (error) {
    const unreadable = error instanceof SyntaxError; // it has answered, but what?
    return { ok: false, status: 0, body: { detail: unreadable ? words().no_answer : words().no_connection } };
  }
}

/** The sentence of an answer. */
export const sentence = ({ body }) => body.message ?? body.detail ?? body.title ?? "";
