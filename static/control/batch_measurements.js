// Measurements: the value, where it lies between its limits, and curves as a small plot.

import { element } from "./elements.js";
import { number } from "./format.js";
import { fill, words } from "./words.js";

const text = words("page-words");
const SVG = "http://www.w3.org/2000/svg";
const FIRST_ROWS = 10;
const LONG = 10; // characters of a text: no number needs more, so its column has room for no more

function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const isNumber = (value) => typeof value === "number";
/** A measured number with as many digits as tell something: 3.3012, 0.000412, 48,213. */
const shown = (value) => {
  if (!isNumber(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return Number(value.toPrecision(4)).toExponential();
  return number(value, Math.min(12, Math.max(0, 5 - Math.floor(Math.log10(size || 1)))));
};
const withUnit = (value, unit) => `${shown(value)} ${unit}`.trim();

/** One measurement, drawn anew whenever it is another one. */
export function drawMeasurement(measurement) {
  const { name, type, unit, limits, outcome, marginal } = measurement;
  const [judged, value] = [outcome !== "NONE", valueText(measurement)];
  return element(
    "li",
    { class: "b-measurement", "data-outcome": outcome, "data-marginal": marginal, "data-long": value.length > LONG && type === "text" },
    element("span", { class: "b-measurement-name" }, ...breakable(name)),
    element("span", { class: "b-measurement-value" }, value),
    hasBounds(measurement) ? band(measurement) : element("span", { class: "b-band-none" }),
    element("span", { class: "b-measurement-limits" }, limits ? limitsText(limits, unit) : ""),
    judged ? badge(outcome, marginal) : element("span"),
    type === "curve" && measurement.value ? curve(measurement) : null,
  );
}

/** Long names may be broken after an underscore, and nowhere else. */
const breakable = (name) => name.split(/(?<=_)/).flatMap((piece) => [piece, element("wbr")]);

function badge(outcome, marginal) {
  const word = marginal && outcome === "PASS" ? text.marginal : text.outcomes[outcome];
  return element("span", { class: "g-badge", "data-state": marginal && outcome === "PASS" ? "MARGINAL" : outcome }, word);
}

function valueText({ type, value, unit }) {
  if (value === null || value === undefined) return text.value_elsewhere;
  if (type === "curve") return fill(text.points, { count: number(value.total) });
  return type === "boolean" ? word(value) : withUnit(value, unit);
}

/** A yes or a no as the value itself is written, beside its limits as well. */
const word = (value) => (value === true ? text.yes : value === false ? text.no : shown(value));

/** Limits as a person writes them; the comfortable band only where there is nothing else. */
function limitsText(limits, unit) {
  const { nominal, within_percent: percent, equals, one_of, pattern } = limits;
  const told = [
    rangeText(limits, unit),
    isNumber(nominal) ? `${withUnit(nominal, unit)} ± ${shown(percent)} %` : "",
    equals === undefined ? "" : `= ${typeof equals === "boolean" ? word(equals) : withUnit(equals, unit)}`,
    one_of ? fill(text.one_of, { values: one_of.map(word).join(", ") }) : "",
    pattern === undefined ? "" : fill(text.matches, { pattern }),
  ];
  return told.filter(Boolean).join(", ") || marginalText(limits, unit);
}

function rangeText({ minimum: low, maximum: high }, unit) {
  if (isNumber(low) && isNumber(high)) return `${shown(low)} … ${withUnit(high, unit)}`;
  if (isNumber(low)) return `≥ ${withUnit(low, unit)}`;
  return isNumber(high) ? `≤ ${withUnit(high, unit)}` : "";
}

/** Where a number may lie, from whatever says it: a range, a percentage of a nominal value, or both. */
function boundsOf({ minimum, maximum, nominal, within_percent: percent, ...comfortable }) {
  const room = (Math.abs(nominal) * percent) / 100;
  const tightest = (pick, ...bounds) => bounds.filter(Number.isFinite).reduce((one, other) => (one === undefined ? other : pick(one, other)), undefined);
  return { ...comfortable, minimum: tightest(Math.max, minimum, nominal - room), maximum: tightest(Math.min, maximum, nominal + room) };
}

function marginalText({ marginal_minimum: low, marginal_maximum: high }, unit) {
  if (isNumber(low) && isNumber(high)) return fill(text.marginal_outside, { band: `${shown(low)} … ${withUnit(high, unit)}` });
  if (isNumber(low)) return fill(text.marginal_below, { limit: withUnit(low, unit) });
  return isNumber(high) ? fill(text.marginal_above, { limit: withUnit(high, unit) }) : "";
}

const BOUNDS = ["minimum", "maximum", "nominal", "marginal_minimum", "marginal_maximum"];
const hasBounds = ({ type, limits, value }) => type === "number" && isNumber(value) && limits && BOUNDS.some((bound) => isNumber(limits[bound]));

// The band is 120 wide: limits amber, the comfortable part green, the value a point; beyond the picture an arrow.
const WIDE = 120;

function band(measurement) {
  const { value, unit, limits, outcome, marginal } = measurement;
  const bounds = boundsOf(limits);
  const [from, to] = extent(bounds, value);
  const x = (at) => Math.min(1, Math.max(0, (at - from) / (to - from))) * WIDE;
  const part = (low, high, name) => {
    const [left, right] = [isNumber(low) ? x(low) : 0, isNumber(high) ? x(high) : WIDE];
    return svg("rect", { x: left, y: 5, width: Math.max(1, right - left), height: 6, rx: 1.5, class: name });
  };
  const { minimum, maximum } = bounds;
  const low = bounds.marginal_minimum ?? minimum;
  const high = bounds.marginal_maximum ?? maximum;
  const words = [withUnit(value, unit), limitsText(limits, unit), marginalText(limits, unit), outcome === "NONE" ? "" : text.outcomes[outcome], marginal ? text.marginal : ""];
  const picture = svg(
    "svg", { class: "b-band", viewBox: `-4 0 ${WIDE + 8} 16`, role: "img", "aria-label": words.filter(Boolean).join("; ") },
    svg("rect", { x: 0, y: 5, width: WIDE, height: 6, rx: 1.5, class: "b-band-out" }),
    part(minimum, maximum, "b-band-in"), part(low, high, "b-band-comfortable"), point(value, from, to, x, outcome),
  );
  for (const bound of [minimum, maximum]) {
    if (isNumber(bound)) picture.append(svg("line", { x1: x(bound), x2: x(bound), y1: 2, y2: 14, class: "b-band-limit" }));
  }
  return picture;
}

/** What a failed value looks like differs in shape too: not everybody tells red from green. */
function point(value, from, to, x, outcome) {
  const at = x(value);
  if (value < from) return svg("path", { d: "M-3 8 l7 -5 v10 z", class: "b-band-point", "data-outcome": outcome });
  if (value > to) return svg("path", { d: `M${WIDE + 3} 8 l-7 -5 v10 z`, class: "b-band-point", "data-outcome": outcome });
  if (outcome === "FAIL") return svg("path", { d: `M${at} 3 l5 5 l-5 5 l-5 -5 z`, class: "b-band-point", "data-outcome": outcome });
  return svg("circle", { cx: at, cy: 8, r: 4, class: "b-band-point", "data-outcome": outcome });
}

/** From where to where the picture goes: the limits with some room; one-sided ones begin at zero or at the value. */
function extent(bounds, value) {
  let low = bounds.minimum ?? bounds.marginal_minimum;
  let high = bounds.maximum ?? bounds.marginal_maximum;
  low ??= Math.min(0, value, high < 0 ? 2 * high : 0);
  high ??= Math.max(value, low > 0 ? 2 * low : 0, low + Math.abs(low) || low + 1);
  const room = (high - low) * 0.2 || Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

// Curves ------------------------------------------------------------------------------------------------------------

const PLOT = { width: 420, height: 150, left: 4, bottom: 4 };

function curve({ name, value: { columns, rows, total } }) {
  const title = columns.map(({ name: column, unit }) => (unit ? `${column} (${unit})` : column));
  const cells = (row) => row.map((cell) => element("td", {}, cell === null ? "–" : shown(cell)));
  const table = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...title.map((column) => element("th", { scope: "col" }, column)))),
    element("tbody", {}, ...rows.slice(0, FIRST_ROWS).map((row) => element("tr", {}, ...cells(row)))),
  );
  const said = total > FIRST_ROWS ? fill(text.first_rows, { count: FIRST_ROWS, total: number(total) }) : text.all_rows;
  return element(
    "div",
    { class: "b-curve" },
    columns.length > 1 && rows.length > 1 ? plot(name, title, rows) : null,
    element("details", {}, element("summary", {}, said), table),
  );
}

/** Writes the ends of an axis as exactly as the eye can tell in the picture, and no more: 0 and 0.00029, not -5e-6. */
function axisEnd(from, to) {
  const step = 10 ** Math.floor(Math.log10((to - from) / 20));
  if (!(step > 0)) return shown; // nothing but one value
  return (value) => shown(Number((Math.round(value / step) * step).toPrecision(12)) || 0);
}

function plot(name, title, rows) {
  const finite = (column) => rows.map((row) => row[column]).filter(isNumber);
  const range = (values) => (values.length ? [Math.min(...values), Math.max(...values)] : [0, 1]);
  const [x0, x1] = range(finite(0));
  const [y0, y1] = range(title.slice(1).flatMap((_, place) => finite(place + 1)));
  const x = (at) => PLOT.left + ((at - x0) / (x1 - x0 || 1)) * (PLOT.width - 2 * PLOT.left);
  const y = (at) => PLOT.height - PLOT.bottom - ((at - y0) / (y1 - y0 || 1)) * (PLOT.height - 2 * PLOT.bottom);
  const line = (column) => rows.filter((row) => isNumber(row[0]) && isNumber(row[column])).map((row) => `${x(row[0]).toFixed(1)},${y(row[column]).toFixed(1)}`).join(" ");
  const label = fill(text.curve_of, { name, x: title[0], from: shown(x0), to: shown(x1), y: title.slice(1).join(", "), low: shown(y0), high: shown(y1) });
  const picture = svg("svg", { class: "b-plot", viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  for (const share of [0.25, 0.5, 0.75]) picture.append(svg("line", { x1: 0, x2: PLOT.width, y1: PLOT.height * share, y2: PLOT.height * share, class: "b-plot-grid" }));
  title.slice(1).forEach((_, place) => picture.append(svg("polyline", { points: line(place + 1), class: "b-plot-line", "data-line": place })));
  const [xEnd, yEnd] = [axisEnd(x0, x1), axisEnd(y0, y1)];
  const side = element("div", { class: "b-plot-y" }, element("span", {}, yEnd(y1)), element("span", {}, title.slice(1).join(", ")), element("span", {}, yEnd(y0)));
  const foot = element("div", { class: "b-plot-x" }, element("span", {}, xEnd(x0)), element("span", {}, title[0]), element("span", {}, xEnd(x1)));
  return element("div", { class: "b-plot-frame" }, side, picture, foot);
}
