// The files that a step has kept: pictures to look at, everything else to save.

import { element } from "./elements.js";
import { fileSize } from "./format.js";
import { data, fill, words } from "./words.js";

const text = words("page-words");
const { attachment: address = "" } = data("page-data") ?? {};

/** One file. It never changes, so it is drawn once. */
export function drawAttachment(file) {
  const href = address.replace("{attachment}", file.id);
  const note = element("span", { class: "g-muted" }, fileSize(file.size));
  const picture = file.width !== null;
  return element(
    "li",
    { class: "b-attachment", "data-picture": picture },
    picture ? thumbnail(href, file) : null,
    element("span", { class: "b-attachment-line" }, picture ? caption(file) : link(href, file), " ", note),
  );
}

const link = (href, { name }) => element("a", { href }, name);
const caption = ({ name }) => element("span", { class: "b-attachment-name" }, name);

/** It keeps its place while it loads, and says so where the file is not on this host. */
function thumbnail(href, { name, width, height }) {
  const title = fill(text.open_picture, { name });
  const picture = element("img", { src: href, alt: title, width, height, loading: "lazy", decoding: "async" });
  const opener = element("a", { class: "b-thumbnail", href, target: "_blank", rel: "noopener" }, picture);
  picture.addEventListener("error", () => {
    picture.replaceWith(text.picture_missing);
    opener.dataset.missing = "yes";
  });
  return opener;
}
