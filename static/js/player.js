// The film page: plays the rough cut before anything is rendered, and keeps timeline and renderings true.

import { soon } from "./live.js";
import { fragment, put, state } from "./server.js";
import { Stage } from "./stage.js";

const player = document.querySelector("#player");
const strip = document.querySelector("#strip");
const $ = (id) => document.getElementById(id);

let cut = { durationMs: 0, fps: 24, shots: [], voices: [], cues: [], scenes: [] };
let at = 0;
let playing = false;
// Pressed before the cut had arrived: it plays as soon as it is there.
let wanted = false;
let captions = true;
let stamp = 0;
let painted = -1;
let stage = null;

// --- the clock --------------------------------------------------------------------------------------------------------

function tick(now) {
  if (!playing) return;
  const elapsed = Math.min(250, now - stamp);
  stamp = now;
  const byClip = stage.show(at, true, now);
  // While a clip runs its own clock leads, so that picture and voices cannot drift apart.
  at = byClip === null ? at + elapsed : Math.max(at, byClip);
  player.classList.toggle("waiting", stage.waiting);
  if (at >= cut.durationMs) {
    at = cut.durationMs;
    pause();
    return;
  }
  paint();
  requestAnimationFrame(tick);
}

function play() {
  wanted = !cut.shots.length;
  if (playing || wanted) return;
  if (at >= cut.durationMs - 1) seek(0);
  playing = true;
  player.dataset.playing = "";
  player.dataset.started = "";
  $("toggle").setAttribute("aria-label", "Pause");
  stamp = performance.now();
  requestAnimationFrame(tick);
}

function pause() {
  playing = false;
  delete player.dataset.playing;
  player.classList.remove("waiting");
  $("toggle").setAttribute("aria-label", "Play");
  still();
}

function still() {
  if (cut.shots.length) stage.show(Math.min(at, cut.durationMs - 1), false, performance.now());
  paint();
}

function seek(ms) {
  at = Math.max(0, Math.min(ms, cut.durationMs));
  player.dataset.started = "";
  stage.jumped();
  still();
}

function step(frames) {
  if (playing) pause();
  const frame = Math.floor((at * cut.fps) / 1000 + 0.001) + frames;
  seek((frame * 1000) / cut.fps);
}

function jump(by) {
  const index = stage.indexAt(at);
  // Early in a shot "previous" means the one before, later its own beginning.
  const own = by < 0 && at - cut.shots[index].startMs > 700 ? 0 : by;
  seek(cut.shots[Math.max(0, Math.min(index + own, cut.shots.length - 1))].startMs);
}

// --- what is seen of it -----------------------------------------------------------------------------------------------

function timecode(ms) {
  const frames = Math.floor((ms * cut.fps) / 1000 + 0.001);
  const seconds = Math.floor(frames / cut.fps);
  const pad = (value) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}.${pad(frames % cut.fps)}`;
}

function paint() {
  const scrub = $("scrub");
  scrub.value = String(Math.round(at));
  scrub.style.setProperty("--played", `${cut.durationMs ? (at / cut.durationMs) * 100 : 0}%`);
  scrub.setAttribute("aria-valuetext", timecode(at));
  $("time").value = timecode(at);
  const words = captions ? cut.cues.filter((cue) => at >= cue.startMs && at < cue.endMs) : [];
  const text = words.map((cue) => (cue.speaker ? `${cue.speaker}: ${cue.text}` : cue.text)).join("\n");
  if ($("subtitle").textContent !== text) $("subtitle").textContent = text;
  const index = cut.shots.length ? stage.indexAt(at) : -1;
  if (index === painted) return;
  painted = index;
  const shot = cut.shots[index];
  $("where").textContent = shot ? shot.label : "";
  for (const button of strip.querySelectorAll(".strip-shot")) {
    if (button.dataset.shot !== shot?.shotId) button.removeAttribute("aria-current");
    else {
      button.setAttribute("aria-current", "true");
      // Only the strip scrolls: the page must not move while the film plays.
      const [outer, inner] = [strip.getBoundingClientRect(), button.getBoundingClientRect()];
      if (inner.left < outer.left || inner.right > outer.right) strip.scrollLeft += inner.left - outer.left - outer.width / 3;
    }
  }
}

function measureStrip() {
  for (const button of strip.querySelectorAll(".strip-shot")) button.style.setProperty("--seconds", String(button.dataset.ms / 1000));
}

function marks() {
  $("marks").replaceChildren(
    ...cut.scenes.slice(1).map(({ startMs }) => {
      const mark = document.createElement("i");
      mark.style.setProperty("--at", `${(startMs / cut.durationMs) * 100}%`);
      return mark;
    }),
  );
}

// --- staying true -----------------------------------------------------------------------------------------------------

async function loadCut() {
  cut = await state(player.dataset.cutUrl);
  const shape = cut.width === cut.height ? "square" : cut.width < cut.height ? "tall" : "wide";
  player.dataset.shape = shape;
  stage.set(cut);
  at = Math.min(at, cut.durationMs);
  painted = -1;
  $("scrub").max = String(cut.durationMs);
  marks();
  if (wanted) play();
  else if (!playing) still();
}

const recut = soon(
  async () => {
    await loadCut();
    const text = await fragment("?part=strip");
    await window.htmx.swap({ target: strip, sourceElement: strip, text, swap: "innerMorph" });
    measureStrip();
    painted = -1;
    paint();
  },
  600,
  4000,
);

const rerendering = soon(() => window.htmx.trigger("#rendering", "film-jobs"), 300, 2000);

function onEvent({ detail }) {
  if (/^(take_|shots?_|breakdown_applied)/.test(detail.type)) recut();
  if (detail.type === "jobs_queued") rerendering();
}

async function onJob({ detail }) {
  if (detail.what !== "progress") rerendering();
  if (detail.media !== "film") return;
  if (detail.what === "progress" && detail.progress !== null) {
    const row = document.querySelector(`#rendering [data-job="${detail.jobId}"]`);
    if (!row) return;
    row.querySelector("progress").value = detail.progress;
    row.querySelector("[data-share]").textContent = `${Math.round(detail.progress * 100)}%`;
  }
  if (detail.what === "completed") put($("renders"), await fragment("?part=renders"));
}

// --- buttons and keys -------------------------------------------------------------------------------------------------

const ACTIONS = {
  toggle: () => (playing ? pause() : play()),
  previous: () => jump(-1),
  next: () => jump(1),
  back: () => step(-1),
  forward: () => step(1),
  captions() {
    captions = !captions;
    $("captions").setAttribute("aria-pressed", String(captions));
    paint();
  },
  mute() {
    stage.mute(!stage.muted);
    $("mute").setAttribute("aria-pressed", String(stage.muted));
  },
  full: () => (document.fullscreenElement ? document.exitFullscreen() : player.requestFullscreen()),
};

const KEYS = {
  " ": ACTIONS.toggle,
  k: ACTIONS.toggle,
  ArrowLeft: () => seek(at - 1000),
  ArrowRight: () => seek(at + 1000),
  ArrowUp: ACTIONS.previous,
  ArrowDown: ACTIONS.next,
  ",": ACTIONS.back,
  ".": ACTIONS.forward,
  Home: () => seek(0),
  End: () => seek(cut.durationMs),
  c: ACTIONS.captions,
  m: ACTIONS.mute,
  f: ACTIONS.full,
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("dialog, textarea, select, input:not([type=range]), .menu")) return;
  if (event.key === " " && event.target.closest("button, a")) return;
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || (!cut.shots.length && action !== ACTIONS.toggle)) return;
  event.preventDefault();
  action();
}

function screen(button) {
  if (playing) pause();
  const dialog = $("screening");
  const video = dialog.querySelector("video");
  video.src = button.dataset.film;
  const track = video.querySelector("track");
  if (button.dataset.subtitles) track.src = button.dataset.subtitles;
  else track.removeAttribute("src");
  dialog.showModal();
  video.play().catch(() => {});
}

if (player) {
  stage = new Stage([...player.querySelectorAll("[data-layer]")], pause);
  player.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) ACTIONS[button.dataset.do]();
    else if (event.target.closest(".screen")) ACTIONS.toggle();
  });
  $("scrub").addEventListener("input", (event) => seek(Number(event.target.value)));
  strip.addEventListener("click", (event) => {
    const shot = cut.shots.find(({ shotId }) => shotId === event.target.closest(".strip-shot")?.dataset.shot);
    if (shot) seek(shot.startMs);
  });
  $("renders").addEventListener("click", (event) => {
    const button = event.target.closest("[data-film]");
    if (button) screen(button);
  });
  $("screening").addEventListener("close", () => {
    const video = $("screening").querySelector("video");
    video.pause();
    video.removeAttribute("src");
    video.load();
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("rushes:event", onEvent);
  document.addEventListener("rushes:job", onJob);
  document.addEventListener("rushes:resync", () => {
    recut();
    rerendering();
  });
  measureStrip();
  loadCut().then(() => location.hash === "#play" && play());
} else {
  document.addEventListener("rushes:event", ({ detail }) => detail.type === "breakdown_applied" && location.reload());
}
