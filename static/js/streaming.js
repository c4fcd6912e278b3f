// Words that a model writes, shown while they come; and what waits for somebody's word, brought up to date.
// A message says at which character its words begin. Who came late reads what is kept and puts the rest behind it.

import { soon } from "./live.js";
import { element, fragment, put } from "./server.js";

const AGAIN_MS = 900;
const streams = new WeakMap();

class Stream {
  constructor(at) {
    this.at = at;
    this.length = Number(at.dataset.length); // in characters, as the server counts them
    this.waiting = [];
    this.asking = false;
    at.scrollTop = at.scrollHeight;
  }

  take(words, begins) {
    this.waiting.push([begins, [...words]]);
    this.waiting.sort((one, other) => one[0] - other[0]);
    this.flow();
    if (this.waiting.length && !this.asking) this.catchUp();
  }

  flow() {
    const atEnd = this.at.scrollHeight - this.at.scrollTop - this.at.clientHeight < 40;
    while (this.waiting.length && this.waiting[0][0] <= this.length) {
      const [begins, words] = this.waiting.shift();
      const fresh = words.slice(this.length - begins);
      if (!fresh.length) continue;
      this.at.append(fresh.join(""));
      this.length += fresh.length;
    }
    if (atEnd) this.at.scrollTop = this.at.scrollHeight;
  }

  /** Something was missed: read what is kept until it reaches up to what has come since. */
  async catchUp() {
    this.asking = true;
    while (this.waiting.length && this.at.isConnected) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      try {
        const kept = element((await fragment(this.at.closest(".piece").dataset.url)).trim()).querySelector("[data-stream]");
        if (!kept) break;
        if (Number(kept.dataset.length) > this.length) {
          this.at.textContent = kept.textContent;
          this.length = Number(kept.dataset.length);
        }
      } catch {
        continue;
      }
      this.flow();
    }
    this.asking = false;
  }
}

function streamOf(piece) {
  const at = piece.querySelector("[data-stream]");
  if (at && !streams.has(at)) streams.set(at, new Stream(at));
  return at && streams.get(at);
}

const piecesOf = (jobId) => document.querySelectorAll(`.piece[data-job="${CSS.escape(jobId)}"]`);

const due = new Set();
const refresh = soon(async () => {
  const jobs = [...due];
  due.clear();
  for (const jobId of jobs) for (const old of piecesOf(jobId)) if (!old.closest("#writing-now")) await renew(old);
}, 120, 600);

/** On the script's page only what waits for something is shown; its form stays as it is. */
const refreshNow = soon(async () => {
  const place = document.querySelector("#writing-now");
  const there = place?.querySelector("[data-now-pieces]");
  if (!there) return;
  const fresh = element(`<div>${await fragment(place.dataset.url)}</div>`).querySelector("[data-now-pieces]");
  put(there, fresh.innerHTML);
}, 120, 600);

async function renew(old) {
  // Nobody's typing is thrown away for what has happened meanwhile.
  if (old.querySelector("[data-touched]")) return;
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

/** Lists and places where pieces come in by themselves. */
const reload = soon(async () => {
  for (const place of document.querySelectorAll("[data-pieces]")) {
    const there = new Map([...place.querySelectorAll(".piece")].map((piece) => [piece.id, piece]));
    const fresh = document.createElement("template");
    fresh.innerHTML = await fragment(place.dataset.url);
    if ([...fresh.content.querySelectorAll(".piece")].every(({ id }) => there.has(id)) && there.size) continue;
    if (place.querySelector("[data-touched]")) continue;
    put(place, fresh.innerHTML);
  }
  for (const place of document.querySelectorAll("[data-writing-help]")) {
    if (place.querySelector(".piece")) continue;
    const fresh = element((await fragment(place.dataset.url)).trim());
    place.replaceWith(fresh);
    window.htmx.process(fresh);
  }
}, 200, 1000);

document.addEventListener("rushes:job", ({ detail }) => {
  // A prompt that was refused can be said in other words now.
  if (detail.what === "failed" && detail.shotId) reload();
  if (detail.media !== "text") return;
  if (detail.what !== "progress") {
    due.add(detail.jobId);
    refresh();
    refreshNow();
    if (!piecesOf(detail.jobId).length) reload();
    return;
  }
  if (detail.text === undefined) return;
  for (const piece of piecesOf(detail.jobId)) {
    const stream = streamOf(piece);
    if (stream) stream.take(detail.text, detail.at);
  }
});
document.addEventListener("rushes:event", ({ detail }) => {
  if (/^(jobs_queued|approval_wanted)$/.test(detail.type) && detail.jobs.some((job) => job.media === "text")) {
    reload();
    refreshNow();
  }
});
document.addEventListener("rushes:resync", () => {
  for (const piece of document.querySelectorAll(".piece")) if (!piece.closest("#writing-now")) renew(piece);
  refreshNow();
});
document.addEventListener("input", ({ target }) => {
  if (target.closest(".outline-form")) target.dataset.touched = "1";
});

// --- A passage of the script ------------------------------------------------------------------------------------------

const editor = document.querySelector("#script-text");
const rewriting = () => document.querySelector("#rewrite-form");

document.addEventListener("click", ({ target }) => {
  const form = rewriting();
  if (target.closest("[data-hide-rewrite]")) form.hidden = true;
  if (!target.closest("[data-rewrite]") || !form || !editor) return;
  const words = editor.value.slice(editor.selectionStart, editor.selectionEnd).replace(/^\n+|\n+$/g, "");
  form.hidden = false;
  if (form.elements.passage) {
    form.elements.passage.value = words;
    form.querySelector("[data-selected]").textContent = words ? `· ${[...words].length.toLocaleString("en")} characters` : "· none are selected";
    form.elements.instruction?.focus();
  }
});
