// The rushes: takes one after the other, by mouse, thumb or keys; what others do appears without taking the picture away.

import { noteAt } from "./comments.js";
import { soon } from "./live.js";
import { Screen } from "./screen.js";
import { timecode } from "./timecode.js";
import { element, fragment } from "./server.js";
import { toast } from "./shell.js";

const room = document.querySelector("#rushes");
const reel = document.querySelector("#reel");
const panel = document.querySelector("#take-panel");
const said = document.querySelector("#rushes-said");
const screen = room ? new Screen(room.querySelector("[data-screen]")) : null;
let shown = "";
let busy = false;

const items = () => [...reel.querySelectorAll(".reel-take")];
const itemOf = (takeId) => reel.querySelector(`.reel-take[data-take="${takeId}"]`);
const verdict = () => room.querySelector('[data-part="verdict"]');
const notes = () => panel.querySelector('[data-part="notes"]');
const conversation = () => notes().querySelector("[data-comments]");

// --- the take that is watched -----------------------------------------------------------------------------------------

function media({ dataset }) {
  const { kind, src, poster, width, height, ms, fps, label } = dataset;
  return { kind, src, poster, width: Number(width), height: Number(height), durationMs: Number(ms), fps: Number(fps), label };
}

function mark(takeId) {
  for (const item of items()) {
    if (item.dataset.take === takeId) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  }
}

/** Bring a take of the list into sight; the page itself stays where it is. */
function reveal(item) {
  const at = item.getBoundingClientRect();
  const list = reel.getBoundingClientRect();
  reel.scrollBy(
    Math.min(at.left - list.left, 0) || Math.max(at.right - list.right, 0),
    Math.min(at.top - list.top, 0) || Math.max(at.bottom - list.bottom, 0),
  );
}

/** Put a take on the screen; its words follow. */
async function watch(item, { focus = false, play = false } = {}) {
  if (!item) return;
  const { take } = item.dataset;
  const again = take === shown;
  shown = take;
  mark(take);
  reveal(item);
  if (focus) item.focus({ preventScroll: true });
  if (!again) screen.load([media(item)]);
  const address = new URL(location.href);
  address.searchParams.set("take", take);
  history.replaceState(null, "", address);
  if (play && item.dataset.kind === "clip") screen.play();
  if (verdict().dataset.take !== take) await read(item.dataset.reviewUrl);
}

async function read(url) {
  try {
    dress(element(await fragment(url)));
  } catch (error) {
    toast(error.message, "error");
  }
}

/** Show what the server says of the take; the notes stay while they are about the same one, with what is typed. */
function dress(fresh) {
  for (const part of fresh.querySelectorAll("[data-part]")) {
    if (part.dataset.take !== shown) continue;
    const old = document.querySelector(`.room [data-part="${part.dataset.part}"]`);
    if (part.dataset.part === "notes" && old.dataset.take === part.dataset.take) continue;
    const focused = old.contains(document.activeElement) ? (document.activeElement.dataset.act ?? "") : "";
    old.replaceWith(part);
    window.htmx.process(part);
    if (focused) (part.querySelector(`[data-act="${focused}"]`) ?? part.querySelector("[data-act]"))?.focus();
  }
  fresh.querySelector("[role=alert]")?.focus();
}

function next(by) {
  const all = items();
  const at = all.findIndex(({ dataset }) => dataset.take === shown);
  return all[at + by];
}

function go(by) {
  const item = next(by);
  if (item) watch(item, { play: screen.playing });
  else said.textContent = by > 0 ? "This is the last take." : "This is the first take.";
}

// --- verdicts ---------------------------------------------------------------------------------------------------------

/** Send something about the take; a refusal is shown where the buttons are, and everything typed stays. */
async function send(url, values) {
  if (busy) return false;
  busy = true;
  try {
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers:inherited")) };
    const response = await fetch(url, { method: "POST", headers, body: new URLSearchParams(values) });
    if (!response.ok && response.status !== 422) throw new Error("That did not work. Reload the page and try again.");
    const trigger = response.headers.get("HX-Trigger");
    if (trigger) for (const [name, detail] of Object.entries(JSON.parse(trigger))) document.dispatchEvent(new CustomEvent(name, { detail }));
    if (response.status !== 204) dress(element(await response.text()));
    return response.ok;
  } catch (error) {
    toast(error.message, "error");
    return false;
  } finally {
    busy = false;
  }
}

async function approve() {
  const at = verdict();
  if (!at.querySelector('[data-act="approve"]')) return;
  const following = next(1);
  if ((await send(at.dataset.approveUrl, { seen: at.dataset.verdict })) && following) watch(following, { play: true });
}

/** What is typed in the field for notes, and drawn, goes along; without any of it there must be an open note. */
async function sendBack() {
  const at = verdict();
  if (!at.querySelector('[data-act="back"]')) return;
  const form = conversation()?.querySelector(":scope > form");
  const typed = { text: form?.elements.text.value ?? "", time_ms: form?.elements.time_ms.value ?? "", drawing: form?.elements.drawing.value ?? "" };
  const open = panel.querySelectorAll(".thread:not(.is-resolved)").length;
  if (!typed.text.trim() && !typed.drawing && !open) {
    note();
    said.textContent = "Say what is to be changed, then send the take back.";
    toast("Say what is to be changed, then send the take back.", "warning");
    return;
  }
  const following = next(1);
  if (!(await send(at.dataset.backUrl, { ...typed, seen: at.dataset.verdict }))) return;
  if (form?.isConnected) {
    form.reset();
    form.elements.text.dispatchEvent(new Event("input", { bubbles: true }));
    noteAt(conversation());
    screen.ink.clear();
  }
  if (following) watch(following, { play: true });
}

async function star() {
  const at = verdict();
  const button = at.querySelector('[data-act="star"]');
  const starred = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(starred));
  if (!(await send(at.dataset.starUrl, starred ? { starred: "1" } : {}))) button.setAttribute("aria-pressed", String(!starred));
}

// --- notes ------------------------------------------------------------------------------------------------------------

/** Begin a note at the frame that is seen. */
function note() {
  screen.pause();
  panel.classList.add("open");
  place();
  conversation()?.querySelector(":scope > form textarea").focus();
}

function place() {
  const section = conversation();
  if (!section) return;
  const { ms } = screen;
  noteAt(section, { timeMs: ms, label: ms === null ? "" : timecode(ms, screen.lead.fps), drawing: screen.ink.strokes });
}

function listNotes() {
  const about = [...panel.querySelectorAll(".thread > [data-comment]")];
  screen.mark(
    about.map((comment) => ({
      id: comment.dataset.comment,
      timeMs: comment.dataset.timeMs === undefined ? null : Number(comment.dataset.timeMs),
      label: `${comment.querySelector("bdi").textContent}: ${comment.querySelector(".comment-text").textContent.trim().slice(0, 60)}`,
    })),
  );
}

function show({ commentId, timeMs, drawing }) {
  if (timeMs !== null) screen.seek(timeMs);
  screen.ink.show(drawing);
  for (const comment of panel.querySelectorAll("[data-comment]")) comment.classList.toggle("is-shown", comment.dataset.comment === commentId);
}

/** Ask what becomes of the notes: new takes on their way, made, approved; and what another one would cost. */
const redo = soon(async () => {
  const place = notes();
  if (!place?.dataset.redoUrl || !conversation()) return;
  try {
    const fresh = element(await fragment(place.dataset.redoUrl));
    for (const state of fresh.querySelectorAll("[data-redo]")) {
      const thread = place.querySelector(`[data-thread="${state.dataset.redo}"]`);
      const old = thread?.querySelector(":scope > [data-redo]");
      if (!thread || old?.querySelector("form") || old?.dataset.key === state.dataset.key) continue;
      if (old) old.replaceWith(state);
      else thread.querySelector(":scope > [data-comment]").after(state);
      window.htmx.process(state);
    }
  } catch {
    // The notes can be read without it; the next event asks again.
  }
}, 120, 600);

// --- what others do ---------------------------------------------------------------------------------------------------

const relist = soon(
  async () => {
    const address = new URL(location.href);
    address.searchParams.set("part", "list");
    try {
      const text = await fragment(address);
      await window.htmx.swap({ target: reel, sourceElement: reel, text, swap: "innerMorph" });
      mark(shown);
    } catch {
      // The list is as old as the connection; the next event brings it.
    }
  },
  150,
  600,
);

function onEvent({ detail }) {
  const { type, takeId, shotId } = detail;
  if (/^(take_|verdict_|thing_|shots?_|breakdown_applied|comment_)/.test(type)) relist();
  if (takeId && takeId === shown && /^(take_(approved|sent_back|selected|starred|unstarred)|verdict_)/.test(type)) {
    if (!busy) read(itemOf(shown)?.dataset.reviewUrl ?? `${room.dataset.listUrl}${shown}/`);
  }
  if (type === "take_added" && detail.kind !== "voice") said.textContent = "A new take has arrived.";
  if (/^(jobs_queued|take_|verdict_|comment_)/.test(type) || (shotId && /_generation_/.test(type) && !type.endsWith("_progress"))) redo();
}

// --- begin ------------------------------------------------------------------------------------------------------------

const ACTIONS = {
  approve,
  back: sendBack,
  withdraw: () => send(verdict().dataset.withdrawUrl, {}),
  star,
  notes: () => panel.classList.add("open"),
};

const KEYS = {
  a: approve,
  c: sendBack,
  n: note,
  s: star,
  d: () => screen.drawing(!screen.ink.drawing),
  x: () => verdict().querySelector('[data-act="compare"]').click(),
  ArrowUp: () => go(-1),
  ArrowDown: () => go(1),
  "[": () => go(-1),
  "]": () => go(1),
};

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (document.querySelector("dialog[open]") || event.target.closest("textarea, select, input, [contenteditable], .menu")) return;
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

for (const select of document.querySelectorAll("#rushes-filter select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

if (room) {
  room.addEventListener("click", (event) => {
    const item = event.target.closest(".reel-take");
    const act = event.target.closest("[data-act]");
    if (item && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      watch(item);
    } else if (act && ACTIONS[act.dataset.act]) {
      ACTIONS[act.dataset.act]();
    }
  });
  screen.root.addEventListener("screen:drawn", place);
  screen.root.addEventListener("screen:note", ({ detail }) => {
    const comment = panel.querySelector(`[data-comment="${detail.id}"]`);
    if (!comment) return;
    screen.ink.show(JSON.parse(comment.dataset.drawing ?? "[]"));
    comment.scrollIntoView({ block: "nearest" });
  });
  panel.addEventListener("focusin", (event) => {
    // Who begins to write means the frame that is seen.
    const form = event.target.closest("[data-comments] > form");
    if (form && event.target.matches("textarea") && !form.elements.text.value && !form.elements.time_ms.value) {
      screen.pause();
      place();
    }
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("rushes:comment-chosen", ({ detail }) => show(detail));
  document.addEventListener("rushes:comments-shown", () => {
    listNotes();
    redo();
  });
  document.addEventListener("rushes:comment-sent", () => {
    screen.drawing(false);
    screen.ink.clear();
  });
  document.addEventListener("rushes:event", onEvent);
  document.addEventListener("rushes:job", ({ detail: { jobId, what, progress } }) => {
    const share = panel.querySelector(`[data-job="${jobId}"] [data-share]`);
    if (share && what === "progress" && progress) share.textContent = ` · ${Math.round(progress * 100)}%`;
  });
  document.addEventListener("rushes:resync", () => {
    relist();
    redo();
    read(itemOf(shown)?.dataset.reviewUrl ?? `${room.dataset.listUrl}${shown}/`);
  });
  // Read again, the page would lose its place and a note that is being written.
  document.addEventListener("rushes:undone", (event) => {
    event.preventDefault();
    relist();
    read(itemOf(shown)?.dataset.reviewUrl ?? `${room.dataset.listUrl}${shown}/`);
  });
  watch(reel.querySelector('[aria-current="true"]') ?? items()[0]);
  if (conversation()) {
    // The notes were there before this module was.
    listNotes();
    redo();
  }
} else {
  // Nothing to watch yet: the first take brings the page.
  document.addEventListener("rushes:event", ({ detail }) => detail.type === "take_added" && detail.kind !== "voice" && location.reload());
}
