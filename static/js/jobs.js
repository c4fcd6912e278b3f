// The list of jobs stays true by itself: progress runs in place, a row that changes is read again, and what is asked
// for meanwhile appears on top.

import { soon } from "./live.js";
import { element, fragment, put } from "./server.js";

const list = document.querySelector("#jobs");
const rows = new Set();
const heads = new Set();

const row = (jobId) => document.getElementById(`job-${jobId}`);

const refresh = soon(async () => {
  const due = [...[...rows].map(row), ...[...heads].map((id) => document.getElementById(`batch-${id}`))];
  rows.clear();
  heads.clear();
  for (const old of due) {
    if (!old?.isConnected) continue;
    try {
      replace(old, element(await fragment(old.dataset.url)));
    } catch {
      // It will be right after the next change or reload.
    }
  }
}, 200, 1000);

function replace(old, fresh) {
  // A button that somebody is about to press must not lose the keyboard.
  const focused = old.contains(document.activeElement);
  // Nor close what somebody is reading.
  const open = old.querySelector("details")?.open;
  old.replaceWith(fresh);
  window.htmx.process(fresh);
  if (open && fresh.querySelector("details")) fresh.querySelector("details").open = true;
  if (focused) fresh.querySelector("button")?.focus();
}

/** How many there are of each, and what nobody knows about. */
const recount = soon(
  async () => {
    const fresh = document.createElement("template");
    fresh.innerHTML = await fragment(list.dataset.url);
    for (const part of [".tools", ".doubts"]) replace(list.querySelector(part), fresh.content.querySelector(part));
  },
  1200,
  4000,
);

/** Rows that somebody reads or is about to press stay where they are; a new order comes with a new page. */
function inOldOrder(html) {
  const place = new Map([...list.querySelectorAll(".job")].map((old, index) => [old.id, index]));
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  for (const group of fresh.content.querySelectorAll(".rows")) {
    const jobs = [...group.children];
    group.append(...jobs.sort((one, other) => (place.get(one.id) ?? place.size) - (place.get(other.id) ?? place.size)));
  }
  return fresh.innerHTML;
}

const reload = soon(async () => {
  put(list, inOldOrder(await fragment(list.dataset.url)));
}, 400, 2000);

document.addEventListener("rushes:job", ({ detail }) => {
  const at = row(detail.jobId);
  if (detail.what !== "progress") {
    if (at) rows.add(detail.jobId);
    heads.add(detail.batchId);
    refresh();
    recount();
    return;
  }
  const bar = at?.querySelector("progress");
  if (!bar) {
    if (at && at.dataset.status === "queued") {
      rows.add(detail.jobId);
      refresh();
    }
    return;
  }
  if (detail.progress === null) return;
  bar.value = detail.progress;
  at.querySelector("[data-share]").textContent = `${Math.round(detail.progress * 100)}%`;
});

document.addEventListener("rushes:event", ({ detail }) => {
  // On later pages a list that grows on top would move under the reader's eyes.
  const changes = detail.type === "jobs_queued" || detail.type.startsWith("approval_");
  if (changes && !new URL(list.dataset.url, location.href).searchParams.get("page")) reload();
});

document.addEventListener("rushes:resync", reload);
