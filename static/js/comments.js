// Conversations (templates/projects/comments.html), wherever a page has one.
//   Sends, answers, edits, deletes; what others do appears without touching anything that somebody is typing.
//   document "rushes:comment-chosen"  detail: {commentId, timeMs, drawing}   a note's time code or drawing was chosen
//   document "rushes:comments-shown"  detail: {section, kind, subjectId}     the list is there, or has changed
//   noteAt(section, {timeMs, label, drawing})   what the next note is about: a place in the take, strokes on its frame

import { soon } from "./live.js";
import { mentions } from "./mentions.js";
import { element, fragment } from "./server.js";
import { toast } from "./shell.js";

const sections = () => [...document.querySelectorAll("[data-comments]")];
const draftKey = (form) => `draft ${form.getAttribute("action")} ${form.elements.parent?.value ?? ""}`;

// --- what changes -----------------------------------------------------------------------------------------------------

/** Bring a conversation up to date with a fresh one; forms with words in them stay as they are. */
function merge(section, html) {
  const fresh = element(html);
  if (!fresh?.matches("[data-comments]")) return;
  const known = new Set([...section.querySelectorAll("[data-comment]")].map((one) => one.dataset.comment));
  const list = section.querySelector("[data-threads]");
  const places = new Map([...list.children].map((thread) => [thread.dataset.thread, thread]));
  let before = null;
  for (const thread of [...fresh.querySelector("[data-threads]").children]) {
    const old = places.get(thread.dataset.thread);
    places.delete(thread.dataset.thread);
    if (old) mergeThread(old, thread);
    const shown = old ?? thread;
    if (before ? before.nextElementSibling !== shown : list.firstElementChild !== shown) {
      if (!old || !old.contains(document.activeElement)) list.insertBefore(shown, before ? before.nextElementSibling : list.firstElementChild);
    }
    before = shown;
  }
  for (const gone of places.values()) {
    if ([...gone.querySelectorAll("textarea")].some((area) => area.value.trim())) gone.classList.add("is-gone");
    else gone.remove();
  }
  section.querySelector("[data-comments-count]").replaceWith(fresh.querySelector("[data-comments-count]"));
  section.querySelector("[data-comments-none]").hidden = fresh.querySelector("[data-comments-none]").hidden;
  const added = [...section.querySelectorAll("[data-comment]")].filter((one) => !known.has(one.dataset.comment));
  shown(section);
  return added;
}

function mergeThread(old, fresh) {
  old.className = fresh.className;
  mergeOne(old.querySelector(":scope > [data-comment]"), fresh.querySelector(":scope > [data-comment]"));
  const answers = old.querySelector("[data-answers]");
  const there = new Map([...answers.children].map((item) => [item.firstElementChild.dataset.comment, item]));
  for (const item of [...fresh.querySelector("[data-answers]").children]) {
    const known = there.get(item.firstElementChild.dataset.comment);
    there.delete(item.firstElementChild.dataset.comment);
    if (known) mergeOne(known.firstElementChild, item.firstElementChild);
    else answers.append(item);
  }
  for (const gone of there.values()) if (!gone.querySelector("[data-editing]")) gone.remove();
}

function mergeOne(old, fresh) {
  if (old.dataset.key === fresh.dataset.key || old.querySelector("[data-editing]")) return;
  const label = old.contains(document.activeElement) ? document.activeElement.textContent : "";
  old.replaceWith(fresh);
  if (label) {
    const buttons = [...fresh.querySelectorAll("button")];
    (buttons.find((button) => button.textContent === label) ?? buttons.find((button) => button.dataset.post))?.focus();
  }
}

async function refresh(section) {
  try {
    const added = merge(section, await fragment(section.dataset.url)) ?? [];
    const author = added.at(-1)?.querySelector("bdi")?.textContent;
    if (author) section.querySelector("[data-comments-said]").textContent = `${author} has written something new.`;
  } catch {
    // The next event, or the next visit, brings it.
  }
}

const due = new Set();
const refreshDue = soon(() => {
  for (const section of due) if (section.isConnected) refresh(section);
  due.clear();
}, 80, 300);

function shown(section) {
  const detail = { section, kind: section.dataset.comments, subjectId: section.dataset.subject };
  document.dispatchEvent(new CustomEvent("rushes:comments-shown", { detail }));
}

document.addEventListener("rushes:event", ({ detail }) => {
  if (detail.type === "thing_restored" && detail.kind === "comment") {
    // Taken out on the page of the trash, which does not say what it was about.
    for (const section of sections()) due.add(section);
    refreshDue();
    return;
  }
  // An approval closes the notes that asked for the take, wherever they were written; taking it back opens them.
  const judged = /^(take_approved|verdict_withdrawn)$/.test(detail.type);
  if (!judged && !/^comment_/.test(detail.type)) return;
  for (const section of sections()) {
    if (judged && section.dataset.comments === "take") due.add(section);
    if (section.dataset.comments === detail.kind && section.dataset.subject === detail.subjectId) due.add(section);
  }
  refreshDue();
});

document.addEventListener("rushes:resync", () => {
  for (const section of sections()) due.add(section);
  refreshDue();
});

// Loaded again by htmx it would lose what is typed: it is brought up to date instead.
document.addEventListener("htmx:before:request", (event) => {
  const section = event.detail.ctx?.sourceElement?.querySelector?.(":scope > [data-comments]");
  if (!section || !event.detail.ctx.request?.action?.includes(section.dataset.url)) return;
  event.preventDefault();
  due.add(section);
  refreshDue();
});

document.addEventListener("htmx:after:swap", () => {
  for (const section of sections()) {
    if (section.dataset.ready !== undefined) continue;
    section.dataset.ready = "";
    const form = section.querySelector(":scope > form");
    if (form) restore(form);
    shown(section);
  }
});

document.addEventListener("rushes:undone", (event) => {
  // The conversation comes back by itself; a page read again would lose what is typed.
  if (/\/comments\/[^/]+\/restore\/$/.test(event.detail.url) && sections().length) event.preventDefault();
});

// --- writing ----------------------------------------------------------------------------------------------------------

function restore(form) {
  try {
    const kept = sessionStorage.getItem(draftKey(form));
    if (kept && !form.elements.text.value) form.elements.text.value = kept;
  } catch {
    // Without storage a draft lives as long as its page.
  }
}

function keep(form, text) {
  try {
    if (text.trim()) sessionStorage.setItem(draftKey(form), text);
    else sessionStorage.removeItem(draftKey(form));
  } catch {
    // As above.
  }
}

/** Say where the next note of a conversation belongs. Without a time and without strokes it is about the whole. */
export function noteAt(section, { timeMs = null, label = "", drawing = [] } = {}) {
  const form = section.querySelector(":scope > form");
  if (!form) return null;
  form.elements.time_ms.value = timeMs ?? "";
  form.elements.drawing.value = drawing.length ? JSON.stringify(drawing) : "";
  const at = form.querySelector("[data-comment-at]");
  at.hidden = timeMs === null && !drawing.length;
  const words = [timeMs === null ? "" : `At ${label}`, drawing.length ? "with a drawing" : ""];
  at.querySelector("span").textContent = words.filter(Boolean).join(", ");
  return form;
}

function complain(form, text) {
  const place = form.querySelector("[data-comment-error]");
  place.hidden = !text;
  place.querySelector("[data-reason]").textContent = text;
  form.elements.text.toggleAttribute("aria-invalid", Boolean(text));
}

async function send(form) {
  const section = form.closest("[data-comments]");
  const button = form.querySelector("[type=submit]");
  if (button.disabled) return;
  button.disabled = true;
  complain(form, "");
  try {
    const values = Object.fromEntries(new FormData(form));
    const html = await fragment(form.getAttribute("action"), { values });
    keep(form, "");
    const article = form.closest("[data-comment]");
    if (form.matches("[data-editing]")) {
      closeEdit(form);
    } else if (form.closest("[data-answer-place]")) {
      const thread = form.closest("[data-thread]");
      form.remove();
      thread.querySelector("[data-answer]")?.focus();
    } else {
      form.reset();
      noteAt(section);
      form.elements.text.focus();
      document.dispatchEvent(new CustomEvent("rushes:comment-sent", { detail: { section } }));
    }
    merge(section, html);
    if (article) section.querySelector(`[data-comment="${article.dataset.comment}"] [data-edit]`)?.focus();
  } catch (error) {
    complain(form, error.message);
    form.elements.text.focus();
  } finally {
    button.disabled = false;
  }
}

function answer(button) {
  const thread = button.closest("[data-thread]");
  const place = thread.querySelector("[data-answer-place]");
  if (!place.firstElementChild) {
    const form = thread.closest("[data-comments]").querySelector("[data-answer-form]").content.firstElementChild.cloneNode(true);
    form.elements.parent.value = thread.dataset.thread;
    place.append(form);
    restore(form);
  }
  place.querySelector("textarea").focus();
}

async function edit(button) {
  const body = button.closest(".comment-body");
  if (body.querySelector("[data-editing]")) return;
  try {
    const form = element(await fragment(button.dataset.edit));
    for (const part of body.querySelectorAll(".comment-text, [data-comment-actions]")) part.hidden = true;
    body.append(form);
    form.elements.text.focus();
  } catch (error) {
    toast(error.message, "error");
  }
}

function closeEdit(form) {
  const body = form.closest(".comment-body");
  form.remove();
  for (const part of body.querySelectorAll(".comment-text, [data-comment-actions]")) part.hidden = false;
  body.querySelector("[data-edit]")?.focus();
}

async function post(button) {
  const section = button.closest("[data-comments]");
  const next = button.closest("li").nextElementSibling?.querySelector("button") ?? section.querySelector(":scope > form textarea");
  try {
    merge(section, await fragment(button.dataset.post, { values: button.dataset.reopen === undefined ? {} : { reopen: "1" } }));
    if (!section.contains(document.activeElement)) next?.focus();
  } catch (error) {
    toast(error.message, "error");
  }
}

function choose(button) {
  const { comment, timeMs, drawing } = button.closest("[data-comment]").dataset;
  const detail = { commentId: comment, timeMs: timeMs === undefined ? null : Number(timeMs), drawing: JSON.parse(drawing ?? "[]") };
  document.dispatchEvent(new CustomEvent("rushes:comment-chosen", { detail }));
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-comments] [data-comment-form]")) return;
  event.preventDefault();
  send(event.target);
});

document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-comments] button");
  if (!at) return;
  if (at.matches("[data-answer]")) answer(at);
  else if (at.matches("[data-edit]")) edit(at);
  else if (at.matches("[data-post]")) post(at);
  else if (at.matches("[data-timecode]")) choose(at);
  else if (at.matches("[data-comment-at-clear]")) noteAt(at.closest("[data-comments]"));
  else if (at.matches("[data-cancel]")) {
    const form = at.closest("form");
    if (form.matches("[data-editing]")) {
      closeEdit(form);
      return;
    }
    keep(form, "");
    const thread = form.closest("[data-thread]");
    form.remove();
    if (thread.classList.contains("is-gone")) thread.remove();
    else thread.querySelector("[data-answer]")?.focus();
  }
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-comment-form]:not([data-editing])");
  if (form) keep(form, form.elements.text.value);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-comment-form]");
  if (!form || event.defaultPrevented) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    send(form);
  } else if (event.key === "Escape" && form.querySelector("[data-cancel]")) {
    event.stopPropagation();
    form.querySelector("[data-cancel]").click();
  }
});

mentions();
