// The film page: plays the cut before anything is rendered, lets it be changed, and keeps it and the renderings true.

import { timecode as timecodeOf } from "./timecode.js";
import { Cutting } from "./cutting.js";
import { takeDrops } from "./drop.js";
import { Inspector } from "./inspector.js";
import { soon } from "./live.js";
import { fragment, put, state } from "./server.js";
import { toast } from "./shell.js";
import { Stage } from "./stage.js";
import { Timeline } from "./timeline.js";

const player = document.querySelector("#player");
const board = document.querySelector("#timeline");
const $ = (id) => document.getElementById(id);

let cut = { durationMs: 0, fps: 24, shots: [], voices: [], cues: [], scenes: [], sounds: [], titles: [], muted: [] };
let at = 0;
let playing = false;
// Pressed before the cut had arrived: it plays as soon as it is there.
let wanted = false;
let captions = true;
let stamp = 0;
let painted = -1;
let stage = null;
let timeline = null;
let inspector = null;
let cutting = null;
let loading = 0;
let newest = Promise.resolve();

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

const timecode = (ms) => timecodeOf(ms, cut.fps);

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
  const shot = cut.shots[index];
  timeline.paint(at, playing, shot?.shotId ?? "");
  if (index === painted) return;
  painted = index;
  $("where").textContent = shot ? shot.label : "";
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

function loadCut() {
  newest = load(++loading);
  return newest;
}

async function load(mine) {
  const fresh = await state(player.dataset.cutUrl);
  // Two changes in a row: the later answer counts, and whoever waits for the earlier one waits for that.
  if (mine !== loading) return newest;
  cut = fresh;
  const shape = cut.width === cut.height ? "square" : cut.width < cut.height ? "tall" : "wide";
  player.dataset.shape = shape;
  stage.set(cut);
  timeline.set(cut);
  if (timeline.chosen.id) inspector.show(timeline.chosen.kind, timeline.chosen.id, cut);
  at = Math.min(at, cut.durationMs);
  painted = -1;
  $("scrub").max = String(cut.durationMs);
  $("length").textContent = $("whole").textContent = timecode(cut.durationMs).split(".")[0];
  $("as-storyboard")?.toggleAttribute("hidden", !cut.ordered);
  if ($("film-fade")) $("film-fade").value = String(cut.fadeOutMs / 1000);
  marks();
  if (wanted) play();
  else if (!playing) still();
}

const recut = soon(() => loadCut().catch(() => {}), 250, 1500);

const rerendering = soon(() => window.htmx.trigger("#rendering", "film-jobs"), 300, 2000);

function onEvent({ detail }) {
  const ofTrash = /^thing_/.test(detail.type) && ["sound", "title", "take", "render"].includes(detail.kind);
  if (/^(take_|shots?_|scenes?_|breakdown_applied|project_changed|cut_changed)/.test(detail.type) || ofTrash) recut();
  if (detail.type === "cut_changed" || ofTrash) rerendering();
  if (ofTrash && detail.kind === "render") refreshRenders();
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
  if (detail.what === "completed") refreshRenders();
}

const refreshRenders = soon(async () => put($("renders"), await fragment("?part=renders")), 100, 500);

// --- changing the cut ---------------------------------------------------------------------------------------------------

function shotAt(ms) {
  return cut.shots.find(({ startMs, durationMs }) => ms >= startMs && ms < startMs + durationMs) ?? null;
}

function select(kind, id) {
  timeline.choose(kind, id);
  inspector.show(kind, id, cut);
  for (const button of board.querySelectorAll("[data-needs-choice]")) button.disabled = !inspector.kind;
}

async function remove(kind, id) {
  const gone = await cutting.change({ [`${kind}s`]: { [id]: { deleted: true } } });
  if (gone === null) return;
  select("", "");
  const undo = board.dataset.trashUrl.replace("/sound/", `/${kind}/`).replace("00000000-0000-0000-0000-000000000000", id);
  toast(`The ${kind} is in the trash.`, "success", undo);
}

/** Begin or end the chosen thing where the playhead is. */
function trim(side) {
  const { kind, id, thing } = inspector;
  if (!kind || thing.startMs === null) return;
  const long = thing.lengthMs;
  const by = Math.round(at - thing.startMs);
  if (by <= 0 || (side === "start" && by >= long)) {
    toast("Put the playhead inside of what is chosen first.");
    return;
  }
  if (side === "end") cutting.change({ [`${kind}s`]: { [id]: { [kind === "shot" ? "durationMs" : "lengthMs"]: by } } });
  else if (kind === "shot") cutting.change({ shots: { [id]: timeline.beginLater(thing, by) } });
  else {
    const placed = { ...timeline.anchored(kind, thing, at), lengthMs: long - by };
    cutting.change({ [`${kind}s`]: { [id]: kind === "sound" ? { ...placed, inMs: thing.inMs + by } : placed } });
  }
}

async function addTitle() {
  const made = await cutting.change({ addTitle: { text: "Title", ...timeline.anchored("title", {}, at) } });
  if (!made) return;
  select("title", made);
  const text = $("inspector").querySelector("[name=text]");
  text?.focus();
  text?.select();
}

async function lay(assetId) {
  $("sounds").close();
  const track = $("sound-track").value;
  const made = await cutting.change({ addSound: { assetId, track, ...timeline.anchored("sound", { track }, at) } });
  if (made) select("sound", made);
}

async function upload(file, track, ms) {
  const { shotId, startMs } = timeline.anchored("sound", { track }, ms);
  const form = new FormData();
  form.append("file", file);
  form.append("track", track);
  form.append("startMs", String(startMs));
  if (shotId) form.append("shotId", shotId);
  board.classList.add("uploading");
  $("timeline-said").textContent = `Uploading ${file.name} …`;
  try {
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}") };
    const response = await fetch(board.dataset.uploadUrl, { method: "POST", body: form, headers });
    if (!response.ok) throw new Error(response.status === 422 ? await response.text() : "The sound could not be uploaded. Try again.");
    const { inverse, made } = await response.json();
    cutting.remember(inverse);
    await loadCut();
    select("sound", made);
    $("timeline-said").textContent = `${file.name} is laid under the film.`;
  } catch (error) {
    $("timeline-said").textContent = "";
    toast(error instanceof TypeError ? "The server cannot be reached. Try again when you are online." : error.message, "error");
  } finally {
    board.classList.remove("uploading");
  }
}

async function chooseSound() {
  $("sounds").showModal();
  put($("sound-choice"), await fragment(board.dataset.soundsUrl));
}

function mute(track) {
  const muted = cut.muted.includes(track) ? cut.muted.filter((one) => one !== track) : [...cut.muted, track];
  cutting.change({ film: { muted } });
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
  undo: () => cutting.undo(),
  redo: () => cutting.redo(),
  "zoom-in": () => timeline.magnify(1.5),
  "zoom-out": () => timeline.magnify(1 / 1.5),
  fit: () => timeline.fit(),
  "trim-start": () => trim("start"),
  "trim-end": () => trim("end"),
  "add-title": addTitle,
  "add-sound": chooseSound,
  storyboard: () => cutting.change({ order: [] }),
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
  "+": ACTIONS["zoom-in"],
  "-": ACTIONS["zoom-out"],
  0: ACTIONS.fit,
  "[": ACTIONS["trim-start"],
  "]": ACTIONS["trim-end"],
};
const EDITS = new Set(["[", "]"]);

function onKey(event) {
  if (event.target.closest("dialog, textarea, select, input:not([type=range]), .menu")) return;
  if ((event.ctrlKey || event.metaKey) && board.hasAttribute("data-edits") && /^[zy]$/i.test(event.key)) {
    event.preventDefault();
    if (event.key.toLowerCase() === "y" || event.shiftKey) cutting.redo();
    else cutting.undo();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && inspector.kind) select("", "");
  if (EDITS.has(event.key) && !board.hasAttribute("data-edits")) return;
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
  stage = new Stage([...player.querySelectorAll("[data-layer]")], pause, player.querySelector("[data-titles]"));
  cutting = new Cutting(board.dataset.changeUrl, loadCut);
  const change = (wish, options) => cutting.change(wish, options);
  timeline = new Timeline(board, { seek, select, change, remove, shotAt, at: () => at, time: timecode });
  inspector = new Inspector($("inspector"), {
    change: (wish) => change(wish, { quiet: true }),
    anchored: (kind, thing, ms) => timeline.anchored(kind, thing, ms),
    act(action, kind, id) {
      if (action === "remove") remove(kind, id);
      else if (action === "earlier" || action === "later") timeline.nudge(kind, id, action === "earlier" ? -1 : 1);
      else if (action === "trim-start" || action === "trim-end") trim(action.slice(5));
      else if (action === "close") {
        const item = timeline.find(kind, id);
        select("", "");
        item?.focus();
      }
    },
  });
  board.addEventListener("click", (event) => {
    const track = event.target.closest("[data-mute-track]")?.dataset.muteTrack;
    if (track) mute(track);
    else {
      const button = event.target.closest("[data-do]");
      if (button) ACTIONS[button.dataset.do]();
    }
  });
  if (board.hasAttribute("data-edits")) {
    const file = $("sound-file");
    file.addEventListener("change", () => {
      $("sounds").close();
      if (file.files[0]) upload(file.files[0], $("sound-track").value, at);
      file.value = "";
    });
    $("sounds").addEventListener("click", (event) => {
      const button = event.target.closest("[data-lay]");
      if (button) lay(button.dataset.lay);
    });
    $("film-fade").addEventListener("change", (event) => {
      const ms = Math.round(Number(event.target.value.replace(",", ".")) * 1000);
      if (Number.isFinite(ms)) change({ film: { fadeOutMs: ms } });
    });
    for (const row of board.querySelectorAll("[data-drop-track]")) {
      let place = 0;
      row.addEventListener("drop", (event) => (place = ((event.clientX - row.getBoundingClientRect().left) / timeline.zoom) * 1000), true);
      const dropped = Object.assign(document.createElement("input"), { type: "file" });
      takeDrops(row, dropped, () => upload(dropped.files[0], row.dataset.dropTrack, Math.min(place, cut.durationMs)));
    }
  }
  player.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) ACTIONS[button.dataset.do]();
    else if (event.target.closest(".screen")) ACTIONS.toggle();
  });
  $("scrub").addEventListener("input", (event) => seek(Number(event.target.value)));
  $("renders").addEventListener("click", (event) => {
    const button = event.target.closest("[data-film]");
    if (button) screen(button);
    const place = event.target.closest("[data-seek]");
    if (place) seek(Number(place.dataset.seek));
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
  document.addEventListener("rushes:undone", (event) => {
    // Read again, the page would forget the changes that can be taken back.
    event.preventDefault();
    cutting.forget(event.detail.url.match(/([0-9a-f-]{36})\/$/)?.[1]);
    recut();
    rerendering();
    refreshRenders();
  });
  loadCut().then(() => location.hash === "#play" && play());
} else {
  document.addEventListener("rushes:event", ({ detail }) => detail.type === "breakdown_applied" && location.reload());
}
