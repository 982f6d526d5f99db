// Plots of what analyses have found, drawn as SVG from the results that the page came with.

import { element } from "./elements.js";
import { number, percent } from "./format.js";
import { fill, words } from "./words.js";

const text = words("page-words");
const SVG = "http://www.w3.org/2000/svg";
const [WIDE, HIGH] = [300, 100];
const MAP = 420;
const SHAPES = ["circle", "square", "diamond", "triangle"]; // beside the colour
const shapeOf = (cluster) => SHAPES[(cluster + Math.floor(cluster / 8)) % SHAPES.length]; // eight colours: no two are alike below 32

function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const short = (value) => number(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
const nameOf = ({ name, title }) => text.attributes[name] ?? title;

/** A plot with its name above it, and what it is in. */
function figure({ name, title, unit, scale }, ...drawn) {
  const about = [unit, scale === "log" ? text.logarithmic : ""].filter(Boolean).join(", ");
  return element("figure", {}, element("figcaption", {}, nameOf({ name, title }), about && element("span", { class: "g-muted" }, ` ${about}`)), ...drawn);
}

/** How often which value was found; of a comparison, shares of both sides beside each other. */
function histogram(found) {
  const { edges, counts, target_counts } = found;
  const sides = [counts, ...(target_counts ? [target_counts] : [])];
  const shares = sides.map((side) => side.map((count) => count / Math.max(1, side.reduce((sum, one) => sum + one, 0))));
  const highest = Math.max(...shares.flat(), Number.EPSILON);
  const step = WIDE / counts.length;
  const bars = shares.flatMap((side, place) =>
    side.map((share, at) => {
      const height = (share / highest) * HIGH;
      const wide = (step * 0.9) / shares.length;
      const told = { from: short(edges[at]), to: short(edges[at + 1]), share: percent(share) };
      return svg("rect", { class: place ? "p-target" : "p-bar", x: at * step + step * 0.05 + place * wide, y: HIGH - height, width: Math.max(1, wide), height }, svg("title", {}, fill(text.bar, told)));
    }),
  );
  const peak = counts.indexOf(Math.max(...counts));
  const ends = [short(edges[0]), short(edges.at(-1))];
  const told = { name: nameOf(found), images: number(counts.reduce((sum, one) => sum + one, 0)), from: ends[0], to: ends[1], peak: short((edges[peak] + edges[peak + 1]) / 2) };
  const plot = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": fill(text.plot, told), class: "p-plot" }, ...bars);
  const foot = element("p", { class: "p-foot", "aria-hidden": "true" }, ...ends.map((end) => element("span", {}, end)));
  return figure(found, element("p", { class: "p-top", "aria-hidden": "true" }, percent(highest)), plot, foot);
}

/** Where all images have the same value there is nothing to draw. */
function alike(found, quantiles) {
  const { minimum, maximum } = quantiles.find(({ name }) => name === found.name) ?? {};
  if (minimum === undefined || minimum !== maximum) return null;
  return figure({ ...found, scale: "" }, element("p", { class: "g-muted" }, fill(text.all_images, { value: [short(minimum), found.unit].filter(Boolean).join(" ") })));
}

/** Of a comparison: whether both sides have more than one value. Where not, the table says everything. */
const differs = ({ counts, target_counts }) => counts.filter((count, at) => count || target_counts?.[at]).length > 1;

function mark(shape, x, y, attributes) {
  const r = 4;
  if (shape === "circle") return svg("circle", { cx: x, cy: y, r, ...attributes });
  if (shape === "square") return svg("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, ...attributes });
  const points = shape === "diamond" ? [[x, y - 5], [x + 5, y], [x, y + 5], [x - 5, y]] : [[x, y - 5], [x + 5, y + 4], [x - 5, y + 4]];
  return svg("polygon", { points: points.map((point) => point.join(",")).join(" "), ...attributes });
}

/** Each image where its two first components put it; a press shows which one it is. */
function map({ map: points, clusters }, files) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const spread = (all, at) => 12 + ((at - Math.min(...all)) / (Math.max(...all) - Math.min(...all) || 1)) * (MAP - 24);
  const marks = points.map(([x, y, cluster, index]) =>
    mark(shapeOf(cluster), spread(xs, x), MAP - spread(ys, y), { class: "p-point", "data-cluster": cluster % 8, "data-index": index, "data-of": cluster }),
  );
  const told = { points: number(points.length), clusters: number(clusters.length) };
  const plot = svg("svg", { viewBox: `0 0 ${MAP} ${MAP}`, role: "img", "aria-label": fill(text.map, told), class: "p-map" }, ...marks);
  const shown = element("p", { class: "p-shown", role: "status" });
  plot.addEventListener("click", ({ target }) => {
    const { index, of } = target.dataset;
    if (index === undefined || !files) return; // read again since, the files have other numbers
    const thumbnail = element("img", { src: `/api${files.replace("/control", "")}${index}/thumbnail/`, alt: "", width: 96, height: 96 });
    shown.replaceChildren(element("a", { href: `${files}${index}/` }, thumbnail, fill(text.open_image, { number: index, cluster: of })));
  });
  const legend = clusters.map(({ number: of, size }) =>
    element("li", {}, svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, mark(shapeOf(of), 7, 7, { class: "p-point", "data-cluster": of % 8 })), ` ${fill(text.cluster, { number: of, size: number(size) })}`),
  );
  const about = element("p", { class: "g-help" }, text.map_about);
  return element("figure", { class: "p-wide p-mapped" }, plot, element("figcaption", {}, about, element("ul", { class: "p-legend" }, ...legend), shown));
}

function draw() {
  const block = document.getElementById("plots"); // read anew: it comes again with what lives
  const plots = block ? JSON.parse(block.textContent) : {};
  for (const place of document.querySelectorAll("[data-plots]")) {
    const found = plots[place.dataset.plots];
    const compared = found?.histograms?.some(({ target_counts }) => target_counts);
    const shown = (found?.histograms ?? []).filter((one) => !compared || differs(one));
    const drawn = shown.map((one) => alike(one, found.quantiles ?? []) ?? histogram(one));
    const about = drawn.length > 0 && element("p", { class: "p-wide g-help" }, text.bars_about);
    const sides = compared && element("p", { class: "p-sides" }, element("span", { class: "p-key" }), ` ${place.dataset.reference} `, element("span", { class: "p-key p-key--target" }), ` ${place.dataset.target}`);
    place.replaceChildren(...(sides ? [sides] : []), ...(found?.map?.length ? [map(found, place.dataset.files)] : []), ...(about ? [about] : []), ...drawn);
  }
}

document.addEventListener("taken", draw);
draw();
