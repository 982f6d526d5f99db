// What the server put into the page for its scripts: data, and every text that a script may show.

const read = new Map();

/** The content of a <script type="application/json" id="…"> block; null when the page has none. */
export function data(id) {
  if (!read.has(id)) {
    const block = document.getElementById(id);
    read.set(id, block ? JSON.parse(block.textContent) : null);
  }
  return read.get(id);
}

/** The texts of the shell, or those of another block, in the language of the page. */
export function words(id = "words") {
  return data(id) ?? {};
}

/** Put values into a text with placeholders as gettext has them: "%(name)s has ended". */
export function fill(text, values = {}) {
  return String(text ?? "").replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
