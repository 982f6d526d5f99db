// The socket of a page, wire v1: one connection, many subscriptions, nothing shown twice and nothing left out.
//
//   import { live } from "./live.js";
//   live.subscribe("batch/…", { after: 17, onEvents(events, head) {}, onEnd(last) {}, onError({ code, msg }) {} });
//   live.watch("overview", (snapshot) => {});
//   live.onStatus((status) => {});  // "connecting", "live", "offline", "refused" (log in), "outdated" (reload)
//
// A handler may return a promise. The next frame is asked for when it is fulfilled and the browser has painted, so that
// a slow page gets fewer and larger frames, never a backlog. A handler that throws has left its page in a state that
// nobody knows: the page is then "outdated" as a whole.

const VERSION = 1;
const LOGIN = [4401, 4403];
const BACKOFF_MS = { first: 250, longest: 10_000 };
const PING_EVERY_MS = 4000;
const ANSWERED_WITHIN_MS = 6000; // a connection on which no ping is answered is dead however it looks

/** Resolves when the browser has drawn what was changed so far; soon also in a tab that nobody sees. */
export function painted() {
  if (document.hidden) return new Promise((resolve) => setTimeout(resolve, 200));
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 500); // the tab was hidden meanwhile
    requestAnimationFrame(() => setTimeout(() => (clearTimeout(late), resolve()), 0));
  });
}

class Live {
  constructor(address) {
    this.address = address;
    this.subscriptions = new Map(); // by the name of the stream or state
    this.listeners = new Set();
    this.status = "connecting";
    this.failures = 0;
    this.socket = null;
    this.ready = false; // the server has said hello
    this.pingedAt = this.heardAt = -Infinity;
    addEventListener("online", () => this.#hurry());
    addEventListener("pageshow", () => this.#hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry());
    setInterval(() => this.#ping(), PING_EVERY_MS);
  }

  /** Events of a stream: from number `after` + 1 on, or without `after` only new ones. Returns { close() }. */
  subscribe(stream, { after = null, onEvents, onEnd, onError }) {
    return this.#add(new Subscription(this, stream, { last: after, onEvents, onEnd, onError }));
  }

  /** A state as it is now and after each change. Returns { close() }. */
  watch(what, onSnapshot, onError) {
    return this.#add(new Subscription(this, what, { last: null, onSnapshot, onError }));
  }

  /** Call `listener` with the status now and whenever it changes. */
  onStatus(listener) {
    this.listeners.add(listener);
    listener(this.status);
  }

  send(message) {
    if (this.ready) this.socket.send(JSON.stringify(message));
  }

  /** What is shown cannot be trusted any more: let the page say so, and tell it nothing further. */
  giveUp() {
    this.#become("outdated");
    this.socket?.close();
  }

  drop(subscription) {
    if (this.subscriptions.get(subscription.name) === subscription) this.subscriptions.delete(subscription.name);
  }

  #add(subscription) {
    this.subscriptions.get(subscription.name)?.close();
    this.subscriptions.set(subscription.name, subscription);
    if (this.ready) subscription.begin();
    else if (!this.socket && this.failures === 0) this.#connect();
    return subscription;
  }

  #connect() {
    clearTimeout(this.timer);
    if (this.status === "outdated") return;
    const socket = new WebSocket(this.address);
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onmessage = ({ data }) => this.socket === socket && this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => this.socket === socket && this.#lost(code);
  }

  #lost(code) {
    this.socket = null;
    this.ready = false;
    if (this.status === "outdated") return;
    if (LOGIN.includes(code)) return this.#become("refused");
    this.#become("offline");
    const wait = Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** this.failures++);
    this.timer = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  /** The network is back, or somebody looks: do not wait for the next try. */
  #hurry() {
    if (this.status === "offline" && !this.socket) this.#connect();
    else this.#ping();
  }

  #ping() {
    const now = performance.now();
    if (!this.ready) {
      if (this.socket && now - this.heardAt > ANSWERED_WITHIN_MS) this.#giveUpOn(this.socket); // not even a hello
    } else if (this.pingedAt <= this.heardAt) {
      this.pingedAt = now;
      this.send({ t: "ping" });
    } else if (now - this.pingedAt > ANSWERED_WITHIN_MS) this.#giveUpOn(this.socket);
  }

  #giveUpOn(silent) {
    this.#lost(1006);
    silent.close();
  }

  #hear(message) {
    this.heardAt = performance.now();
    if (message.t === "hello") return this.#begin(message.v);
    const subscription = this.subscriptions.get(message.s ?? message.what);
    subscription?.hear(message);
    if (message.t === "err" && !subscription) console.warn("socket", message.code, message.msg);
  }

  #begin(version) {
    if (version !== VERSION) return this.giveUp();
    this.ready = true;
    this.failures = 0;
    this.#become("live");
    for (const subscription of this.subscriptions.values()) subscription.begin();
  }

  #become(status) {
    if (status === this.status) return;
    this.status = status;
    for (const listener of this.listeners) listener(status);
  }
}

class Subscription {
  constructor(live, name, { last, ...handlers }) {
    Object.assign(this, { live, name, last, ...handlers, round: 0, holes: 0, open: true, work: Promise.resolve() });
  }

  close() {
    if (!this.open) return;
    this.#finish();
    this.live.send({ t: "unsub", s: this.name });
  }

  /** Ask for everything after what is known. What an earlier connection still brings is not listened to any more. */
  begin() {
    this.round += 1;
    this.live.send({ t: "sub", s: this.name, ...(this.last === null ? {} : { after: this.last }) });
  }

  hear(message) {
    const round = this.round;
    // One message after the other, however long a handler takes.
    this.work = this.work.then(() => this.open && round === this.round && this.#handle(message)).catch((error) => {
      console.error(error);
      this.live.giveUp();
    });
  }

  async #handle(message) {
    if (message.t === "ev") return this.#events(message);
    if (message.t === "snap") {
      await this.onSnapshot(message.data);
      return this.#more();
    }
    if (message.t === "end") {
      if (this.last !== null && message.last > this.last) return this.#again();
      this.#finish();
      return this.onEnd?.(message.last);
    }
    if (message.t === "err") {
      this.#finish();
      return this.onError?.(message);
    }
  }

  async #events({ a, b, head, e }) {
    this.last ??= a - 1; // subscribed at the head: this is where it stands
    if (a > this.last + 1) return this.#again(); // never draw over a hole
    const fresh = e.filter((event) => event.seq > this.last);
    if (b > this.last) {
      this.last = b;
      this.holes = 0;
    }
    await this.onEvents(fresh, head);
    return this.#more();
  }

  async #more() {
    const round = this.round;
    await painted();
    if (this.open && round === this.round) {
      this.live.send({ t: "more", s: this.name, ...(this.last === null ? {} : { after: this.last }) });
    }
  }

  /** Something is missing: ask again from the last event that is known, ever more slowly. */
  async #again() {
    const round = this.round;
    this.holes += 1;
    await new Promise((resolve) => setTimeout(resolve, Math.min(10_000, 100 * 2 ** (this.holes - 1))));
    if (!this.open || round !== this.round) return;
    this.live.send({ t: "unsub", s: this.name });
    this.begin();
  }

  #finish() {
    this.open = false;
    this.live.drop(this);
  }
}

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
/** The one connection of this page. It opens with the first subscription. */
export const live = new Live(`${scheme}//${location.host}/ws/`);
