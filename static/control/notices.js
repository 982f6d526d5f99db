// Toasts, and the few messages that stay until somebody closes them.

import { element } from "./elements.js";
import { words } from "./words.js";

const TOAST_MS = 8000;
const MOST_TOASTS = matchMedia("(max-width: 640px)").matches ? 1 : 3; // a phone has no room beside its page

const region = element("div", { class: "g-toasts", role: "status", "aria-live": "polite" });
document.body.append(region);

/** A message in the corner. `tone`: "good", "bad" or "calm"; `link`: [text, address]. Bad ones stay longer. Returns it. */
export function toast(message, tone = "calm", link = null) {
  const close = element("button", { type: "button", class: "g-toast-close", "aria-label": words().close }, "×");
  const shown = element(
    "div",
    { class: "g-toast", "data-tone": tone },
    element("p", {}, message),
    link && element("a", { href: link[1] }, link[0]),
    close,
  );
  close.onclick = () => shown.remove();
  region.append(shown);
  while (region.children.length > MOST_TOASTS) region.firstElementChild.remove();
  let timer;
  const leave = () => (timer = setTimeout(() => shown.remove(), tone === "bad" ? 2 * TOAST_MS : TOAST_MS));
  shown.onpointerenter = () => clearTimeout(timer);
  shown.onpointerleave = leave;
  leave();
  return shown;
}

/**
 * A message above everything that stays. It takes the focus but blocks nothing: the emergency stop stays in reach.
 * `links`: [text, address] each. Returns the element; a dialog of the same `id` is replaced.
 */
export function dialog(title, content, links = [], { id = "g-message", tone = "calm" } = {}) {
  document.getElementById(id)?.remove();
  const close = element("button", { type: "button", class: "g-button" }, words().close);
  const heading = element("h2", { id: `${id}-title`, tabindex: "-1" }, title);
  const shown = element(
    "section",
    { id, class: "g-popover g-dialog", popover: "manual", role: "alertdialog", "aria-labelledby": `${id}-title`, "data-tone": tone },
    heading,
    ...[content].flat().map((part) => (part instanceof Node ? part : element("p", {}, part))),
    element(
      "div",
      { class: "g-dialog-buttons" },
      ...links.map(([text, address]) => element("a", { class: "g-button g-button--primary", href: address }, text)),
      close,
    ),
  );
  close.onclick = () => shown.remove();
  shown.onkeydown = ({ key }) => key === "Escape" && shown.remove();
  document.body.append(shown);
  shown.showPopover?.();
  heading.focus();
  return shown;
}
