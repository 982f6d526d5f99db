// Every page: the state of the connection, alerts, and the small things that the skin leaves to scripts.

import { live } from "./live.js";
import { words } from "./words.js";
import { listen } from "./alerts.js";
import { armEmergencyStop } from "./emergency_stop.js";
import { openSkin } from "./skin_access.js";
import { askForLogin } from "./logged_out.js";
import { dialog } from "./notices.js";
import { followUnsafe } from "./unsafe_banner.js";

const shown = document.getElementById("connection");
const text = shown?.querySelector(".g-connection-text");
const SOON_MS = 1500; // a short interruption is not worth a word
const OLD = new Set(["offline", "refused", "outdated"]); // what the page shows moves no more

let pending;
function showStatus(status) {
  clearTimeout(pending);
  const show = () => {
    shown.dataset.status = status;
    text.textContent = words().connection[status];
    shown.title = words().connection_help[status] ?? "";
    document.documentElement.toggleAttribute("data-stale", OLD.has(status)); // clocks stand still, and all but red buttons is dimmed
  };
  if (status === "offline" && shown.dataset.status === "live") pending = setTimeout(show, SOON_MS);
  else show();
  if (status === "refused") askForLogin();
  if (status === "outdated") {
    dialog(words().connection.outdated, words().connection_help.outdated, [[words().reload, location.href]]);
  }
}

openSkin();
armEmergencyStop();
if (shown) {
  live.onStatus(showStatus);
  listen();
  followUnsafe();
}

// A form that starts something is sent once, however often its button is pressed.
addEventListener("submit", (event) => {
  const { target } = event;
  if (!target.matches("[data-once]")) return;
  if (target.dataset.sent) event.preventDefault();
  target.dataset.sent = "yes";
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));
