// The panel that follows the selection. It never throws away what somebody is typing: live changes replace only the
// parts that have changed, and the form only while nobody has touched it.

import { soon } from "./live.js";
import { element, fragment, put } from "./server.js";

const panel = document.querySelector("#panel");
const nothing = panel?.innerHTML ?? "";
let loading = null;
let speaking = null;

export function shownShot() {
  return panel?.querySelector(".shot-panel")?.dataset.shot ?? "";
}

/** Show a shot, or with no address the words for an empty selection. */
export async function show(url) {
  loading?.abort();
  hush();
  if (!panel) return;
  if (!url) {
    put(panel, nothing);
    panel.classList.remove("open");
    return;
  }
  loading = new AbortController();
  try {
    put(panel, await fragment(url, { signal: loading.signal }));
    panel.scrollTop = 0;
  } catch (error) {
    if (error.name !== "AbortError") panel.textContent = error.message;
  }
}

export const refresh = soon(async () => {
  const shown = panel?.querySelector(".shot-panel");
  if (shown) update(await fragment(shown.dataset.url));
}, 250);

/** Bring the panel up to date with a newer one of the same shot. */
function update(html) {
  const fresh = element(html);
  if (!fresh?.dataset.shot || fresh.dataset.shot !== shownShot()) return;
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = panel.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!old || old.dataset.key === part.dataset.key) continue;
    if (old.contains(panel.querySelector("[data-touched]"))) {
      follow(old, part);
      continue;
    }
    old.replaceWith(part);
    window.htmx.process(part);
  }
}

/** In a form that somebody has begun to fill in, only the fields they left alone show what is newer. */
function follow(form, fresh) {
  form.dataset.key = fresh.dataset.key;
  for (const field of form.elements) {
    const newer = fresh.elements[field.name];
    if (!newer || newer.type === "hidden" || newer.type === "submit" || field.hasAttribute("data-typed")) continue;
    field.value = newer.value;
  }
}

/** Open the panel and take the keyboard to its first control that can be seen. */
export function enter() {
  panel.classList.add("open");
  const controls = [...panel.querySelectorAll("button, a, select, textarea, input:not([type=hidden])")];
  controls.find((control) => control.checkVisibility() && !control.disabled)?.focus();
}

/** Let Escape take the keyboard from the panel back to the shot; `origin` returns its card. */
export function leaveTo(origin) {
  panel?.addEventListener("keydown", (event) => {
    if (event.key === "Escape") origin(shownShot())?.focus();
  });
}

/** Let the jobs of the shot be read again. */
export const refreshJobs = soon(() => window.htmx.trigger("#making", "shot-jobs"), 250);

/** Show how far a job is. */
export function progress({ jobId, progress: share }) {
  const row = panel?.querySelector(`[data-job="${jobId}"]`);
  if (!row || share === null || share === undefined) return;
  row.querySelector("progress").value = share;
  row.querySelector("[data-share]").textContent = `${Math.round(share * 100)}%`;
}

function hush() {
  speaking?.audio.pause();
  speaking?.button.removeAttribute("data-playing");
  speaking = null;
}

panel?.addEventListener("input", ({ target }) => {
  const form = target.closest(".shot-form");
  form?.setAttribute("data-touched", "");
  if (form) target.setAttribute("data-typed", "");
});

// What the panel's other buttons do to a shot leaves what is typed in its form alone.
document.addEventListener("htmx:after:request", ({ detail }) => {
  if (detail.ctx?.sourceElement?.closest?.("[data-deed]") && detail.ctx.text) update(detail.ctx.text);
});

panel?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-play]");
  if (!button) return;
  const again = speaking?.button === button;
  hush();
  if (again) return;
  const audio = new Audio(button.dataset.play);
  speaking = { audio, button };
  button.setAttribute("data-playing", "");
  audio.addEventListener("ended", hush);
  audio.addEventListener("error", hush);
  audio.play().catch(hush);
});
