// What the run used: the drivers, which are known when it has begun, and checksums to take along.

import { changeOf } from "./batch_wishes.js";
import { element, setText } from "./elements.js";
import { fill, words } from "./words.js";

const text = words("page-words");

export function drawDrivers(drivers) {
  const roles = Object.entries(drivers).sort(([a], [b]) => (a < b ? -1 : 1));
  const place = document.getElementById("drivers");
  document.getElementById("drivers-empty").hidden = roles.length > 0;
  place.closest("table").hidden = roles.length === 0;
  place.replaceChildren(
    ...roles.map(([role, driver]) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, role),
        element("td", {}, driver.name ?? ""),
        element("td", {}, element("code", {}, [driver.package_driver, driver.driver].filter(Boolean).join(" → "))),
        element("td", {}, driver.version ?? ""),
        element("td", {}, element("code", {}, driver.resource ?? "")),
      ),
    ),
  );
}

/** Parameters that were changed while it ran show both values. */
export function drawSettings({ parameters, settings }) {
  for (const cell of document.querySelectorAll("[data-parameter]")) {
    const { parameter: name } = cell.dataset;
    if (name in settings) setText(cell, fill(text.changed_while_running, { change: changeOf(name, parameters[name], settings[name]) }));
  }
}

/** Browsers give the clipboard to pages of this host and over HTTPS alone: elsewhere there is no button. */
export function copyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      const before = button.textContent;
      setText(button, text.copied);
      setTimeout(() => setText(button, before), 1500);
    });
  }
}
