// The review's player: one clip or still, or up to four of them that run by one clock. Markup: templates/includes/screen.html.
//
//   const screen = new Screen(document.querySelector("[data-screen]"));
//   screen.load([{kind: "clip", src, poster, width, height, durationMs, fps, label}]);
//   screen.mark([{id, timeMs, label}]);          // notes on the scrub bar
//   screen.ink.show(strokes);                    // somebody's drawing; see ink.js
//
// Told on its element, all bubbling: "screen:time" {ms, frame}, "screen:note" {id}, "screen:drawn" {strokes},
// "screen:drawing" {on}, "screen:ended".

import { Ink } from "./ink.js";
import { timecode, WHOLE_MS } from "./timecode.js";

const SPEEDS = [0.25, 0.5, 1, 1.5, 2];
const FASTEST_BACK = -4;
const SKIP_MS = 1000;
const DRIFT_FRAMES = 1.5;

/** One picture on the stage. Time within it is told in frames of its own rate. */
class Reel {
  #seen = null;
  #wanted = null;
  // Where the last jump went. While nothing runs it is where we are: frames that are still on their way to the glass
  // tell of places that were left before.
  #target = null;

  constructor(frame, media, painted, failed) {
    this.frame = frame;
    this.media = media;
    this.fps = media.fps || 24;
    this.still = media.kind === "still";
    this.frames = this.still ? 1 : Math.max(1, Math.round((media.durationMs * this.fps) / 1000));
    frame.style.setProperty("--w", media.width || 16);
    frame.style.setProperty("--h", media.height || 9);
    this.picture = this.still ? this.#image() : this.#video(painted);
    this.picture.addEventListener("error", failed);
    frame.querySelector(":scope > :is(img, video)")?.remove();
    frame.prepend(this.picture);
  }

  #image() {
    return Object.assign(new Image(), { src: this.media.src, alt: this.media.label ?? "", draggable: false });
  }

  #video(painted) {
    const video = document.createElement("video");
    Object.assign(video, { src: this.media.src, playsInline: true, preload: "auto", disableRemotePlayback: true });
    if (this.media.poster) video.poster = this.media.poster;
    video.setAttribute("aria-label", this.media.label ?? "Clip");
    // The poster is small: the first frame takes its place as soon as it is there.
    video.addEventListener("loadeddata", () => this.#wanted === null && video.currentTime === 0 && video.paused && this.seek(0), { once: true });
    video.addEventListener("seeked", () => {
      const next = this.#wanted;
      this.#wanted = null;
      if (next !== null) this.seek(next);
      if (!video.paused) this.#target = null;
      painted();
    });
    if (video.requestVideoFrameCallback) {
      const note = (_, { mediaTime }) => {
        this.#seen = mediaTime;
        painted();
        video.requestVideoFrameCallback(note);
      };
      video.requestVideoFrameCallback(note);
    }
    return video;
  }

  /** The frame that is seen, or that will be when a jump has arrived. */
  get at() {
    if (this.still) return 0;
    if (this.#target !== null) return this.#target;
    const seconds = this.picture.seeking ? this.picture.currentTime : (this.#seen ?? this.picture.currentTime);
    return Math.min(this.frames - 1, Math.floor(seconds * this.fps + 0.01));
  }

  get ms() {
    return (this.at * 1000) / this.fps;
  }

  /** Jump to a frame: to its middle, so that no rounding shows its neighbour. */
  seek(frame) {
    if (this.still) return;
    const to = Math.min(this.frames - 1, Math.max(0, Math.round(frame)));
    this.#target = to;
    if (this.picture.seeking) {
      this.#wanted = to;
      return;
    }
    this.#seen = null;
    this.picture.currentTime = (to + 0.5) / this.fps;
  }

  run(rate) {
    if (this.still || this.over) return;
    this.#target = null;
    this.picture.playbackRate = rate;
    this.picture.play().catch(() => {});
  }

  halt() {
    if (!this.still) this.picture.pause();
  }

  get over() {
    return !this.still && (this.picture.ended || this.picture.currentTime >= this.media.durationMs / 1000 - 0.5 / this.fps);
  }

  leave() {
    this.halt();
    this.picture.removeAttribute("src");
    if (!this.still) this.picture.load();
    this.picture.remove();
  }
}

export class Screen {
  #reels = [];
  #rate = 0;
  #began = { at: 0, stamp: 0 };
  #marks = [];

  /**
   * @param root the element of templates/includes/screen.html.
   * @param keys whether the page's keys are this player's while nothing is typed.
   */
  constructor(root, { keys = true } = {}) {
    this.root = root;
    this.speed = 1;
    this.loop = false;
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.button = (name) => root.querySelector(`.screen-controls [data-do="${name}"]`);
    this.stage = this.find("stage");
    this.ink = new Ink(this.find("ink"));
    this.ink.addEventListener("changed", ({ detail }) => this.#tell("drawn", { strokes: detail }));
    root.addEventListener("click", (event) => this.#click(event));
    this.find("scrub").addEventListener("input", (event) => {
      this.pause();
      this.#seek(Number(event.target.value));
    });
    this.find("speed").addEventListener("change", (event) => this.setSpeed(Number(event.target.value)));
    this.find("volume").addEventListener("input", (event) => this.setVolume(Number(event.target.value), false));
    if (keys) document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("pagehide", () => this.pause());
  }

  // --- what is shown ----------------------------------------------------------------------------------------------------

  /** Show up to four clips or stills side by side; the longest clip leads. None empties the stage. */
  load(media) {
    this.pause();
    this.drawing(false);
    this.ink.clear();
    this.ink.show();
    for (const reel of this.#reels) reel.leave();
    const frames = [this.find("frame"), ...this.stage.querySelectorAll("[data-other]")];
    for (const extra of frames.slice(Math.max(1, media.length))) extra.remove();
    this.#reels = media.map((one, index) => new Reel(frames[index] ?? this.#another(), one, () => this.paint(), () => this.#failed()));
    this.stage.dataset.count = String(media.length);
    this.root.dataset.kind = this.lead?.still === false ? "clip" : "still";
    this.root.classList.remove("failed", "started");
    if (media.length) this.ink.shape(media[0].width || 16, media[0].height || 9);
    for (const reel of this.#reels) if (!reel.still) reel.picture.muted = reel !== this.lead;
    this.setVolume(this.find("volume").valueAsNumber, false);
    const scrub = this.find("scrub");
    scrub.max = String(Math.max(0, (this.lead?.frames ?? 1) - 1));
    this.find("length").textContent = this.lead ? timecode(this.lead.media.durationMs, this.lead.fps) : "";
    this.mark([]);
    this.paint();
  }

  #another() {
    const frame = document.createElement("div");
    frame.className = "screen-frame";
    frame.dataset.other = "";
    this.stage.append(frame);
    return frame;
  }

  /** What the clock goes by. */
  get lead() {
    return this.#reels.reduce((best, reel) => (!best || (best.still && !reel.still) || reel.media.durationMs > best.media.durationMs ? reel : best), null);
  }

  get reels() {
    return this.#reels;
  }

  get ms() {
    return this.lead && !this.lead.still ? Math.round(this.lead.ms) : null;
  }

  get playing() {
    return this.#rate !== 0;
  }

  /** Put notes on the scrub bar. */
  mark(notes) {
    this.#marks = notes.filter(({ timeMs }) => timeMs !== null && timeMs !== undefined);
    const { lead } = this;
    this.find("marks").replaceChildren(
      ...(lead && !lead.still ? this.#marks : []).map(({ id, timeMs, label }) => {
        const mark = document.createElement("button");
        mark.type = "button";
        mark.dataset.note = id;
        mark.title = label;
        mark.setAttribute("aria-label", `Note at ${timecode(timeMs, lead.fps)}: ${label}`);
        mark.style.setProperty("--at", `${Math.min(100, (timeMs / lead.media.durationMs) * 100)}%`);
        return mark;
      }),
    );
  }

  #failed() {
    this.root.classList.add("failed");
  }

  // --- the clock --------------------------------------------------------------------------------------------------------

  /** Run forwards with a speed above zero, backwards below. */
  play(rate = this.speed) {
    const { lead } = this;
    if (!lead || lead.still) return;
    this.drawing(false);
    this.ink.show();
    if (rate > 0 && lead.over) this.#seek(0);
    for (const reel of this.#reels) reel.halt();
    this.#rate = rate;
    this.root.classList.add("started");
    this.#began = { at: lead.ms, stamp: performance.now() };
    if (rate > 0) for (const reel of this.#reels) reel.run(rate);
    this.#dress();
    requestAnimationFrame((now) => this.#tick(now, this.#began));
  }

  pause() {
    if (!this.playing) return;
    this.#rate = 0;
    for (const reel of this.#reels) reel.halt();
    this.#align();
    this.#dress();
    this.paint();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  #tick(now, began) {
    // Another start, or a stop, has a beginning of its own.
    if (!this.playing || began !== this.#began) return;
    const { lead } = this;
    if (this.#rate < 0) {
      const to = began.at + (now - began.stamp) * this.#rate;
      this.#seek((Math.max(0, to) * lead.fps) / 1000);
      if (to <= 0) this.#ended(lead.frames - 1);
    } else {
      this.#hold();
      if (lead.over) this.#ended(0);
    }
    this.paint();
    requestAnimationFrame((then) => this.#tick(then, began));
  }

  #ended(again) {
    const rate = this.#rate;
    if (this.loop) {
      this.#seek(again);
      this.play(rate);
    } else {
      this.pause();
      this.#tell("ended", {});
    }
  }

  /** Keep the others with the leader. */
  #hold() {
    const { lead } = this;
    for (const reel of this.#reels) {
      if (reel === lead || reel.still || reel.over || reel.picture.seeking) continue;
      const apart = reel.picture.currentTime - lead.picture.currentTime;
      if (Math.abs(apart) * reel.fps > DRIFT_FRAMES) reel.picture.currentTime = lead.picture.currentTime;
    }
  }

  #align() {
    const { lead } = this;
    if (lead) this.#seek(lead.at);
  }

  #seek(frame) {
    const { lead } = this;
    if (!lead) return;
    const to = Math.min(lead.frames - 1, Math.max(0, Math.round(frame)));
    for (const reel of this.#reels) reel.seek(reel === lead ? to : Math.floor(((to + 0.5) * reel.fps) / lead.fps));
    this.root.classList.add("started");
    this.paint();
  }

  /** Jump to a place, milliseconds. */
  seek(ms) {
    const { lead } = this;
    if (!lead || lead.still) return;
    this.pause();
    this.#seek(Math.floor((ms * lead.fps) / 1000 + WHOLE_MS));
  }

  step(frames) {
    const { lead } = this;
    if (!lead || lead.still) return;
    this.pause();
    this.ink.show();
    this.#seek(lead.at + frames);
  }

  skip(ms) {
    if (this.lead) this.step(Math.round((ms * this.lead.fps) / 1000));
  }

  setSpeed(speed) {
    this.speed = SPEEDS.includes(speed) ? speed : 1;
    this.find("speed").value = String(this.speed);
    if (this.#rate > 0) this.play(this.speed);
  }

  /** J and L: the first press runs, each further one runs faster. */
  shuttle(way) {
    if (this.#rate * way <= 0) this.play(way > 0 ? 1 : -1);
    else if (way > 0) this.play(Math.min(SPEEDS.at(-1), this.#rate >= 1 ? this.#rate + 0.5 : 1));
    else this.play(Math.max(FASTEST_BACK, this.#rate * 2));
  }

  setVolume(volume, muted) {
    const video = this.lead?.still === false ? this.lead.picture : null;
    if (video) Object.assign(video, { volume, muted });
    this.button("mute").setAttribute("aria-pressed", String(Boolean(muted)));
  }

  // --- drawing ----------------------------------------------------------------------------------------------------------

  /** Begin or end drawing on the frame that is seen. */
  drawing(on) {
    if (on === this.ink.drawing) return;
    if (on) this.pause();
    this.ink.draw(on);
    this.root.classList.toggle("is-drawing", on);
    this.button("draw")?.setAttribute("aria-pressed", String(on));
    this.#tell("drawing", { on });
  }

  // --- what is seen of it -----------------------------------------------------------------------------------------------

  paint() {
    const { lead } = this;
    const timed = Boolean(lead && !lead.still);
    const scrub = this.find("scrub");
    const frame = lead?.at ?? 0;
    scrub.value = String(frame);
    scrub.style.setProperty("--played", `${timed && lead.frames > 1 ? (frame / (lead.frames - 1)) * 100 : 0}%`);
    if (!timed) return;
    const text = timecode(lead.ms, lead.fps);
    scrub.setAttribute("aria-valuetext", text);
    const clock = this.find("time");
    if (clock.value !== text) {
      clock.value = text;
      this.#tell("time", { ms: this.ms, frame });
    }
  }

  #dress() {
    this.root.classList.toggle("playing", this.playing);
    this.button("toggle").setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }

  #tell(name, detail) {
    this.root.dispatchEvent(new CustomEvent(`screen:${name}`, { detail, bubbles: true }));
  }

  // --- buttons and keys -------------------------------------------------------------------------------------------------

  #do = {
    toggle: () => this.toggle(),
    back: () => this.step(-1),
    forward: () => this.step(1),
    loop: () => {
      this.loop = !this.loop;
      this.button("loop").setAttribute("aria-pressed", String(this.loop));
    },
    mute: () => this.setVolume(this.find("volume").valueAsNumber, this.button("mute").getAttribute("aria-pressed") === "false"),
    full: () => (document.fullscreenElement ? document.exitFullscreen() : this.root.requestFullscreen?.()),
    draw: () => this.drawing(!this.ink.drawing),
    undo: () => this.ink.undo(),
    clear: () => this.ink.clear(),
  };

  #keys = {
    " ": () => this.toggle(),
    k: () => this.pause(),
    j: () => this.shuttle(-1),
    l: () => this.shuttle(1),
    ",": () => this.step(-1),
    ".": () => this.step(1),
    "<": () => this.setSpeed(SPEEDS[Math.max(0, SPEEDS.indexOf(this.speed) - 1)]),
    ">": () => this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(this.speed) + 1)]),
    ArrowLeft: () => this.skip(-SKIP_MS),
    ArrowRight: () => this.skip(SKIP_MS),
    Home: () => this.seek(0),
    End: () => this.seek(this.lead?.media.durationMs ?? 0),
    o: () => this.#do.loop(),
    m: () => this.#do.mute(),
    f: () => this.#do.full(),
  };

  #click(event) {
    const button = event.target.closest("[data-do]");
    const mark = event.target.closest("[data-note]");
    if (mark) {
      const note = this.#marks.find(({ id }) => String(id) === mark.dataset.note);
      if (note) this.seek(note.timeMs);
      this.#tell("note", { id: mark.dataset.note });
    } else if (button) {
      this.#do[button.dataset.do]?.();
    } else if (event.target.closest("[data-tool]")) {
      this.#choose("tool", event.target.closest("[data-tool]"));
    } else if (event.target.closest("[data-colour]")) {
      this.#choose("colour", event.target.closest("[data-colour]"));
    } else if (event.target.closest("[data-stage]") && !this.ink.drawing) {
      this.toggle();
    }
  }

  #choose(what, chosen) {
    this.ink[what] = chosen.dataset[what];
    for (const one of this.root.querySelectorAll(`[data-${what}]`)) one.setAttribute("aria-pressed", String(one === chosen));
  }

  /** Do what a key says; returns whether it was one of the player's. */
  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return false;
    const { target } = event;
    if (target.closest("textarea, select, [contenteditable], input:not([type=range]), .menu") || (target.matches("input") && !this.root.contains(target))) return false;
    if (event.key === " " && target.closest("button, a, summary")) return false;
    if (target.matches("[data-volume]") && /^(Arrow|Home|End)/.test(event.key)) return false;
    if (event.key === "Escape" && this.ink.drawing) {
      this.drawing(false);
      return true;
    }
    const action = this.#keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || !this.lead) return false;
    event.preventDefault();
    action();
    return true;
  }
}
