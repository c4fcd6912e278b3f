// Keeping what is written, together with others: a draft while typing, a version after a pause, on Save and on leaving.
// What others save comes into the text by itself where it concerns other paragraphs; where it concerns the same ones,
// a person chooses. Nothing that was typed is ever replaced without that.

import { Copies } from "./copies.js";
import { state } from "./server.js";

const COPY_MS = 250;
const DRAFT_MS = 1200;
const LONGEST_MS = 5000;
const PAUSE_MS = 30_000;
const RETRY_MS = [2000, 4000, 8000, 15_000];
const BEACON_BYTES = 60_000; // what browsers let a closing page send

export class Writing {
  /**
   * `area` is the text field; `told` is called with what there is to say: {state, ...}.
   * States: clean, typing, sending, kept, saved, conflict, refused, offline, merged.
   */
  constructor({ area, url, scope, base, dirty, told }) {
    this.area = area;
    this.base = base;
    this.dirty = dirty;
    this.told = told;
    this.copies = new Copies(scope);
    this.url = (id = this.copies.window) => url.replace("00000000-0000-0000-0000-000000000000", id);
    this.timers = {};
    this.since = 0;
    this.busy = false;
    this.waiting = null;
    this.failures = 0;
    this.conflict = null;
    this.news = 0;
    area.addEventListener("input", () => this.typed());
    document.addEventListener("visibilitychange", () => document.hidden && this.leave());
    addEventListener("pagehide", () => this.leave());
    addEventListener("online", () => this.again());
    document.addEventListener("rushes:connected", ({ detail }) => detail.connected && this.again());
  }

  typed() {
    this.dirty = true;
    this.since ||= Date.now();
    const later = (name, ms, action) => {
      clearTimeout(this.timers[name]);
      this.timers[name] = setTimeout(action, ms);
    };
    later("copy", COPY_MS, () => this.copy());
    later("draft", Math.max(0, Math.min(DRAFT_MS, this.since + LONGEST_MS - Date.now())), () => this.send(""));
    later("pause", PAUSE_MS, () => this.dirty && this.send("pause"));
    this.told({ state: this.failures ? "offline" : "typing" });
  }

  copy() {
    this.copied = this.copies.keep(this.area.value, this.base);
    return this.copied;
  }

  /** Whether closing the page now would lose something. */
  get inDanger() {
    return this.dirty && !this.copy() && this.lastKept !== this.area.value;
  }

  /** Send the text: "" keeps it, "hand", "pause" and "leave" save it. Calls while one is under way become one. */
  async send(save) {
    if (this.busy) {
      if (save || !this.waiting) this.waiting = save;
      this.waiting ??= "";
      return this.current;
    }
    this.busy = true;
    this.waiting = null;
    this.since = 0;
    clearTimeout(this.timers.draft);
    this.current = this.ask(save);
    try {
      return await this.current;
    } finally {
      this.busy = false;
      const next = this.waiting;
      this.waiting = null;
      if (next !== null) this.send(next);
      else if (this.news > this.base && !this.failures && !this.conflict && !this.since) this.send("");
    }
  }

  async ask(save) {
    const sent = this.area.value;
    this.told({ state: "sending" });
    let answer;
    try {
      answer = await state(this.url(), { values: { text: sent, base: String(this.base), save } });
    } catch (error) {
      return this.failed(error, save);
    }
    this.failures = 0;
    if (this.news === Infinity) this.news = answer.latest.version;
    return this.take(answer, sent, save);
  }

  failed(error, save) {
    this.copy();
    // Fetch itself throws a TypeError where nobody answers; all else are the server's own words.
    const offline = error instanceof TypeError;
    const loggedOut = error instanceof SyntaxError; // a login page in place of an answer
    const message = loggedOut ? "You are logged out. Your text is kept in this browser: log in, and take it up." : error.message;
    this.told({ state: offline ? "offline" : "refused", message: offline ? "" : message, copied: this.copied });
    const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
    clearTimeout(this.timers.retry);
    if (offline) this.timers.retry = setTimeout(() => this.send(save), wait);
    return null;
  }

  again() {
    if (!this.failures) return;
    clearTimeout(this.timers.retry);
    this.send("");
  }

  take(answer, sent, save) {
    const still = this.area.value === sent;
    if (answer.state === "conflict") {
      this.conflict = { ...answer, sent };
      this.copy();
      this.told(this.conflict);
      return answer;
    }
    this.conflict = null;
    if (answer.state === "refused") {
      this.told(answer);
      return answer;
    }
    if (answer.text !== null && !still) {
      // Typed on meanwhile: what others did comes in with the next pause.
      this.typed();
      return answer;
    }
    const before = this.base;
    const others = answer.text !== null && answer.base !== before;
    if (answer.text !== null) this.install(answer.text);
    this.base = answer.base;
    this.lastKept = this.area.value;
    if (answer.state === "saved") this.dirty = !still;
    if (!this.dirty) this.copies.forget();
    else this.copy();
    this.told({ ...answer, others, dirty: this.dirty });
    // What others had saved is in the text now; the wish to save is still open.
    if (save && answer.state === "kept" && others && this.dirty) this.waiting = save;
    return answer;
  }

  /** Others have saved: their words come in, mine stay. */
  heard(version) {
    this.news = Math.max(this.news, version);
    // Our own version is told of as well, often before the answer is here: that is looked at then.
    if (!this.busy && this.news > this.base) this.send("");
  }

  leave() {
    if (!this.dirty || this.area.readOnly) return;
    this.copy();
    const body = new URLSearchParams({ text: this.area.value, base: String(this.base), save: "leave" });
    if (this.busy || body.toString().length > BEACON_BYTES) return; // the draft and the copy have it
    const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}");
    const sent = this.area.value;
    fetch(this.url(), { method: "POST", body, headers, keepalive: true, credentials: "same-origin" })
      .then((response) => (response.ok ? response.json() : null))
      .then((answer) => answer && this.take(answer, sent, ""))
      .catch(() => {});
  }

  /** Put another text into the editor; the caret stays with the words that it stands in. */
  install(text) {
    const { area } = this;
    const old = area.value;
    if (old === text) return;
    const { selectionStart, selectionEnd, scrollTop, scrollHeight } = area;
    const from = place(old, text, selectionStart);
    const to = selectionEnd === selectionStart ? from : place(old, text, selectionEnd);
    const above = selectionStart > old.length / 2;
    area.value = text;
    area.setSelectionRange(from, Math.max(from, to));
    area.scrollTop = scrollTop + (above ? area.scrollHeight - scrollHeight : 0);
    area.dispatchEvent(new CustomEvent("installed"));
  }

  /** Put together what a person has chosen for each place that both had changed: "mine", "theirs" or "both". */
  settle(choices) {
    const { pieces, base } = this.conflict;
    let at = 0;
    const parts = pieces.map((piece) => {
      if (piece.same !== undefined) return piece.same;
      const choice = choices[at++];
      if (choice !== "both") return piece[choice];
      return piece.mine ? `${piece.mine.replace(/\n*$/, "")}\n\n${piece.theirs}` : piece.theirs;
    });
    this.conflict = null;
    this.install(parts.join(""));
    this.base = base;
    this.dirty = true;
    this.copy();
    return this.send("hand");
  }

  /** Go on with a text that was left behind: it is put together with what is here. */
  async takeUp({ text, base }) {
    if (this.dirty) await this.send("hand");
    this.install(text);
    this.base = base;
    this.typed();
    this.copy();
    return this.send("");
  }

  drop(id) {
    this.copies.forget(id);
    return state(this.url(id), { values: { drop: "1" } }).catch(() => {});
  }
}

/** Where a place of the old text is in the new one: by the line it stands in, or by the text around it. */
function place(old, text, at) {
  const shortest = Math.min(old.length, text.length);
  let start = 0;
  while (start < shortest && old[start] === text[start]) start += 1;
  if (at <= start) return at;
  let end = 0;
  while (end < shortest - start && old[old.length - 1 - end] === text[text.length - 1 - end]) end += 1;
  if (at >= old.length - end) return at + text.length - old.length;
  const begin = old.lastIndexOf("\n", at - 1) + 1;
  const stop = old.indexOf("\n", at);
  const line = old.slice(begin, stop < 0 ? undefined : stop);
  const near = text.indexOf(`\n${line}\n`, Math.max(0, begin - 1 - Math.abs(text.length - old.length)));
  return line && near >= 0 ? near + 1 + at - begin : Math.min(at, text.length);
}
