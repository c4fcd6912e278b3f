// What is being written, kept in this browser too: it survives a lost connection, a closed tab and a server that died.
// Each window has an id of its own; it stays the same after a reload and is another one in another tab.

const ALIVE_MS = 6000;
const BEAT_MS = 2000;
const OLDEST_MS = 60 * 24 * 60 * 60 * 1000;

function store(area) {
  try {
    area.setItem("script-test", "1");
    area.removeItem("script-test");
    return area;
  } catch {
    return null; // private windows may refuse; the server still keeps what it hears of
  }
}

export class Copies {
  /** `scope` names the project and the person, so that nobody is offered somebody else's text. */
  constructor(scope) {
    this.prefix = `script:${scope}:`;
    this.local = store(window.localStorage);
    const session = store(window.sessionStorage);
    const name = `script-window:${scope}`;
    const known = session?.getItem(name);
    // A duplicated tab comes with the id of the one that is still open: that one is alive, so this one gets its own.
    this.window = known && !this.alive(known) ? known : newId();
    try {
      session?.setItem(name, this.window);
    } catch {
      // It gets another id after a reload, then, and is offered its own text.
    }
    this.beat();
    setInterval(() => this.beat(), BEAT_MS);
    addEventListener("pagehide", () => this.rest());
    addEventListener("pageshow", () => this.beat());
  }

  read(id) {
    try {
      return JSON.parse(this.local?.getItem(this.prefix + id) ?? "null");
    } catch {
      return null;
    }
  }

  alive(id) {
    const seen = Number(this.local?.getItem(`${this.prefix}alive:${id}`) ?? 0);
    return Date.now() - seen < ALIVE_MS;
  }

  beat() {
    this.put(`${this.prefix}alive:${this.window}`, String(Date.now()));
  }

  rest() {
    this.local?.removeItem(`${this.prefix}alive:${this.window}`);
  }

  put(key, value) {
    try {
      this.local?.setItem(key, value);
      return Boolean(this.local);
    } catch {
      return false; // full
    }
  }

  /** Keep this window's text; false where the browser cannot. */
  keep(text, base) {
    return this.put(this.prefix + this.window, JSON.stringify({ text, base, at: Date.now() }));
  }

  forget(id = this.window) {
    this.local?.removeItem(this.prefix + id);
  }

  mine() {
    return this.read(this.window);
  }

  /** Copies of windows that are no more, the latest first. */
  orphans() {
    if (!this.local) return [];
    const found = [];
    for (const key of Object.keys(this.local)) {
      if (!key.startsWith(this.prefix) || key.startsWith(`${this.prefix}alive:`)) continue;
      const id = key.slice(this.prefix.length);
      const copy = this.read(id);
      if (!copy || Date.now() - copy.at > OLDEST_MS) this.forget(id);
      else if (id !== this.window && !this.alive(id)) found.push({ id, ...copy });
    }
    return found.sort((one, other) => other.at - one.at);
  }
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Only where the page is not served securely: still random, in the same form.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
