// The storyboard: choosing shots by mouse, touch and keys, the bar and panel that follow, and new takes arriving.

import { Filters } from "./filters.js";
import { soon, upTo } from "./live.js";
import { Order } from "./ordering.js";
import * as panel from "./panel.js";
import * as planning from "./planning.js";
import { Running } from "./running.js";
import { element, fragment, put } from "./server.js";
import { toast } from "./shell.js";

const board = document.querySelector("#board");
const bar = document.querySelector("#bar");
const said = document.querySelector("#board-said");
const picked = document.querySelector("#picked");
const shotsAddress = document.querySelector("#planning")?.dataset.shotsAddress ?? "";
const hover = matchMedia("(hover: hover)");
const running = board ? new Running(board.dataset.stateUrl) : null;
const chosen = new Set();
let anchor = "";
let filters = null;
let order = null;

const cards = () => [...board.querySelectorAll(".row-of-shots:not([hidden]) .shot:not([hidden])")];
const cardOf = (shotId) => document.getElementById(`shot-${shotId}`);
const addressOf = (shotId) => (shotId ? `${shotsAddress}${shotId}/` : "");

// --- choosing ---------------------------------------------------------------------------------------------------------

function choose(shotIds, { focus = "", open = false } = {}) {
  const before = [...chosen].join();
  chosen.clear();
  for (const shotId of shotIds) chosen.add(shotId);
  paintChoice(focus);
  if (before !== [...chosen].join()) refreshBar();
  const last = focus && chosen.has(focus) ? focus : [...chosen].at(-1);
  if (!last) showPanel("");
  else if (last !== panel.shownShot()) showPanel(addressOf(last));
  if (open && last) document.querySelector("#panel").classList.add("open");
}

function paintChoice(focus = "") {
  const all = [...board.querySelectorAll(".shot")];
  const seen = cards();
  const at = cardOf(focus) ?? seen.find((card) => card.tabIndex === 0) ?? seen[0];
  for (const card of all) {
    card.setAttribute("aria-selected", String(chosen.has(card.dataset.shot)));
    card.tabIndex = card === at ? 0 : -1;
  }
  board.classList.toggle("many", chosen.size > 1);
  paintPicked();
}

function paintPicked() {
  if (!picked) return;
  const some = [...chosen].map(cardOf).filter(Boolean);
  picked.hidden = !some.length;
  document.querySelector("#filters").hidden = Boolean(some.length);
  picked.querySelector("[data-picked-count]").textContent =
    some.length === 1 ? `Shot ${some[0].dataset.label}` : `${some.length} shots selected`;
  const out = some.filter((card) => card.dataset.status === "omitted").length;
  const [omit, restore] = ["omit", "restore"].map((what) => picked.querySelector(`[data-do=${what}]`));
  if (omit) [omit.hidden, restore.hidden] = [out === some.length, !out];
}

let panelTimer = 0;
function showPanel(url) {
  clearTimeout(panelTimer);
  panelTimer = setTimeout(() => panel.show(url), 90);
}

function run(from, to) {
  const ids = cards().map((card) => card.dataset.shot);
  const [first, last] = [ids.indexOf(from), ids.indexOf(to)].sort((a, b) => a - b);
  return first < 0 ? [to] : ids.slice(first, last + 1);
}

function toggle(shotId) {
  const next = new Set(chosen);
  if (!next.delete(shotId)) next.add(shotId);
  anchor = shotId;
  choose(next, { focus: shotId });
}

function click(event) {
  const card = event.target.closest(".shot");
  if (!card || event.target.closest(".grip")) return;
  const { shot } = card.dataset;
  card.focus({ preventScroll: true });
  if (event.shiftKey && anchor) {
    choose(run(anchor, shot), { focus: shot });
  } else if (event.ctrlKey || event.metaKey || event.target.closest(".pick")) {
    toggle(shot);
  } else {
    anchor = shot;
    choose([shot], { focus: shot, open: true });
  }
}

function neighbour(card, key) {
  const all = cards();
  const here = all.indexOf(card);
  if (board.dataset.view === "board") return inColumns(card, key) ?? null;
  if (key === "ArrowLeft" || key === "ArrowRight") return all[here + (key === "ArrowLeft" ? -1 : 1)];
  if (key === "Home" || key === "End") return all.at(key === "Home" ? 0 : -1);
  const box = card.getBoundingClientRect();
  const down = key === "ArrowDown";
  const rows = all.filter((other) => {
    const { top } = other.getBoundingClientRect();
    return down ? top > box.top + 4 : top < box.top - 4;
  });
  const tops = rows.map((other) => other.getBoundingClientRect().top);
  const row = down ? Math.min(...tops) : Math.max(...tops);
  return rows
    .filter((_, index) => Math.abs(tops[index] - row) < 4)
    .sort((a, b) => Math.abs(a.getBoundingClientRect().left - box.left) - Math.abs(b.getBoundingClientRect().left - box.left))[0];
}

/** In the board: up and down in a column, left and right to the column beside it that has a card. */
function inColumns(card, key) {
  const columns = [...board.querySelectorAll(".column")].map((one) => [...one.querySelectorAll(".shot:not([hidden])")]);
  const at = columns.findIndex((one) => one.includes(card));
  const here = columns[at].indexOf(card);
  if (key === "ArrowUp" || key === "ArrowDown") return columns[at][here + (key === "ArrowUp" ? -1 : 1)];
  if (key === "Home" || key === "End") return columns[at].at(key === "Home" ? 0 : -1);
  const beside = key === "ArrowLeft" ? columns.slice(0, at).reverse() : columns.slice(at + 1);
  const next = beside.find((one) => one.length);
  return next?.[Math.min(here, next.length - 1)];
}

function keys(event) {
  const card = event.target.closest(".shot");
  if (!card) return;
  const { shot } = card.dataset;
  const held = event.ctrlKey || event.metaKey;
  if (/^Arrow|^Home$|^End$/.test(event.key)) {
    if (event.altKey) {
      order?.byKey(card, event.key);
    } else {
      const next = neighbour(card, event.key);
      if (next) goTo(next, event);
    }
  } else if (event.key === " ") {
    toggle(shot);
  } else if (event.key === "Enter") {
    enter(shot);
  } else if (event.key === "Escape") {
    choose([], { focus: shot });
  } else if (event.key.toLowerCase() === "a" && held) {
    choose(cards().map((one) => one.dataset.shot), { focus: shot });
  } else if (held || event.altKey || !letter(event.key, card)) {
    return;
  }
  event.preventDefault();
}

function goTo(next, event) {
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  if (!event.shiftKey) anchor = next.dataset.shot;
  if (event.ctrlKey || event.metaKey) paintChoice(next.dataset.shot);
  else choose(event.shiftKey ? run(anchor, next.dataset.shot) : [next.dataset.shot], { focus: next.dataset.shot });
}

/** Do what a single key stands for; return whether it stands for something. */
function letter(key, card) {
  const { shot } = card.dataset;
  const menu = { a: "person", t: "status", d: "due" }[key.toLowerCase()];
  const may = Boolean(board.dataset.orderAllowed);
  if (menu) {
    if (!chosen.size) choose([shot], { focus: shot });
    planning.open(menu, card);
  } else if (may && key.toLowerCase() === "n") {
    insertBehind(card);
  } else if (may && key.toLowerCase() === "s") {
    planning.split(shot);
  } else if (may && key === "Delete") {
    omitChosen(chosen.size ? [...chosen] : [shot], card.dataset.status === "omitted");
  } else if (key.toLowerCase() === "b") {
    document.querySelector(".segments [data-view]:not([aria-current])")?.click();
  } else {
    return false;
  }
  return true;
}

/** Outside of the cards, too: search, and what can be done with the selection. */
function anywhere(event) {
  const { key, target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.closest("input, textarea, select, video, [contenteditable], [popover], dialog, .shot")) {
    if (key !== "/" || !target.closest(".shot")) return;
  }
  if (key === "/") {
    choose([]);
    document.querySelector("#filter-q")?.focus();
  } else {
    const card = cardOf([...chosen].at(-1));
    if (!card || !letter(key, card)) return;
  }
  event.preventDefault();
}

async function insertBehind(card) {
  const shotId = await planning.insertShot(card.dataset.sceneId, card.dataset.shot);
  if (!shotId) return;
  // The event may have brought it already.
  wanted = shotId;
  reloadGrid();
}

function omitChosen(ids, back) {
  planning.omit(ids, back);
}

async function enter(shotId) {
  if (!chosen.has(shotId)) choose([shotId], { focus: shotId });
  clearTimeout(panelTimer);
  if (panel.shownShot() !== shotId) await panel.show(addressOf(shotId));
  panel.enter();
}

// --- the bar ----------------------------------------------------------------------------------------------------------

let asking = null;
const refreshBar = soon(async () => {
  if (!bar) return;
  asking?.abort();
  asking = new AbortController();
  try {
    const values = { shots: [...chosen].join(",") };
    put(bar, await fragment(board.dataset.estimateUrl, { values, signal: asking.signal }));
  } catch (error) {
    if (error.name !== "AbortError") bar.textContent = error.message;
  }
}, 120, 400);
const recount = soon(refreshBar, 900, 3000);

// --- new takes and changes --------------------------------------------------------------------------------------------

// A shot that this person has inserted, and that is to be in focus when it comes.
let wanted = "";
const dirty = new Set();
const refreshCards = soon(async () => {
  const due = [...dirty];
  dirty.clear();
  if (due.length > 12) {
    reloadGrid();
    return;
  }
  for (const shotId of due) await refreshCard(shotId).catch(() => {});
}, 60, 300);

async function refreshCard(shotId) {
  const old = cardOf(shotId);
  if (!old) return;
  const fresh = element(await fragment(`${addressOf(shotId)}card/`));
  const image = fresh.querySelector("img");
  const arrived = image && image.dataset.take !== old.querySelector("img")?.dataset.take;
  if (image) {
    image.loading = "eager";
    // Decoded before it is shown, so that the card never blinks.
    await image.decode().catch(() => {});
  }
  const place = cardOf(shotId);
  if (!place) return;
  const focused = place === document.activeElement;
  fresh.hidden = place.hidden;
  fresh.classList.toggle("arrived", Boolean(arrived));
  place.replaceWith(fresh);
  running.paint(fresh);
  paintChoice(focused ? shotId : "");
  if (focused) fresh.focus({ preventScroll: true });
  if (arrived) said.textContent = `Shot ${fresh.dataset.label} has a new take.`;
  const column = fresh.closest(".column");
  if (column && column.dataset.column !== fresh.dataset.work) reloadGrid();
}

const reloadGrid = soon(async () => {
  // What somebody is dragging is not taken out of their hand.
  if (order?.dragging) {
    reloadGrid();
    return;
  }
  const text = await fragment(board.dataset.gridUrl);
  const held = document.activeElement?.closest?.(".shot")?.dataset.shot ?? "";
  await window.htmx.swap({ target: board, sourceElement: board, text, swap: "innerMorph" });
  paintAll();
  for (const shotId of chosen) if (!cardOf(shotId)) chosen.delete(shotId);
  if (filters) filters.apply();
  else paintChoice();
  order?.listen();
  const at = cardOf(wanted || held);
  if (at && (wanted || document.activeElement !== at)) {
    if (wanted) choose([wanted], { focus: wanted });
    at.focus({ preventScroll: !wanted });
    if (wanted) at.scrollIntoView({ block: "nearest" });
  }
  wanted = "";
}, 200, 1000);

function paintAll() {
  for (const card of board.querySelectorAll(".shot")) running.paint(card);
}

const ORDER = /^(shots?_(edited|omitted|restored|reordered|inserted|split|joined)|scenes?_(inserted|edited|omitted|restored|reordered)|breakdown_applied)$/;
const PLANS = /^shot_(status_changed|assigned|due_changed)$/;

function onEvent({ detail }) {
  const { type, shotId } = detail;
  const shown = panel.shownShot();
  if (PLANS.test(type)) {
    if (detail.shotIds.includes(shown)) panel.refresh();
    if (board) touch(detail.shotIds);
  } else if (/^thing_(deleted|restored)$/.test(type) && detail.kind === "take") {
    if (!board) return;
    reloadGrid();
    recount();
  } else if (/^(take_|verdict_)/.test(type) || /^comment_(added|resolved|reopened|deleted|restored)$/.test(type)) {
    if (shotId === shown && type.startsWith("take")) panel.refresh();
    if (!board || !shotId) return;
    touch([shotId]);
    if (type.startsWith("take")) recount();
  } else if (ORDER.test(type)) {
    if (shotId === shown || detail.shotIds?.includes(shown)) panel.refresh();
    if (!board) return;
    reloadGrid();
    recount();
  } else if (type === "jobs_queued") {
    if (detail.jobs.some((job) => job.shotId === shown)) panel.refreshJobs();
    if (!board) return;
    touch(detail.jobs.map((job) => job.shotId).filter(Boolean));
    recount();
  }
}

function touch(shotIds) {
  for (const shotId of shotIds) dirty.add(shotId);
  refreshCards();
}

function onJob({ detail }) {
  if (detail.what === "progress") panel.progress(detail);
  else {
    if (detail.shotId === panel.shownShot()) panel.refreshJobs();
    if (detail.what !== "started" && board) recount();
  }
}

/** After filtering: what cannot be seen is not selected, and Tab still finds a way into the rest. */
function filtered() {
  const seen = new Set(cards().map((card) => card.dataset.shot));
  if ([...chosen].some((shotId) => !seen.has(shotId))) choose([...chosen].filter((shotId) => seen.has(shotId)));
  else paintChoice();
}

function preview(event) {
  const still = event.target.closest?.(".shot .still");
  const clip = still?.closest(".shot").dataset.clip;
  if (!clip || !hover.matches || still.querySelector("video")) return;
  const video = Object.assign(document.createElement("video"), { src: clip, muted: true, loop: true, playsInline: true });
  const end = () => {
    video.remove();
    still.removeEventListener("pointerleave", end);
  };
  still.addEventListener("pointerleave", end);
  video.addEventListener("playing", () => video.classList.add("on"));
  still.querySelector("img")?.after(video);
  video.play().catch(end);
}

function doToPicked(event) {
  const what = event.target.closest("[data-do]")?.dataset.do;
  if (what === "none") choose([], { focus: [...chosen].at(-1) });
  else if (what) omitChosen([...chosen], what === "restore");
}

// --- begin ------------------------------------------------------------------------------------------------------------

planning.works(() => [...chosen]);
document.addEventListener("rushes:event", onEvent);
document.addEventListener("rushes:job", onJob);
document.addEventListener("rushes:undone", (event) => {
  // Read again, the page would lose what is typed in the panel and which shots are selected.
  event.preventDefault();
  panel.refresh();
  if (!running) return;
  reloadGrid();
  recount();
});

if (running && board.querySelector(".shot")) {
  running.addEventListener("changed", ({ detail: shotId }) => {
    if (shotId === null) paintAll();
    else if (cardOf(shotId)) running.paint(cardOf(shotId));
    if (["running", "failed", "stale"].includes(filters?.values.status)) filters.apply();
  });
  document.addEventListener("rushes:resync", async () => {
    reloadGrid();
    panel.refresh();
    panel.refreshJobs();
    upTo(await running.load());
  });
  board.addEventListener("click", click);
  board.addEventListener("keydown", keys);
  panel.leaveTo(cardOf);
  board.addEventListener("pointerenter", preview, true);
  picked?.addEventListener("click", doToPicked);
  document.addEventListener("keydown", anywhere);
  if (board.dataset.orderAllowed) {
    order = new Order(board, { failed: (text) => (toast(text, "error"), reloadGrid()), say: (text) => (said.textContent = text) });
    order.listen();
  }
  const form = document.querySelector("#filters");
  if (form) {
    filters = new Filters(form, board, filtered);
    document.querySelector("[data-show-all]").addEventListener("click", () => filters.clear());
    filters.apply();
  }
  paintChoice();
  running.load().catch(() => {});
} else if (board) {
  // Nothing here yet: the first breakdown brings the whole page.
  document.addEventListener("rushes:event", ({ detail }) => detail.type === "breakdown_applied" && location.reload());
}
