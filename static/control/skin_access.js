// The skin has buttons that are only pictures with a click handler, and no landmarks. Here they get what they lack.

import { words } from "./words.js";

// By what a button does, as its handler says it.
const NAMES = [
  [/sidebar(Mobile|Desktop)Open/, "open_menu"],
  [/openTheme/, "theme"],
];

export function openSkin() {
  document.getElementById("header-inner")?.setAttribute("role", "banner");
  document.getElementById("content")?.setAttribute("role", "main");
  for (const icon of document.querySelectorAll(".material-symbols-outlined")) icon.setAttribute("aria-hidden", "true");
  for (const node of document.querySelectorAll("[x-on\\:click]")) {
    if (!node.matches("button, a[href], input, select, summary")) makeButton(node);
  }
}

function makeButton(node) {
  node.setAttribute("role", "button");
  node.tabIndex = 0;
  node.removeAttribute("aria-hidden");
  const name = NAMES.find(([handler]) => handler.test(node.getAttribute("x-on:click")))?.[1];
  if (name) node.setAttribute("aria-label", words()[name]);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    node.click();
  });
}
