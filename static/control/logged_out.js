// Nobody is logged in any more, as a socket or the answer to a button has told.

import { dialog } from "./notices.js";
import { data, words } from "./words.js";

/** Say so, and lead to the login and back to this page. */
export function askForLogin() {
  const back = `${data("shell").urls.login}?next=${encodeURIComponent(location.pathname + location.search)}`;
  dialog(words().connection.refused, words().connection_help.refused, [[words().log_in, back]]);
}
