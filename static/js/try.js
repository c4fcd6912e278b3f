// The page to try a model on: the form follows what is chosen without losing what was typed, results arrive by themselves.

import { soon } from "./live.js";
import { count } from "./picker.js";
import { element, fragment, put } from "./server.js";
import { toast } from "./shell.js";

const list = document.querySelector("#tries");
const form = () => document.querySelector("#try-form");
const card = (jobId) => document.getElementById(`try-${jobId}`);
let asking = null;

// --- the form -----------------------------------------------------------------------------------------------------

/** Read the form anew for what is filled in; only parts that differ are replaced, and never the prompt. */
const refresh = soon(async () => {
  const old = form();
  asking?.abort();
  asking = new AbortController();
  try {
    const html = await fragment(old.dataset.formUrl, { values: new FormData(old), signal: asking.signal });
    if (form() === old) morph(old, element(html.trim()));
  } catch (error) {
    if (error.name !== "AbortError") toast(error.message, "error");
  }
}, 200);

function morph(old, fresh) {
  const focused = document.activeElement;
  const again = old.contains(focused) && (focused.dataset.operation ? `[data-operation="${focused.dataset.operation}"]` : focused.id && `#${CSS.escape(focused.id)}`);
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const there = old.querySelector(`[data-part="${part.dataset.part}"]`);
    if (there.dataset.key === part.dataset.key) continue;
    there.replaceWith(part);
    window.htmx.process(part);
  }
  const prompt = fresh.querySelector("#try-prompt");
  const kept = old.querySelector("#try-prompt");
  old.querySelector("[data-prompt]").hidden = fresh.querySelector("[data-prompt]").hidden;
  Object.assign(kept.dataset, { most: prompt.dataset.most, unit: prompt.dataset.unit });
  old.querySelector("[data-prompt-most]").textContent = Number(prompt.dataset.most).toLocaleString("en");
  old.querySelector("[data-prompt] label").firstChild.textContent = fresh.querySelector("[data-prompt] label").firstChild.textContent;
  count(kept);
  // The keyboard stays where it was, on what has taken its place.
  if (again && !focused.isConnected) old.querySelector(again)?.focus();
}

function choose(name, value) {
  const at = form();
  at.elements[name].value = value;
  if (name === "operation") at.elements.model.value = "";
  const address = new URL(location.href);
  address.search = new URLSearchParams({ operation: at.elements.operation.value, model: at.elements.model.value });
  history.replaceState(history.state, "", address);
  refresh();
}

document.addEventListener("change", ({ target }) => target.closest("#try-form") && refresh());
document.addEventListener("input", ({ target }) => target.id === "try-prompt" && slowly());
const slowly = soon(refresh, 500, 2000);

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-operation], [data-model]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    if (link.dataset.model) {
      choose("model", link.dataset.model);
      document.querySelector("#try-models").close();
    } else {
      choose("operation", link.dataset.operation);
    }
  }
  const send = event.target.closest("[data-send]");
  if (send) {
    const dialog = document.querySelector("#send");
    const asked = dialog.querySelector("[data-send-form]");
    if (asked) asked.action = send.dataset.send;
    dialog.showModal();
  }
});

document.addEventListener("htmx:after:swap", () => {
  const at = form();
  if (!at) return;
  for (const field of at.querySelectorAll("textarea[data-most]")) count(field);
  if (at.hasAttribute("data-asked")) {
    at.removeAttribute("data-asked");
    reload();
  }
});

// --- results ------------------------------------------------------------------------------------------------------

const reload = soon(async () => {
  // What plays goes on playing: only what is new comes in, on top.
  const fresh = document.createElement("template");
  fresh.innerHTML = await fragment(list.dataset.url);
  const rows = list.querySelector(".try-cards");
  if (!rows || !fresh.content.querySelector(".try-card")) {
    put(list, fresh.innerHTML);
    return;
  }
  for (const one of [...fresh.content.querySelectorAll(".try-card")].reverse()) {
    const there = document.getElementById(one.id);
    if (there) continue;
    rows.prepend(one);
    window.htmx.process(one);
  }
}, 150, 1000);

const due = new Set();
const refreshCards = soon(async () => {
  const jobs = [...due];
  due.clear();
  for (const jobId of jobs) {
    const old = card(jobId);
    if (!old) continue;
    try {
      const fresh = element((await fragment(old.dataset.url)).trim());
      const focused = old.contains(document.activeElement);
      old.replaceWith(fresh);
      window.htmx.process(fresh);
      if (focused) fresh.querySelector("button, a")?.focus();
    } catch {
      // It will be right after the next change or reload.
    }
  }
}, 120, 600);

document.addEventListener("rushes:event", ({ detail }) => {
  if (/^(jobs_queued|approval_wanted)$/.test(detail.type) && detail.jobs.some((job) => !job.shotId)) reload();
  const ended = /^(image|video|audio|text)_generation_(started|completed|failed|unknown|resumed|rerouted)$/.test(detail.type);
  if (ended && card(detail.jobId)) {
    due.add(detail.jobId);
    refreshCards();
  }
  if (/_generation_progress$/.test(detail.type)) progress(detail);
});

function progress({ jobId, progress: share }) {
  const at = card(jobId);
  if (!at || share === null || share === undefined) return;
  const bar = at.querySelector("progress");
  if (!bar) {
    due.add(jobId);
    refreshCards();
    return;
  }
  bar.value = share;
  at.querySelector("[data-share]").textContent = `${Math.round(share * 100)}%`;
}

document.addEventListener("rushes:resync", async () => put(list, await fragment(list.dataset.url)));
