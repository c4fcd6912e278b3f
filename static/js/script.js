// The script's page: what is written is kept and told, the formatted page follows, lines can be jumped to and found.

import { takeDrops } from "./drop.js";
import { projectId } from "./live.js";
import { fragment, state } from "./server.js";
import { Writing } from "./writing.js";

const text = document.querySelector("#script-text");
const form = document.querySelector("#script-form");
const room = document.querySelector(".script");
const reader = document.querySelector(".sheet.read");
const page = document.querySelector("#script-page");
const urls = form.dataset;
const TYPING_MS = 4000;
const time = (when) => new Date(when).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

// --- What is said about the text ------------------------------------------------------------------------------------

function status(name) {
  return document.querySelector(`#script-${name}`);
}

let savedAt = "";
const WORDS = {
  typing: () => "Typing …",
  sending: () => "Saving …",
  kept: ({ dirty }) => (dirty ? `Kept ${time(Date.now())}, not a version yet` : savedAt && `Saved ${savedAt}`),
  saved: () => `Saved ${(savedAt = time(Date.now()))}`,
  offline: ({ copied }) =>
    copied === false ? "Cannot be saved now. Do not close this page." : "Cannot be saved now; kept in this browser",
  refused: () => "Not saved",
  conflict: ({ latest }) => `Kept. ${latest.by} and you changed the same part`,
};

function say(told) {
  const place = status("state");
  place.textContent = WORDS[told.state]?.(told) ? ` · ${WORDS[told.state](told)}` : "";
  place.dataset.state = told.state;
  document.querySelector("#based-on").value = writing?.base ?? document.querySelector("#based-on").value;
  if (told.latest?.version) paintVersion(told.latest);
  if (told.state === "conflict") {
    notice(`${told.latest.by} saved version ${told.latest.version} and changed the same part as you.`, [["Look at both", choose]]);
  } else if (told.state === "refused" && told.message) notice(told.message);
  else if (told.others) {
    notice(`${told.latest.by} saved version ${told.latest.version}. ${told.dirty ? "It is put together with your text." : "It is what you see now."}`, []);
  } else if (told.state === "saved") notice("");
}

function paintVersion({ version, by, at }) {
  const link = status("version");
  link.replaceChildren(`Version ${version} · ${by} · `, Object.assign(document.createElement("time"), { dateTime: at, textContent: time(at) }));
}

function notice(words, actions = []) {
  const box = status("told");
  box.hidden = !words;
  box.querySelector("p").textContent = words;
  box.querySelector(".actions").replaceChildren(
    ...actions.map(([label, action]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "button quiet", textContent: label });
      button.addEventListener("click", action);
      return button;
    }),
  );
}

// --- Writing --------------------------------------------------------------------------------------------------------

const writing = text.readOnly
  ? null
  : new Writing({
      area: text,
      url: urls.drafts,
      scope: `${projectId}:${urls.me}`,
      base: Number(document.querySelector("#based-on").value),
      dirty: Boolean(document.querySelector("#script-status .notice.error")),
      told: (told) => {
        say(told);
        if (told.state === "typing") {
          layOut();
          sayTyping();
        }
      },
    });

form.addEventListener("submit", async (event) => {
  if (!writing) return;
  event.preventDefault();
  const then = event.submitter?.value;
  let answer = await writing.send("hand");
  // What others had saved came in first; then the wish to save is carried out.
  for (let tries = 0; tries < 3 && answer?.state === "kept"; tries += 1) answer = await writing.send("hand");
  if (then === "breakdown" && answer?.state === "saved" && !writing.dirty) location.assign(urls.breakdown);
});

addEventListener("beforeunload", (event) => {
  if (writing?.inDanger) event.preventDefault();
});

document.addEventListener("rushes:event", ({ detail }) => {
  if (detail.type === "script_saved") heard(detail.version);
});
document.addEventListener("rushes:resync", () => heard(Infinity));

async function heard(version) {
  if (writing) {
    writing.heard(version);
    return;
  }
  const told = await state(urls.latest);
  text.value = told.text;
  paintVersion(told);
  layOut();
}

text.addEventListener("installed", () => layOut());

// --- Two changed the same -------------------------------------------------------------------------------------------

const dialog = document.querySelector("#script-choose");

async function choose() {
  await writing.send("");
  if (!writing.conflict) return;
  document.querySelector("#script-choices").replaceChildren(...nodes(writing.conflict.html));
  dialog.showModal();
}

dialog?.addEventListener("close", () => text.focus());
dialog?.addEventListener("submit", (event) => {
  const choices = [...event.target.querySelectorAll("[data-choice]")].map((part) => part.querySelector("input:checked").value);
  notice("");
  writing.settle(choices);
});

function nodes(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.childNodes;
}

// --- What was left behind -------------------------------------------------------------------------------------------

function offers() {
  const found = writing.copies.orphans();
  for (const { dataset } of document.querySelectorAll("#unsaved li")) {
    const { window: id } = dataset;
    if (id === writing.copies.window || writing.copies.alive(id) || found.some((copy) => copy.id === id)) continue;
    found.push({ id, at: Date.parse(dataset.at) });
  }
  return found;
}

function offer() {
  const [left] = offers();
  if (!left || writing.dirty || !status("told").hidden) return;
  const when = new Date(left.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const gone = () => {
    document.querySelector(`#unsaved [data-window="${left.id}"]`)?.remove();
    notice("");
  };
  notice(`You wrote something on ${when} that is not in the script yet.`, [
    [
      "Take it up",
      async () => {
        const copy = left.text === undefined ? await state(writing.url(left.id)) : left;
        await writing.takeUp(copy);
        await writing.drop(left.id);
        gone();
      },
    ],
    [
      "Throw it away",
      async () => {
        await writing.drop(left.id);
        gone();
        offer();
      },
    ],
  ]);
}

if (writing) {
  const own = writing.copies.mine();
  const kept = document.querySelector(`#unsaved [data-window="${writing.copies.window}"]`);
  if (own && own.text !== text.value) {
    // The same tab again, after a reload or a crash: it goes on where it was.
    writing.takeUp(own);
  } else if (kept) {
    state(writing.url()).then((draft) => writing.takeUp(draft));
  } else {
    setTimeout(offer, 300);
    // A window that died without a word is known for dead only after some seconds.
    setInterval(offer, 4000);
  }
}

// --- The formatted page ---------------------------------------------------------------------------------------------

let laying = null;
let cost = 0;
let due = 0;

/** Lay out what is written, not more often than it takes: a feature is laid out less often than a scene. */
function layOut() {
  clearTimeout(due);
  due = setTimeout(fetchPage, Math.max(400, 3 * cost));
}

async function fetchPage() {
  laying?.abort();
  laying = new AbortController();
  const began = performance.now();
  try {
    const html = await fragment(urls.preview, { values: { text: text.value }, signal: laying.signal });
    cost = performance.now() - began;
    const [made, outline] = [...nodes(html)].filter((node) => node.nodeType === Node.ELEMENT_NODE);
    const at = reader.scrollTop;
    page.replaceChildren(...made.childNodes);
    document.querySelector("#script-outline").replaceWith(outline);
    reader.scrollTop = at;
    follow();
  } catch (error) {
    if (error.name === "AbortError") return;
    cost = 3000;
  }
}

/** Return the height of the text before an offset, by laying it out once more out of sight. */
function heightBefore(offset) {
  const copy = text.cloneNode();
  copy.removeAttribute("id");
  copy.removeAttribute("name");
  copy.className = "measure";
  copy.style.setProperty("width", `${text.clientWidth}px`);
  copy.value = text.value.slice(0, offset);
  text.parentNode.append(copy);
  const height = copy.scrollHeight;
  copy.remove();
  return height;
}

function mark(start, end) {
  show("write");
  text.focus({ preventScroll: true });
  text.setSelectionRange(start, end);
  text.scrollTop = Math.max(0, heightBefore(start) - text.clientHeight / 3);
  follow();
}

function goToLine(line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  mark(start, start + (lines[line - 1]?.length ?? 0));
}

/** Mark the block of the page that the caret stands in, and bring it into view. */
function follow() {
  const line = text.value.slice(0, text.selectionStart).split("\n").length;
  let at = null;
  for (const block of reader.querySelectorAll("[data-at]")) {
    if (Number(block.dataset.at) > line) break;
    at = block;
  }
  for (const block of reader.querySelectorAll(".at")) if (block !== at) block.classList.remove("at");
  if (!at || at.classList.contains("at")) return;
  at.classList.add("at");
  const box = at.getBoundingClientRect();
  const view = reader.getBoundingClientRect();
  if (box.top < view.top + 40 || box.bottom > view.bottom - 40) {
    reader.scrollTop += box.top - view.top - view.height / 3;
  }
}

// The page scrolls along with the text: both are as far as the other, by share.
let scrolling = null;
function together(from, to) {
  from.addEventListener(
    "scroll",
    () => {
      if (scrolling === from) return;
      const share = from.scrollTop / Math.max(1, from.scrollHeight - from.clientHeight);
      scrolling = to;
      to.scrollTop = share * (to.scrollHeight - to.clientHeight);
      setTimeout(() => (scrolling = null), 80);
    },
    { passive: true },
  );
}
together(text, reader);

function show(part) {
  room.dataset.shown = part;
  for (const button of document.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === part));
  }
}

document.addEventListener("click", (event) => {
  const jump = event.target.closest("[data-line]");
  if (jump) goToLine(Number(jump.dataset.line));
  const part = event.target.closest("[data-show]");
  if (part) show(part.dataset.show);
});

document.addEventListener("selectionchange", () => {
  if (document.activeElement === text) follow();
});

// --- Find -----------------------------------------------------------------------------------------------------------

const bar = document.querySelector("#find-bar");
const words = document.querySelector("#find-words");
const opener = document.querySelector("#find-open");

function openFind(open = true) {
  bar.hidden = !open;
  opener.setAttribute("aria-expanded", String(open));
  if (open) {
    const chosen = text.value.slice(text.selectionStart, text.selectionEnd);
    if (chosen && !chosen.includes("\n")) words.value = chosen;
    words.focus();
    words.select();
    countFound();
  } else text.focus();
}

function places() {
  const wanted = words.value.toLocaleLowerCase();
  const found = [];
  if (!wanted) return found;
  const whole = text.value.toLocaleLowerCase();
  for (let at = whole.indexOf(wanted); at >= 0 && found.length < 10_000; at = whole.indexOf(wanted, at + wanted.length)) found.push(at);
  return found;
}

function countFound(found = places(), at = -1) {
  const { length } = found;
  document.querySelector("#find-count").textContent = words.value ? (length ? `${at < 0 ? "" : `${at + 1} of `}${length}` : "Not found") : "";
}

function find(backwards) {
  const found = places();
  if (!found.length) return countFound(found);
  let index = backwards
    ? found.findLastIndex((at) => at < text.selectionStart)
    : found.findIndex((at) => at > text.selectionStart || (at === text.selectionStart && text.selectionEnd === at));
  if (index < 0) index = backwards ? found.length - 1 : 0;
  mark(found[index], found[index] + words.value.length);
  countFound(found, index);
  words.focus({ preventScroll: true });
}

opener.addEventListener("click", () => openFind(bar.hidden));
document.querySelector("#find-close").addEventListener("click", () => openFind(false));
document.querySelector("#find-before").addEventListener("click", () => find(true));
words.addEventListener("input", () => countFound());
bar.addEventListener("submit", (event) => {
  event.preventDefault();
  find(false);
});
bar.addEventListener("keydown", (event) => {
  if (event.key === "Escape") openFind(false);
  if (event.key === "Enter" && event.shiftKey) {
    event.preventDefault();
    find(true);
  }
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "s" && writing) {
    event.preventDefault();
    form.requestSubmit(document.querySelector("#script-save"));
  } else if (key === "f" && !event.shiftKey && room.contains(document.activeElement)) {
    event.preventDefault();
    openFind();
  }
});

// --- Who else is here -----------------------------------------------------------------------------------------------

document.addEventListener("rushes:presence", ({ detail }) => paintWriters(detail.people));

let quiet = 0;
function sayTyping() {
  room.dataset.viewingPage = "script-typing";
  clearTimeout(quiet);
  quiet = setTimeout(() => delete room.dataset.viewingPage, TYPING_MS);
}

function paintWriters(people) {
  const here = people.filter((person) => person.page?.startsWith("script") && person.id !== urls.me);
  document.querySelector("#writers").replaceChildren(
    ...here.map((person) => {
      const item = Object.assign(document.createElement("li"), { className: "pill" });
      const typing = person.page.endsWith("typing");
      item.classList.toggle("accent", typing);
      item.textContent = typing ? `${person.name} is typing` : `${person.name} is here`;
      return item;
    }),
  );
}

// --- Import ---------------------------------------------------------------------------------------------------------

const upload = document.querySelector("#import-form");
if (upload) {
  const input = upload.querySelector("#script-file");
  const send = async () => {
    if (!input.files.length) return;
    // What is in the editor becomes a version first, so that the file replaces nothing that cannot be had back.
    if (writing.dirty) await writing.send("hand");
    if (!writing.dirty || confirm("The text in the editor cannot be saved as it is. Import the file in its place?")) upload.requestSubmit();
    else input.value = "";
  };
  input.addEventListener("change", send);
  takeDrops(document.querySelector("#main"), input, send);
  // The same file can be chosen again once it has been corrected.
  document.addEventListener("htmx:finally:request", () => (input.value = ""));
  // The import's answer leads to the page anew: what is on it is a version by then.
  document.addEventListener("htmx:after:request", (event) => {
    if (event.detail.ctx.response?.headers.get("HX-Redirect")) writing.dirty = false;
  });
}

const asked = location.hash.match(/^#line-(\d+)$/);
if (asked) goToLine(Number(asked[1]));
