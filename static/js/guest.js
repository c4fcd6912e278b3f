// A guest's review: plays the cut or the chosen takes, keeps the guest's notes beside them, and closes when the link does.

import { timecode as timecodeOf } from "./timecode.js";
import { Ink } from "./ink.js";
import { fragment, put } from "./server.js";
import { Stage } from "./stage.js";

const CHECK_MS = 10_000;
const CORNER_MS = 9000;
const ANY = "00000000-0000-0000-0000-000000000000"; // stands in addresses where a note's id goes
const CORNERS = ["top-left", "bottom-right", "top-right", "bottom-left"];

const room = document.querySelector("#guest");
const player = document.querySelector("#player");
const $ = (id) => document.getElementById(id);
const find = (name) => player.querySelector(`[data-${name}]`);

let cut = { durationMs: 0, fps: 24, width: 16, height: 9, shots: [], voices: [], cues: [] };
let said = JSON.parse($("verdicts")?.textContent ?? "{}");
let at = 0;
let playing = false;
let stamp = 0;
let painted = null;
let known = { notes: null, number: null };
let next = "";
let over = false;

const ink = new Ink(find("ink"));
const stage = new Stage([...player.querySelectorAll("[data-layer]")], pause, find("titles"));

// --- the clock --------------------------------------------------------------------------------------------------------

function tick(now) {
  if (!playing) return;
  const elapsed = Math.min(250, now - stamp);
  stamp = now;
  const byClip = stage.show(at, true, now);
  at = byClip === null ? at + elapsed : Math.max(at, byClip);
  if (at >= cut.durationMs) {
    at = cut.durationMs;
    pause();
    return;
  }
  paint();
  requestAnimationFrame(tick);
}

function play() {
  if (playing || !cut.shots.length) return;
  drawing(false);
  ink.show();
  if (at >= cut.durationMs - 1) seek(0);
  playing = true;
  stamp = performance.now();
  dress();
  requestAnimationFrame(tick);
}

function pause() {
  if (!playing) return;
  playing = false;
  dress();
  still();
}

function dress() {
  player.classList.add("started");
  player.classList.toggle("playing", playing);
  $("toggle").setAttribute("aria-label", playing ? "Pause" : "Play");
}

function still() {
  if (cut.shots.length) stage.show(Math.min(at, cut.durationMs - 1), false, performance.now());
  paint();
}

function seek(ms) {
  at = Math.max(0, Math.min(ms, cut.durationMs));
  stage.jumped();
  still();
}

function step(frames) {
  pause();
  ink.show();
  seek(((Math.floor((at * cut.fps) / 1000 + 0.001) + frames) * 1000) / cut.fps);
}

function jump(by) {
  const index = stage.indexAt(at);
  const own = by < 0 && at - cut.shots[index].startMs > 700 ? 0 : by;
  ink.show();
  seek(cut.shots[Math.max(0, Math.min(index + own, cut.shots.length - 1))].startMs);
}

function shotNow() {
  return cut.shots.length ? cut.shots[stage.indexAt(Math.min(at, cut.durationMs - 1))] : null;
}

// --- what is seen of it -----------------------------------------------------------------------------------------------

const timecode = (ms) => timecodeOf(ms, cut.fps);

function paint() {
  const scrub = $("scrub");
  scrub.value = String(Math.round(at));
  scrub.style.setProperty("--played", `${cut.durationMs ? (at / cut.durationMs) * 100 : 0}%`);
  scrub.setAttribute("aria-valuetext", timecode(at));
  $("time").value = timecode(at);
  if ($("note-at")) $("note-at").value = timecode(at);
  const words = cut.cues.filter((cue) => at >= cue.startMs && at < cue.endMs);
  const text = words.map((cue) => (cue.speaker ? `${cue.speaker}: ${cue.text}` : cue.text)).join("\n");
  if ($("subtitle").textContent !== text) $("subtitle").textContent = text;
  const shot = shotNow();
  if (shot === painted) return;
  painted = shot;
  if ($("note-shot")) $("note-shot").textContent = shot?.label ? `· shot ${shot.label}` : "";
  for (const item of $("list").children) {
    const here = item.dataset.start === String(shot?.startMs);
    item.firstElementChild.toggleAttribute("aria-current", here);
    if (here) item.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  paintVerdict();
}

/** Where in the film a note is; null where its picture is not in it any more. */
function placeOf(note) {
  const shot = cut.shots.find(({ subjectId }) => subjectId === note.dataset.subject);
  if (!shot) return cut.shots.length && !note.dataset.timeMs ? 0 : null;
  return shot.startMs + (note.dataset.timeMs ? Math.max(0, Number(note.dataset.timeMs) - shot.sourceInMs) : 0);
}

function placeNotes() {
  const marks = [];
  for (const note of document.querySelectorAll("[data-comment]")) {
    const place = placeOf(note);
    const button = note.querySelector("[data-go]");
    const shot = cut.shots.find(({ subjectId }) => subjectId === note.dataset.subject);
    button.textContent = place === null ? "an earlier version" : `${timecode(place)}${shot?.label ? ` · ${shot.label}` : ""}`;
    button.disabled = place === null;
    if (place === null || !cut.durationMs) continue;
    const mark = Object.assign(document.createElement("button"), { type: "button", title: note.dataset.text });
    mark.dataset.mark = note.dataset.comment;
    mark.setAttribute("aria-label", `Note at ${timecode(place)}: ${note.dataset.text}`);
    mark.style.setProperty("--at", `${(place / cut.durationMs) * 100}%`);
    marks.push(mark);
  }
  $("marks").replaceChildren(...marks);
}

function showNote(note) {
  const place = placeOf(note);
  if (place === null) return;
  pause();
  drawing(false);
  ink.clear();
  seek(place);
  ink.show(JSON.parse(note.querySelector("script")?.textContent ?? "[]"));
}

function list() {
  const shown = cut.shots.length > 1 && Boolean(room.dataset.playlist);
  $("list").hidden = !shown;
  if (!shown) return;
  $("list").replaceChildren(
    ...cut.shots.map((shot) => {
      const item = document.createElement("li");
      item.dataset.start = String(shot.startMs);
      item.dataset.id = shot.subjectId;
      const button = Object.assign(document.createElement("button"), { type: "button" });
      const picture = Object.assign(document.createElement("span"), { className: "still" });
      if (shot.thumb || shot.still) picture.append(Object.assign(new Image(), { src: shot.thumb || shot.still, alt: "", loading: "lazy" }));
      const label = Object.assign(document.createElement("span"), { className: "guest-label", textContent: shot.label });
      button.append(picture, label);
      button.setAttribute("aria-label", `Shot ${shot.label}`);
      item.append(button);
      return item;
    }),
  );
}

// --- the film ---------------------------------------------------------------------------------------------------------

function take(fresh) {
  cut = fresh;
  find("frame").style.setProperty("--w", String(cut.width));
  find("frame").style.setProperty("--h", String(cut.height));
  ink.shape(cut.width, cut.height);
  stage.set(cut);
  at = Math.min(at, cut.durationMs);
  painted = null;
  $("scrub").max = String(cut.durationMs);
  $("length").textContent = timecode(cut.durationMs);
  $("nothing").hidden = cut.shots.length > 0;
  list();
  placeNotes();
  still();
}

async function load() {
  const text = await fetched(room.dataset.plays);
  if (text === null) return;
  next = text;
  take(JSON.parse(text));
}

/** Fetch a text; a review that has closed closes the page. */
async function fetched(url) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
  } catch {
    return null; // away; the next look will tell
  }
  if (response.status === 404) close();
  return response.ok ? response.text() : null;
}

function close() {
  if (over) return;
  over = true;
  playing = false;
  stage.set({ shots: [], voices: [] });
  for (const video of document.querySelectorAll("video")) {
    video.removeAttribute("src");
    video.load();
  }
  if (document.fullscreenElement) document.exitFullscreen();
  room.replaceWith($("closed").content.cloneNode(true));
  document.title = "This review is closed";
  document.querySelector("main").focus();
}

async function check() {
  if (over) return;
  const text = await fetched(room.dataset.state);
  if (text === null || over) return;
  const state = JSON.parse(text);
  const before = known;
  known = state;
  if (before.number === null) return;
  if (state.notes !== before.notes) await refreshNotes();
  if (state.number === before.number) return;
  const fresh = await fetched(room.dataset.plays);
  if (fresh !== null && fresh !== next) {
    next = fresh;
    $("new-cut").hidden = false;
  }
}

// --- notes ------------------------------------------------------------------------------------------------------------

/** Put the notes anew, but never over an answer that is being written. */
function showNotes(html) {
  if ([...$("notes").querySelectorAll("textarea")].some((field) => field.value.trim())) return;
  put($("notes"), html);
  placeNotes();
}

async function refreshNotes() {
  showNotes(await fragment(room.dataset.notes));
}

async function send(form, values) {
  const button = form.querySelector("button:not([type=button])");
  const error = form.querySelector("[role=alert]");
  error.hidden = true;
  button.disabled = true;
  try {
    const html = await fragment(room.dataset.notes, { values });
    form.reset();
    showNotes(html);
    paint();
    return true;
  } catch (problem) {
    error.textContent = problem.message;
    error.hidden = false;
    check();
    return false;
  } finally {
    button.disabled = false;
  }
}

async function sendNote(form) {
  const shot = shotNow();
  if (!shot) return;
  const moving = Boolean(shot.clip);
  const values = { text: form.elements.text.value, kind: shot.kind, id: shot.subjectId };
  if (moving) values.time_ms = String(Math.max(0, Math.round(at - shot.startMs + shot.sourceInMs)));
  if (ink.strokes.length) values.drawing = JSON.stringify(ink.strokes);
  if (await send(form, values)) {
    drawing(false);
    ink.clear();
  }
}

async function takeBack(button) {
  button.disabled = true;
  try {
    showNotes(await fragment(room.dataset.takeBack.replace(ANY, button.dataset.takeBack), { values: {} }));
    paint();
    $("notes").querySelector("button")?.focus();
  } catch (problem) {
    // The server says why; the notes as they are by now show the rest.
    const said = document.createElement("p");
    said.className = "form-error";
    said.setAttribute("role", "alert");
    said.textContent = problem.message;
    button.replaceWith(said);
    check();
  }
}

// --- yes or no --------------------------------------------------------------------------------------------------------

function subject() {
  const section = $("verdict");
  if (!section) return null;
  if (section.dataset.id) return { kind: section.dataset.kind, id: section.dataset.id, label: "the film" };
  const shot = shotNow();
  return shot ? { kind: shot.kind, id: shot.subjectId, label: `shot ${shot.label}` } : null;
}

function paintVerdict() {
  const about = subject();
  if (!about) return;
  const now = said[about.id] ?? "";
  if ($("verdict-what")) $("verdict-what").textContent = about.label.replace(/^s/, "S");
  for (const button of document.querySelectorAll("[data-say]")) button.setAttribute("aria-pressed", String(button.dataset.say === now));
  const words = { approved: `You have approved ${about.label}.`, changes: "You have asked for changes. Say which in a note." };
  $("verdict-said").textContent = words[now] ?? "";
  for (const item of $("list").children) item.dataset.verdict = said[item.dataset.id] ?? "";
}

async function say(button) {
  const about = subject();
  if (!about) return;
  const verdict = said[about.id] === button.dataset.say ? "" : button.dataset.say;
  try {
    await fragment(room.dataset.verdict, { values: { kind: about.kind, id: about.id, verdict } });
    said = { ...said, [about.id]: verdict };
    paintVerdict();
  } catch (problem) {
    $("verdict-said").textContent = problem.message;
    check();
  }
}

// --- buttons and keys -------------------------------------------------------------------------------------------------

function drawing(on) {
  if (on === ink.drawing) return;
  if (on) {
    pause();
    player.classList.add("started");
    ink.show();
  }
  ink.draw(on);
  player.classList.toggle("is-drawing", on);
}

const ACTIONS = {
  toggle: () => (playing ? pause() : play()),
  previous: () => jump(-1),
  next: () => jump(1),
  back: () => step(-1),
  forward: () => step(1),
  draw: () => drawing(!ink.drawing),
  undo: () => ink.undo(),
  mute() {
    stage.mute(!stage.muted);
    player.querySelector("[data-do=mute]").setAttribute("aria-pressed", String(stage.muted));
  },
  full: () => (document.fullscreenElement ? document.exitFullscreen() : player.requestFullscreen()),
  renew() {
    $("new-cut").hidden = true;
    pause();
    take(JSON.parse(next));
  },
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
  m: ACTIONS.mute,
  f: ACTIONS.full,
  d: () => find("tool") && ACTIONS.draw(),
  n: () => $("note-text")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (over || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("textarea, select, input:not([type=range]), .menu")) return;
  if (event.key === " " && event.target.closest("button, a, summary")) return;
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || !cut.shots.length) return;
  event.preventDefault();
  action();
});

player.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  const mark = event.target.closest("[data-mark]");
  const choice = event.target.closest("[data-tool], [data-colour]");
  if (button) ACTIONS[button.dataset.do]();
  else if (mark) showNote(document.querySelector(`[data-comment="${mark.dataset.mark}"]`));
  else if (choice) {
    const what = choice.dataset.tool ? "tool" : "colour";
    ink[what] = choice.dataset[what];
    for (const one of player.querySelectorAll(`[data-${what}]`)) one.setAttribute("aria-pressed", String(one === choice));
  } else if (event.target.closest("[data-stage]") && !ink.drawing) ACTIONS.toggle();
});
player.addEventListener("contextmenu", (event) => event.target.closest("[data-stage]") && event.preventDefault());
$("scrub").addEventListener("input", (event) => {
  pause();
  ink.show();
  seek(Number(event.target.value));
});
$("list").addEventListener("click", (event) => {
  const item = event.target.closest("li");
  if (item) seek(Number(item.dataset.start));
});
$("notes").addEventListener("click", (event) => {
  if (event.target.closest("[data-go]")) showNote(event.target.closest("[data-comment]"));
  const button = event.target.closest("[data-take-back]");
  if (button) takeBack(button);
});
$("notes").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  await send(form, { text: form.elements.text.value, parent: form.dataset.reply });
});
$("note")?.addEventListener("submit", (event) => {
  event.preventDefault();
  sendNote(event.target);
});
$("note-text")?.addEventListener("focus", pause);
ink.addEventListener("changed", () => $("note-drawn") && ($("note-drawn").hidden = !ink.strokes.length));
$("verdict")?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-say]");
  if (button) say(button);
});

// The name over the picture wanders, so that no corner can be cut off for good.
const mark = $("watermark");
if (mark) {
  let corner = 0;
  const move = () => {
    mark.dataset.corner = CORNERS[corner++ % CORNERS.length];
    mark.textContent = `${mark.dataset.name} · ${new Date().toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}`;
  };
  move();
  setInterval(move, CORNER_MS);
}

load();
check();
setInterval(check, CHECK_MS);
document.addEventListener("visibilitychange", () => !document.hidden && check());
