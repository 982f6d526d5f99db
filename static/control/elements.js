// Making and updating elements without innerHTML: what comes from a batch is always text, never markup.

/** element("a", { class: "x", href: "/" }, "text", child, …); null and false children are left out. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Change a text only when it differs, so that screen readers and selections are left in peace. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set or (null, false) remove an attribute, only when it differs. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : value);
}

/**
 * Let a list show `items`, in their order: nodes are found by key and kept, so focus and open menus survive.
 * `make(item)` builds a node once, `update(node, item)` brings it up to date.
 */
export function drawList(list, items, { key, make, update }) {
  const known = new Map([...list.children].map((node) => [node.dataset.key, node]));
  let place = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let node = known.get(name);
    if (node) known.delete(name);
    else {
      node = make(item);
      node.dataset.key = name;
    }
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place); // a moved node would lose its focus: only what is out of order moves
  }
  for (const gone of known.values()) {
    const focused = gone.contains(document.activeElement);
    gone.remove();
    if (focused) focusOn(list);
  }
}

/** Give the focus to something that usually does not take it, so that a keyboard does not start from the top again. */
export function focusOn(node) {
  node.tabIndex = -1;
  node.focus({ preventScroll: true });
}
