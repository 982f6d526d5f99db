// Forms that act, without leaving the page. Without scripts they are plain forms with the same addresses.

import { data, words } from "./words.js";

/**
 * Send a form as it stands. Resolves to { ok, status, body }, never rejects; `body.message` or `body.detail` is the
 * sentence for people. `fields` are added, for forms that ask for more in a dialog.
 */
export function postForm(form, fields = {}) {
  const content = new FormData(form);
  content.delete("csrfmiddlewaretoken"); // the header carries a newer one
  for (const [name, value] of Object.entries(fields)) content.set(name, value);
  return post(form.action, content);
}

/** The same for an address without a form. `content`: FormData or a plain object. */
export async function post(address, content = {}) {
  const sent = content instanceof FormData ? new URLSearchParams(content) : new URLSearchParams(Object.entries(content));
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? data("shell")?.csrf ?? "";
  const headers = { Accept: "application/json", "X-CSRFToken": token }; // the cookie: a login elsewhere changes it
  try {
    const answer = await fetch(address, { method: "POST", body: sent, headers, redirect: "error" });
    const body = await answer.json().catch(() => ({ detail: words().no_answer }));
    return { ok: answer.ok, status: answer.status, body };
  } catch {
    return { ok: false, status: 0, body: { detail: words().no_connection } };
  }
}

/** The sentence of an answer. */
export const sentence = ({ body }) => body.message ?? body.detail ?? body.title ?? "";
