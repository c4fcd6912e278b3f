// The storyboard: choosing shots by mouse, touch and keys, the bar and panel that follow, and new takes arriving.

import { soon, upTo } from "./live.js";
import * as panel from "./panel.js";
import { Running } from "./running.js";
import { element, fragment, put } from "./server.js";
import { toast } from "./shell.js";

const board = document.querySelector("#board");
const bar = document.querySelector("#bar");
const said = document.querySelector("#board-said");
const hover = matchMedia("(hover: hover)");
const running = board ? new Running(board.dataset.stateUrl) : null;
const chosen = new Set();
let anchor = "";

const cards = () => [...board.querySelectorAll(".scene:not([hidden]) .shot:not([hidden])")];
const cardOf = (shotId) => document.getElementById(`shot-${shotId}`);

// --- choosing ---------------------------------------------------------------------------------------------------------

function choose(shotIds, { focus = "", open = false } = {}) {
  const before = [...chosen].join();
  chosen.clear();
  for (const shotId of shotIds) chosen.add(shotId);
  paintChoice(focus);
  if (before !== [...chosen].join()) refreshBar();
  const last = focus && chosen.has(focus) ? focus : [...chosen].at(-1);
  if (!last) showPanel("");
  else if (last !== panel.shownShot()) showPanel(cardOf(last)?.dataset.url ?? "");
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

function keys(event) {
  const card = event.target.closest(".shot");
  if (!card) return;
  const { shot } = card.dataset;
  if (/^Arrow|^Home$|^End$/.test(event.key)) {
    const next = neighbour(card, event.key);
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest" });
      if (!event.shiftKey) anchor = next.dataset.shot;
      if (event.ctrlKey || event.metaKey) paintChoice(next.dataset.shot);
      else choose(event.shiftKey ? run(anchor, next.dataset.shot) : [next.dataset.shot], { focus: next.dataset.shot });
    }
  } else if (event.key === " ") {
    toggle(shot);
  } else if (event.key === "Enter") {
    enter(shot);
  } else if (event.key === "Escape") {
    choose([], { focus: shot });
  } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
    choose(cards().map((one) => one.dataset.shot), { focus: shot });
  } else {
    return;
  }
  event.preventDefault();
}

async function enter(shotId) {
  if (!chosen.has(shotId)) choose([shotId], { focus: shotId });
  clearTimeout(panelTimer);
  if (panel.shownShot() !== shotId) await panel.show(cardOf(shotId).dataset.url);
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

const dirty = new Set();
const refreshCards = soon(async () => {
  const due = [...dirty];
  dirty.clear();
  for (const shotId of due) await refreshCard(shotId).catch(() => {});
}, 60, 300);

async function refreshCard(shotId) {
  const old = cardOf(shotId);
  if (!old) return;
  const fresh = element(await fragment(old.dataset.cardUrl));
  const image = fresh.querySelector("img");
  const arrived = image && image.dataset.take !== old.querySelector("img")?.dataset.take;
  if (image) {
    image.loading = "eager";
    // Decoded before it is shown, so that the card never blinks.
    await image.decode().catch(() => {});
  }
  const focused = old === document.activeElement;
  fresh.hidden = old.hidden;
  fresh.classList.toggle("arrived", Boolean(arrived));
  cardOf(shotId)?.replaceWith(fresh);
  running.paint(fresh);
  paintChoice(focused ? shotId : "");
  if (focused) fresh.focus({ preventScroll: true });
  if (arrived) said.textContent = `Shot ${fresh.dataset.label} has a new take.`;
}

const reloadGrid = soon(async () => {
  const text = await fragment(board.dataset.gridUrl);
  await window.htmx.swap({ target: board, sourceElement: board, text, swap: "innerMorph" });
  for (const card of board.querySelectorAll(".shot")) card.hidden = false;
  paintAll();
  filter();
  for (const shotId of chosen) if (!cardOf(shotId)) chosen.delete(shotId);
  paintChoice();
  sortable();
}, 200, 1000);

function paintAll() {
  for (const card of board.querySelectorAll(".shot")) running.paint(card);
}

function onEvent({ detail }) {
  const { type, shotId } = detail;
  if (type === "take_added" || type === "take_selected") {
    if (shotId === panel.shownShot()) panel.refresh();
    if (!board) return;
    dirty.add(shotId);
    refreshCards();
    recount();
  } else if (/^shots?_(edited|omitted|restored|reordered)$/.test(type) || type === "breakdown_applied") {
    if (shotId === panel.shownShot()) panel.refresh();
    if (!board) return;
    reloadGrid();
    recount();
  } else if (type === "jobs_queued") {
    if (detail.jobs.some((job) => job.shotId === panel.shownShot())) panel.refreshJobs();
    if (board) recount();
  }
}

function onJob({ detail }) {
  if (detail.what === "progress") panel.progress(detail);
  else {
    if (detail.shotId === panel.shownShot()) panel.refreshJobs();
    if (detail.what !== "started" && board) recount();
  }
}

// --- filters, order, hover ---------------------------------------------------------------------------------------------

function filter() {
  const scene = document.querySelector("#filter-scene")?.value ?? "";
  const status = document.querySelector("#filter-status")?.value ?? "";
  let shown = 0;
  for (const section of board.querySelectorAll(".scene")) {
    let left = 0;
    for (const card of section.querySelectorAll(".shot")) {
      const fits =
        !status || card.dataset.status === status || card.dataset.live === status || (status === "stale" && card.classList.contains("is-stale"));
      card.hidden = !fits;
      left += fits;
    }
    section.hidden = Boolean((scene && section.dataset.scene !== scene) || (status && !left));
    if (!section.hidden) shown += 1;
  }
  document.querySelector("#board-nothing").hidden = shown > 0 || !(scene || status);
  // What cannot be seen is not selected, and Tab still finds a way into the rest.
  const seen = new Set(cards().map((card) => card.dataset.shot));
  if ([...chosen].some((shotId) => !seen.has(shotId))) choose([...chosen].filter((shotId) => seen.has(shotId)));
  else paintChoice();
}

function sortable() {
  if (!board.dataset.orderAllowed || !window.Sortable) return;
  for (const list of board.querySelectorAll(".cards")) {
    if (window.Sortable.get(list)) continue;
    window.Sortable.create(list, {
      handle: ".grip",
      draggable: ".shot",
      ghostClass: "lifted",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
      onEnd: async ({ oldIndex, newIndex }) => {
        if (oldIndex === newIndex) return;
        const order = [...list.querySelectorAll(".shot")].map((card) => card.dataset.shot).join(",");
        try {
          await fragment(list.closest(".scene").dataset.orderUrl, { values: { order } });
        } catch (error) {
          toast(error.message, "error");
          reloadGrid();
        }
      },
    });
  }
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

// --- begin ------------------------------------------------------------------------------------------------------------

document.addEventListener("rushes:event", onEvent);
document.addEventListener("rushes:job", onJob);

if (running && board.querySelector(".shot")) {
  running.addEventListener("changed", ({ detail: shotId }) => {
    if (shotId === null) paintAll();
    else if (cardOf(shotId)) running.paint(cardOf(shotId));
    if (document.querySelector("#filter-status").value) filter();
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
  for (const id of ["filter-scene", "filter-status"]) document.getElementById(id).addEventListener("change", filter);
  document.querySelector("#filter-clear").addEventListener("click", () => {
    for (const id of ["filter-scene", "filter-status"]) document.getElementById(id).value = "";
    filter();
  });
  paintChoice();
  sortable();
  running.load().catch(() => {});
} else if (board) {
  // Nothing here yet: the first breakdown brings the whole page.
  document.addEventListener("rushes:event", ({ detail }) => detail.type === "breakdown_applied" && location.reload());
}
