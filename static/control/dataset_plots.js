// Plots of what analyses have found, drawn as SVG from the results that the page came with.

import { element } from "./elements.js";
import { number } from "./format.js";
import { fill, words } from "./words.js";

const text = words("page-words");
const SVG = "http://www.w3.org/2000/svg";
const [WIDE, HIGH, FOOT] = [300, 130, 20];
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

/** How often which value was found; of a comparison, shares of both sides beside each other. */
function histogram(found) {
  const { edges, counts, target_counts, unit, scale } = found;
  const sides = [counts, ...(target_counts ? [target_counts] : [])];
  const shares = sides.map((side) => side.map((count) => count / Math.max(1, side.reduce((sum, one) => sum + one, 0))));
  const highest = Math.max(...shares.flat(), Number.EPSILON);
  const step = WIDE / counts.length;
  const bars = shares.flatMap((side, place) =>
    side.map((share, at) => {
      const height = (share / highest) * (HIGH - FOOT - 4);
      const wide = (step * 0.9) / shares.length;
      return svg("rect", { class: place ? "p-target" : "p-bar", x: at * step + step * 0.05 + place * wide, y: HIGH - FOOT - height, width: Math.max(1, wide), height });
    }),
  );
  const peak = counts.indexOf(Math.max(...counts));
  const told = { name: nameOf(found), images: number(counts.reduce((sum, one) => sum + one, 0)), from: short(edges[0]), to: short(edges.at(-1)), peak: short((edges[peak] + edges[peak + 1]) / 2) };
  const foot = [
    svg("line", { class: "p-axis", x1: 0, x2: WIDE, y1: HIGH - FOOT, y2: HIGH - FOOT }),
    svg("text", { class: "p-text", x: 0, y: HIGH - 5 }, short(edges[0])),
    svg("text", { class: "p-text", x: WIDE, y: HIGH - 5, "text-anchor": "end" }, short(edges.at(-1))),
  ];
  const plot = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": fill(text.plot, told), class: "p-plot" }, ...bars, ...foot);
  const about = [unit, scale === "log" ? text.logarithmic : ""].filter(Boolean).join(", ");
  return element("figure", {}, element("figcaption", {}, nameOf(found), about && element("span", { class: "g-muted" }, ` ${about}`)), plot);
}

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
  return element("figure", { class: "p-wide" }, plot, element("figcaption", {}, element("ul", { class: "p-legend" }, ...legend), shown));
}

function draw() {
  const block = document.getElementById("plots"); // read anew: it comes again with what lives
  const plots = block ? JSON.parse(block.textContent) : {};
  for (const place of document.querySelectorAll("[data-plots]")) {
    const found = plots[place.dataset.plots];
    const drawn = (found?.histograms ?? []).map(histogram);
    const compared = found?.histograms?.some(({ target_counts }) => target_counts);
    const sides = compared && element("p", { class: "p-sides" }, element("span", { class: "p-key" }), ` ${place.dataset.reference} `, element("span", { class: "p-key p-key--target" }), ` ${place.dataset.target}`);
    place.replaceChildren(...(sides ? [sides] : []), ...(found?.map?.length ? [map(found, place.dataset.files)] : []), ...drawn);
  }
}

document.addEventListener("taken", draw);
draw();
