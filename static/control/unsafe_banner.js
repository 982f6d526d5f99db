// The red words on every page about slots that are not known to be safe. The server draws them, also anew.

import { live } from "./live.js";
import { data } from "./words.js";

const RETRY_MS = 1000;

/** Follow what is not confirmed. What is shown is replaced only when it differs: somebody may be writing into it. */
export function followUnsafe() {
  let shown = JSON.stringify(data("shell").unsafe);
  let retry;
  const draw = async (facts) => {
    clearTimeout(retry);
    const wanted = JSON.stringify(facts);
    if (wanted === shown) return;
    try {
      const answer = await fetch(data("shell").urls.unsafe, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok) throw new Error(answer.statusText);
      const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.getElementById("unsafe").replaceWith(document.adoptNode(drawn.getElementById("unsafe")));
      shown = wanted;
    } catch {
      retry = setTimeout(() => draw(facts), RETRY_MS);
    }
  };
  live.watch("unsafe", draw);
}
