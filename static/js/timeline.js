// The timeline: what is seen, said and heard, by time. Everything can be chosen, moved and trimmed by pointer and by keys.

import { state } from "./server.js";

const SNAP_PX = 8;
const DRAG_PX = 4;
const SVG = "http://www.w3.org/2000/svg";
const LAID = ["music", "effects", "narration"];

const make = (tag, className, properties = {}) => Object.assign(document.createElement(tag), { className, ...properties });
const seconds = (ms) => `${(ms / 1000).toFixed(1)} seconds`;

export class Timeline {
  /** `on`: seek(ms), select(kind, id), change(change), time(ms) as words, shotAt(ms), at() in ms. */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    this.tracks = root.querySelector("#tracks");
    this.sheet = root.querySelector("#sheet");
    this.head = root.querySelector("#playhead");
    this.edits = root.hasAttribute("data-edits");
    this.waves = new Map();
    this.chosen = { kind: "", id: "" };
    this.cut = null;
    this.zoom = 0;
    this.drag = null;
    this.rows = new Map([...root.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));
    this.sheet.addEventListener("pointerdown", (event) => this.#press(event));
    this.sheet.addEventListener("pointermove", (event) => this.#move(event));
    this.sheet.addEventListener("pointerup", (event) => this.#release(event));
    this.sheet.addEventListener("pointercancel", () => this.#cancel());
    this.sheet.addEventListener("click", (event) => this.#click(event));
    this.sheet.addEventListener("keydown", (event) => this.#key(event));
    this.tracks.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    new ResizeObserver(() => this.fits && this.fit()).observe(this.tracks);
  }

  // --- drawing ----------------------------------------------------------------------------------------------------

  set(cut) {
    this.cut = cut;
    if (this.drag) this.#cancel();
    const focused = document.activeElement?.closest?.(".item");
    const held = focused && this.sheet.contains(focused) ? { kind: focused.dataset.kind, id: focused.dataset.id } : null;
    if (this.zoom && this.fits) this.fit();
    if (!this.zoom) {
      this.fit();
      // On a phone the whole of a long film would be too thin to be touched.
      if (this.tracks.clientWidth < 480 && this.zoom < 8) {
        this.fits = false;
        this.#scale(8);
      }
    }
    this.#fill("picture", cut.shots.map((shot) => this.#shot(shot)));
    this.#fill("lines", cut.voices.map((voice) => this.#line(voice)));
    this.#fill("titles", cut.titles.filter(({ startMs }) => startMs !== null).map((title) => this.#title(title)));
    for (const track of LAID) {
      const sounds = cut.sounds.filter((sound) => sound.track === track && sound.startMs !== null);
      this.#fill(track, this.#lanes(sounds, track).map((sound) => this.#sound(sound)));
    }
    this.#ruler();
    this.sheet.style.setProperty("--length", String(cut.durationMs / 1000));
    for (const button of this.root.querySelectorAll("[data-mute-track]")) {
      button.setAttribute("aria-pressed", String(cut.muted.includes(button.dataset.muteTrack)));
    }
    this.paintChoice();
    if (held) this.find(held.kind, held.id)?.focus({ preventScroll: true });
  }

  #fill(name, items) {
    const row = this.rows.get(name);
    row.replaceChildren(...items);
    row.classList.toggle("without", !items.length);
    items.forEach((item, index) => (item.tabIndex = index ? -1 : 0));
  }

  /** Sounds of one track that overlap lie below each other. */
  #lanes(sounds, track) {
    const ends = [];
    const placed = [...sounds]
      .sort((one, other) => one.startMs - other.startMs)
      .map((sound) => {
        let lane = ends.findIndex((end) => end <= sound.startMs);
        if (lane < 0) lane = ends.push(0) - 1;
        ends[lane] = sound.startMs + sound.lengthMs;
        return { ...sound, lane };
      });
    this.rows.get(track).parentElement.style.setProperty("--lanes", String(Math.max(1, ends.length)));
    const name = this.root.querySelector(`[data-name="${track}"]`);
    name?.style.setProperty("--lanes", String(Math.max(1, ends.length)));
    return placed;
  }

  #item(kind, id, startMs, lengthMs, label) {
    // No button element: not every browser lets the parts of one be grasped.
    const item = make("div", `item ${kind}`);
    item.setAttribute("role", "button");
    Object.assign(item.dataset, { kind, id });
    this.#place(item, startMs, lengthMs);
    item.setAttribute("aria-label", label);
    if (this.edits && kind !== "line") item.append(make("i", "edge start"), make("i", "edge end"));
    return item;
  }

  #place(item, startMs, lengthMs) {
    item.style.setProperty("--start", String(startMs / 1000));
    item.style.setProperty("--long", String(lengthMs / 1000));
  }

  #shot(shot) {
    const shows = shot.clip ? "" : shot.still ? ", a still stands in" : ", no picture yet";
    const begins = { dissolve: ", dissolves in", fade: ", fades through black" }[shot.transition] ?? "";
    const label = `Shot ${shot.label}, at ${this.on.time(shot.startMs)}, ${seconds(shot.durationMs)}${shows}${begins}`;
    const item = this.#item("shot", shot.shotId, shot.startMs, shot.durationMs, label);
    item.classList.add(shot.clip ? "is-clip" : shot.still ? "is-still" : "is-todo");
    item.title = `${shot.label} · ${seconds(shot.durationMs)}`;
    if (shot.thumb) item.prepend(Object.assign(new Image(), { src: shot.thumb, alt: "", loading: "lazy", draggable: false }));
    const into = shot.dissolveMs || shot.fadeInMs;
    if (into && shot.transition !== "cut") {
      const mark = make("span", `into ${shot.transition}`);
      mark.style.setProperty("--long", String(into / 1000));
      item.append(mark);
    }
    item.append(make("span", "item-name", { textContent: shot.label }));
    item.append(make("span", "item-length", { textContent: `${(shot.durationMs / 1000).toFixed(1)} s` }));
    return item;
  }

  #line(voice) {
    const label = `${voice.character}, at ${this.on.time(voice.startMs)}: ${voice.text}`;
    const item = this.#item("line", voice.shotId, voice.startMs, voice.endMs - voice.startMs, label);
    item.title = `${voice.character}: ${voice.text}`;
    item.append(make("span", "item-name", { textContent: `${voice.character} ${voice.text}` }));
    return item;
  }

  #title(title) {
    const item = this.#item("title", title.titleId, title.startMs, title.lengthMs, `Title ${title.text}, at ${this.on.time(title.startMs)}, ${seconds(title.lengthMs)}`);
    item.title = title.text;
    if (title.place === "opening" || title.place === "closing") item.classList.add("fixed");
    item.append(make("span", "item-name", { textContent: title.text }));
    return item;
  }

  #sound(sound) {
    const label = `${sound.name}, at ${this.on.time(sound.startMs)}, ${seconds(sound.lengthMs)}, ${sound.gainDb} decibels`;
    const item = this.#item("sound", sound.soundId, sound.startMs, sound.lengthMs, label);
    item.style.setProperty("--lane", String(sound.lane));
    item.title = sound.name;
    item.classList.toggle("silent", !sound.heardMs);
    for (const [side, ms] of [["in", sound.fadeInMs], ["out", sound.fadeOutMs]]) {
      const fade = make("i", `fade ${side}`);
      fade.style.setProperty("--long", String(ms / 1000));
      if (this.edits) fade.append(make("b", "knob"));
      item.append(fade);
    }
    item.append(make("span", "item-name", { textContent: sound.name }));
    this.#wave(item, sound);
    return item;
  }

  async #wave(item, sound) {
    if (!this.waves.has(sound.assetId)) {
      const url = this.root.dataset.waveUrl.replace("00000000-0000-0000-0000-000000000000", sound.assetId);
      this.waves.set(sound.assetId, state(url).catch(() => ({ stepMs: 20, peaks: [] })));
    }
    const { stepMs, peaks } = await this.waves.get(sound.assetId);
    const part = peaks.slice(Math.floor(sound.inMs / stepMs), Math.ceil((sound.inMs + sound.lengthMs) / stepMs));
    if (!part.length) return;
    const every = Math.max(1, Math.ceil(part.length / 1200));
    const high = [];
    for (let at = 0; at < part.length; at += every) high.push(Math.max(...part.slice(at, at + every)));
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    const upper = high.map((peak, x) => `${x} ${50 - Math.max(1, peak / 2)}`);
    const lower = high.map((peak, x) => `${x} ${50 + Math.max(1, peak / 2)}`).reverse();
    path.setAttribute("d", `M${[...upper, ...lower].join("L")}Z`);
    svg.setAttribute("viewBox", `0 0 ${Math.max(1, high.length - 1)} 100`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.classList.add("wave");
    svg.append(path);
    item.querySelector(".wave")?.remove();
    item.prepend(svg);
  }

  #ruler() {
    const ruler = this.rows.get("ruler");
    const every = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800].find((step) => step * this.zoom >= 64) ?? 3600;
    const marks = [];
    for (let at = 0; at * 1000 <= this.cut.durationMs && marks.length < 800; at += every) {
      const mark = make("span", "tick", { textContent: `${Math.floor(at / 60)}:${String((at % 60).toFixed(every < 1 ? 1 : 0)).padStart(every < 1 ? 4 : 2, "0")}` });
      mark.style.setProperty("--start", String(at));
      marks.push(mark);
    }
    for (const { title, startMs } of this.cut.scenes) {
      const mark = make("i", "scene-mark", { title });
      mark.style.setProperty("--start", String(startMs / 1000));
      marks.push(mark);
    }
    ruler.replaceChildren(...marks);
  }

  // --- zoom and playhead --------------------------------------------------------------------------------------------

  fit() {
    this.fits = true;
    const room = this.tracks.clientWidth - 24;
    this.#scale(Math.max(0.5, room / Math.max(1, this.cut.durationMs / 1000)));
  }

  magnify(factor, x = this.tracks.clientWidth / 2) {
    this.fits = false;
    const under = (this.tracks.scrollLeft + x) / this.zoom;
    this.#scale(Math.min(400, Math.max(0.5, this.zoom * factor)));
    this.tracks.scrollLeft = under * this.zoom - x;
  }

  #scale(zoom) {
    this.zoom = zoom;
    this.sheet.style.setProperty("--zoom", String(zoom));
    if (this.cut) this.#ruler();
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.magnify(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - this.tracks.getBoundingClientRect().left);
  }

  paint(at, playing, shotId) {
    this.head.style.setProperty("--start", String(at / 1000));
    if (playing) {
      const x = (at / 1000) * this.zoom - this.tracks.scrollLeft;
      if (x < 0 || x > this.tracks.clientWidth - 40) this.tracks.scrollLeft += x - 60;
    }
    if (shotId === this.current) return;
    this.current = shotId;
    for (const item of this.rows.get("picture").children) {
      if (item.dataset.id === shotId) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    }
  }

  // --- choosing -----------------------------------------------------------------------------------------------------

  find(kind, id) {
    return this.sheet.querySelector(`.item.${kind}[data-id="${CSS.escape(id)}"]`);
  }

  choose(kind, id) {
    this.chosen = { kind, id };
    this.paintChoice();
  }

  paintChoice() {
    this.current = undefined;
    for (const item of this.sheet.querySelectorAll(".item:not(.line)")) {
      const on = item.dataset.kind === this.chosen.kind && item.dataset.id === this.chosen.id;
      item.setAttribute("aria-pressed", String(on));
    }
  }

  #click(event) {
    if (this.dragged) {
      this.dragged = false;
      return;
    }
    const item = event.target.closest(".item");
    if (!item) {
      this.on.seek(this.#at(event));
      return;
    }
    // A shot is gone to where it was pressed: the playhead is also where it may be trimmed.
    if (item.dataset.kind === "shot" && event.detail) this.on.seek(this.#at(event));
    this.on.select(item.dataset.kind === "line" ? "shot" : item.dataset.kind, item.dataset.id);
  }

  #at(event) {
    const box = this.sheet.getBoundingClientRect();
    return Math.max(0, Math.min(this.cut.durationMs, ((event.clientX - box.left) / this.zoom) * 1000));
  }

  // --- keys ---------------------------------------------------------------------------------------------------------

  #key(event) {
    const item = event.target.closest(".item");
    if (!item) return;
    const { kind, id } = item.dataset;
    const row = [...item.parentElement.children];
    const here = row.indexOf(item);
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && event.altKey && this.edits) {
      this.nudge(kind, id, by, event.shiftKey);
    } else if (by || event.key === "Home" || event.key === "End") {
      const next = event.key === "Home" ? row[0] : event.key === "End" ? row.at(-1) : row[here + by];
      if (next) this.#focus(next, row);
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const rows = [...this.rows.values()].filter((other) => other.querySelector(".item"));
      const other = rows[rows.indexOf(item.parentElement) + (event.key === "ArrowUp" ? -1 : 1)];
      const next = other?.querySelector('.item[tabindex="0"]');
      if (next) this.#focus(next, [...other.children]);
    } else if (event.key === "Enter" || event.key === " ") {
      item.click();
    } else if ((event.key === "Delete" || event.key === "Backspace") && this.edits && (kind === "sound" || kind === "title")) {
      this.on.remove(kind, id);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #focus(item, row) {
    for (const other of row) other.tabIndex = other === item ? 0 : -1;
    item.focus();
    item.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** A shot goes one place on; a sound or title goes by a frame, or by a second. */
  nudge(kind, id, by, far) {
    if (kind === "shot") {
      const at = this.cut.shots.findIndex(({ shotId }) => shotId === id);
      const to = at + by;
      if (to < 0 || to >= this.cut.shots.length) return;
      const before = by < 0 ? this.cut.shots[to].shotId : (this.cut.shots[to + 1]?.shotId ?? null);
      this.on.change({ move: { shot: id, before } });
      return;
    }
    const thing = this.#thing(kind, id);
    if (!thing || thing.place === "opening" || thing.place === "closing") return;
    const startMs = Math.max(0, thing.startMs + by * (far ? 1000 : 1000 / this.cut.fps));
    this.on.change({ [`${kind}s`]: { [id]: this.anchored(kind, thing, startMs) } });
  }

  /** A shot that begins later in its clip; a still has no beginning, it only becomes shorter. */
  beginLater(shot, by) {
    const length = { durationMs: shot.lengthMs - by };
    return shot.clipMs ? { trimMs: Math.max(0, shot.trimMs + by), ...length } : length;
  }

  #thing(kind, id) {
    if (kind === "shot") return this.cut.shots.find(({ shotId }) => shotId === id);
    if (kind === "title") return this.cut.titles.find(({ titleId }) => titleId === id);
    return this.cut.sounds.find(({ soundId }) => soundId === id);
  }

  /** Music stays at its time. Effects, voices and titles belong to the shot in which they begin, and move with it. */
  anchored(kind, thing, startMs) {
    const shot = kind === "sound" && thing.track === "music" ? null : this.on.shotAt(startMs);
    return shot
      ? { shotId: shot.shotId, startMs: Math.round(startMs - shot.startMs) }
      : { shotId: null, startMs: Math.round(startMs) };
  }

  // --- dragging -----------------------------------------------------------------------------------------------------

  #press(event) {
    this.dragged = false;
    const item = event.target.closest(".item");
    if (event.button || event.pointerType === "touch" || (item && (!this.edits || item.matches(".line")))) return;
    if (!item) {
      this.drag = { mode: "scrub" };
      this.sheet.setPointerCapture(event.pointerId);
      return;
    }
    const { kind, id } = item.dataset;
    const thing = this.#thing(kind, id);
    if (!thing) return;
    const target = event.target;
    let mode = kind === "shot" ? "order" : "place";
    if (target.matches(".knob")) mode = target.parentElement.matches(".in") ? "fade-in" : "fade-out";
    else if (target.matches(".edge")) mode = target.matches(".start") ? "start" : "end";
    else if (item.matches(".fixed")) return;
    if (item.matches(".fixed") && mode === "start") mode = "end";
    this.drag = { mode, kind, id, thing, item, x: event.clientX, moved: false, snaps: this.#snaps(id) };
  }

  #snaps(id) {
    const { shots, sounds, titles, durationMs } = this.cut;
    const places = [0, durationMs, this.on.at()];
    for (const { startMs, durationMs: long } of shots) places.push(startMs, startMs + long);
    for (const { soundId, startMs, lengthMs } of sounds) if (soundId !== id && startMs !== null) places.push(startMs, startMs + lengthMs);
    for (const { titleId, startMs, lengthMs } of titles) if (titleId !== id && startMs !== null) places.push(startMs, startMs + lengthMs);
    return places;
  }

  #snapped(ms, free, snaps) {
    const near = free ? undefined : snaps.find((place) => Math.abs(place - ms) * this.zoom < SNAP_PX * 1000);
    const frame = 1000 / this.cut.fps;
    return near ?? Math.round(ms / frame) * frame;
  }

  #move(event) {
    const { drag } = this;
    if (!drag) return;
    if (drag.mode === "scrub") {
      this.on.seek(this.#at(event));
      return;
    }
    const by = ((event.clientX - drag.x) / this.zoom) * 1000;
    if (!drag.moved) {
      if (Math.abs(event.clientX - drag.x) < DRAG_PX) return;
      drag.moved = true;
      drag.item.classList.add("dragging");
      this.sheet.setPointerCapture(event.pointerId);
    }
    this.#preview(drag, by, event);
  }

  #preview(drag, by, event) {
    const { thing, item, mode } = drag;
    const long = thing.durationMs ?? thing.lengthMs;
    const snap = (ms) => this.#snapped(ms, event.altKey, drag.snaps);
    if (mode === "order") {
      const at = this.#at(event);
      const others = this.cut.shots.filter(({ shotId }) => shotId !== drag.id);
      const next = others.find(({ startMs, durationMs }) => at < startMs + durationMs / 2);
      drag.before = next?.shotId ?? null;
      const place = next ? next.startMs : others.at(-1) ? others.at(-1).startMs + others.at(-1).durationMs : 0;
      item.style.setProperty("--shift", `${event.clientX - drag.x}px`);
      this.sheet.style.setProperty("--gap", String(place / 1000));
      this.sheet.classList.add("reordering");
    } else if (mode === "place") {
      drag.startMs = Math.max(0, snap(thing.startMs + by));
      this.#place(item, drag.startMs, long);
    } else if (mode === "start") {
      const least = thing.startMs - (thing.sourceInMs ?? thing.inMs ?? thing.startMs);
      drag.startMs = Math.min(thing.startMs + long - 100, Math.max(0, least, snap(thing.startMs + by)));
      this.#place(item, drag.startMs, long - (drag.startMs - thing.startMs));
    } else if (mode === "end") {
      const room = thing.recordingMs ? thing.recordingMs - thing.inMs : thing.clipMs ? Math.max(long, thing.clipMs - thing.sourceInMs) : Infinity;
      drag.longMs = Math.min(room, Math.max(100, snap(thing.startMs + long + by) - thing.startMs));
      this.#place(item, thing.startMs, drag.longMs);
    } else {
      const inwards = mode === "fade-in" ? by : -by;
      const [own, other] = mode === "fade-in" ? [thing.fadeInMs, thing.fadeOutMs] : [thing.fadeOutMs, thing.fadeInMs];
      drag.fadeMs = Math.round(Math.min(long - other, Math.max(0, own + inwards)));
      item.querySelector(`.fade.${mode.slice(5)}`).style.setProperty("--long", String(drag.fadeMs / 1000));
    }
  }

  #release(event) {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    if (drag.mode === "scrub") return;
    if (!drag.moved) return;
    this.dragged = true;
    drag.item.classList.remove("dragging");
    this.sheet.classList.remove("reordering");
    const change = this.#wanted(drag);
    if (change) this.on.change(change);
    else this.set(this.cut);
    this.on.select(drag.kind, drag.id);
    event.preventDefault();
  }

  #wanted({ mode, kind, id, thing, before, startMs, longMs, fadeMs }) {
    if (mode === "order") return before === undefined ? null : { move: { shot: id, before } };
    if (kind === "shot") {
      if (mode === "end") return { shots: { [id]: { durationMs: Math.round(longMs) } } };
      return { shots: { [id]: this.beginLater(thing, Math.round(startMs - thing.startMs)) } };
    }
    const fields = {
      place: () => this.anchored(kind, thing, startMs),
      end: () => ({ lengthMs: Math.round(longMs) }),
      "fade-in": () => ({ fadeInMs: fadeMs }),
      "fade-out": () => ({ fadeOutMs: fadeMs }),
      start: () => {
        const by = Math.round(startMs - thing.startMs);
        const placed = { ...this.anchored(kind, thing, startMs), lengthMs: thing.lengthMs - by };
        return kind === "sound" ? { ...placed, inMs: thing.inMs + by } : placed;
      },
    }[mode]();
    return { [`${kind}s`]: { [id]: fields } };
  }

  #cancel() {
    if (!this.drag) return;
    this.drag.item?.classList.remove("dragging");
    this.sheet.classList.remove("reordering");
    this.drag = null;
  }
}
