// Sending many files: in portions below the server's limits, each again when the connection breaks.

import { askForLogin } from "./logged_out.js";
import { data, words } from "./words.js";

const MOST_FILES = 90; // of a portion
const MOST_BYTES = 32 * 1024 ** 2;
const WAITS_S = [1, 2, 5, 10, 20]; // before a portion is tried again

/** Files and folders that were dropped, with their paths, whatever the depth. */
export async function filesOf(transfer) {
  // All of them at once: after the first wait the browser has forgotten what was dropped.
  const dropped = [...transfer.items].map((item) => [item.webkitGetAsEntry?.(), item.getAsFile()]);
  const found = [];
  for (const [entry, file] of dropped) {
    if (entry) await walk(entry, found);
    else if (file) found.push({ file, path: file.name });
  }
  return found;
}

async function walk(entry, found) {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // at most a hundred
    if (!some.length) return;
    for (const below of some) await walk(below, found);
  }
}

/** Without what systems leave in folders: .DS_Store, .git and the like. */
export const withoutHidden = (files) => files.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".")));

/** Portions of at most MOST_FILES files and MOST_BYTES bytes; a larger file goes alone. */
export function portionsOf(files, mostFiles = MOST_FILES, mostBytes = MOST_BYTES) {
  const portions = [];
  let bytes = Infinity;
  for (const one of files) {
    const last = portions.at(-1);
    if (!last || last.length >= mostFiles || bytes + one.file.size > mostBytes) {
      portions.push([one]);
      bytes = one.file.size;
    } else {
      last.push(one);
      bytes += one.file.size;
    }
  }
  return portions;
}

export class Upload {
  constructor(files) {
    this.files = files;
    this.bytes = files.reduce((sum, { file }) => sum + file.size, 0);
    this.portions = portionsOf(files);
    this.before = [0]; // bytes before each portion, and all of them
    for (const portion of this.portions) this.before.push(this.before.at(-1) + portion.reduce((sum, { file }) => sum + file.size, 0));
    this.done = 0; // portions
    this.sentFiles = 0;
    this.sentBytes = 0;
    this.refused = [];
    this.running = false;
  }

  /** Send what is not sent yet. Rejects with a sentence when it cannot go on; called again, it goes on from there. */
  async run(address, tell, retrying) {
    tell();
    for (; this.done < this.portions.length; this.done += 1) {
      const portion = this.portions[this.done];
      const answer = await this.#stubbornly(portion, address, tell, retrying);
      this.refused.push(...answer.refused);
      this.sentFiles += portion.length;
      this.sentBytes = this.before[this.done + 1];
      tell();
    }
  }

  abort() {
    this.running = false;
    this.request?.abort();
  }

  async #stubbornly(portion, address, tell, retrying) {
    const before = this.before[this.done];
    const arrived = (bytes) => {
      this.sentBytes = Math.min(this.bytes, before + bytes);
      tell();
    };
    for (let tries = 0; ; tries += 1) {
      const { status, body } = await this.#send(portion, address, arrived);
      if (status === 200) return body;
      const passing = status === 0 || status >= 500;
      if (!passing || tries >= WAITS_S.length || !this.running) {
        if (status === 401) askForLogin();
        throw new Error(body?.detail ?? words().no_connection);
      }
      retrying(WAITS_S[tries]);
      await new Promise((resolve) => setTimeout(resolve, WAITS_S[tries] * 1000));
    }
  }

  /** By XMLHttpRequest: fetch does not tell how far an upload is. */
  #send(portion, address, arrived) {
    const content = new FormData();
    for (const { file, path } of portion) content.append("files", file, path);
    return new Promise((resolve) => {
      const request = (this.request = new XMLHttpRequest());
      request.open("POST", address);
      request.responseType = "json";
      const token = document.cookie.match(/(?:^|; )gwanje_csrf=([^;]+)/)?.[1] ?? data("shell")?.csrf ?? "";
      request.setRequestHeader("X-CSRFToken", token);
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = (event) => arrived(event.loaded);
      request.onload = () => resolve({ status: request.status, body: request.response });
      request.onerror = request.onabort = () => resolve({ status: 0, body: null });
      request.send(content);
    });
  }
}
