// Numbers, durations and times as people of the page's language write them; times of day always with 24 hours.

import { data, fill, words } from "./words.js";

const language = document.documentElement.lang || "en";
const dayFirst = language === "en" ? "en-GB" : language; // the server writes 21 Nov 2026 too
const timeZone = data("shell")?.time_zone;

const made = new Map();
function formatter(kind, language, options) {
  const key = kind.name + JSON.stringify(options);
  if (!made.has(key)) made.set(key, new kind(language, options));
  return made.get(key);
}
const inNumbers = (options) => formatter(Intl.NumberFormat, language, options);
const inTimes = (options) => formatter(Intl.DateTimeFormat, dayFirst, { hourCycle: "h23", timeZone, ...options });

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
const DAY = { year: "numeric", month: "short", day: "numeric" };

/** 1234567 → "1,234,567"; at most `digits` behind the point. */
export const number = (value, digits = 0) => inNumbers({ maximumFractionDigits: digits }).format(value);

/** 0.284 → "28%". Never 100% before the end: 0.999 is "99%". */
export const percent = (share) =>
  inNumbers({ style: "percent", maximumFractionDigits: 0 }).format(Math.floor(share * 100) / 100);

/** "14:03:27"; with `milliseconds` "14:03:27.125". */
export const timeOfDay = (iso, milliseconds = false) =>
  inTimes(milliseconds ? { ...CLOCK, fractionalSecondDigits: 3 } : CLOCK).format(new Date(iso));

/** Date and time. */
export const moment = (iso) => `${inTimes(DAY).format(new Date(iso))} ${timeOfDay(iso)}`;

/** The time of day, with the date when it was not today. */
export function when(iso) {
  const day = (at) => inTimes(DAY).format(at);
  return day(new Date(iso)) === day(new Date()) ? timeOfDay(iso) : moment(iso);
}

/** How long something took, as the admin writes it: "412 ms", "8.4 s", "3:07". Rounded once, then only cut. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const milliseconds = Math.round(seconds * 1000);
  if (milliseconds < 1000) return fill(words().milliseconds, { milliseconds });
  if (milliseconds < 60_000) return fill(words().seconds, { seconds: tenths(milliseconds) });
  return clock(milliseconds / 1000);
}

const tenths = (milliseconds) => inNumbers({ minimumFractionDigits: 1 }).format(Math.floor(milliseconds / 100) / 10);

/** A running clock: "0:08", "3:07", "2:03:07". */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part) => String(part).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The size of a file: "312 bytes", "4.2 KiB". */
export function fileSize(bytes) {
  if (bytes < 1024) return fill(words().bytes, { count: number(bytes) });
  const power = bytes < 1024 ** 2 ? 1 : 2;
  const size = bytes / 1024 ** power;
  return `${number(size, size < 100 ? 1 : 0)} ${["KiB", "MiB"][power - 1]}`;
}

/** A guess of what is still to come, as the server writes it: "50 s", "1 min 50 s", "12 min", "1 h 10 min". */
export function roughly(seconds) {
  const tens = Math.max(1, Math.round(seconds / 10)) * 10;
  const minutes = seconds < 600 ? Math.floor(tens / 60) : Math.round(seconds / 60);
  const parts = seconds < 600 ? { minutes, seconds: tens % 60 } : { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
  const shown = Object.entries(parts).filter(([, count]) => count);
  return shown.map(([name, count]) => fill(words()[name], { [name]: count })).join(" ");
}
