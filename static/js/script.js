// The script's editor: knows whether it is saved, jumps to lines, shows where the caret is on the page, takes files.

import { takeDrops } from "./drop.js";
import "./live.js";

const text = document.querySelector("#script-text");
const form = document.querySelector("#script-form");
const room = document.querySelector(".script");
const reader = document.querySelector(".sheet.read");
let saved = text.value;

const changed = () => text.value !== saved;

function paintSaved() {
  const mark = document.querySelector("#script-status .unsaved");
  if (mark) mark.hidden = !changed();
}

/** Return the height of the text before an offset, by laying it out once more out of sight. */
function heightBefore(offset) {
  const copy = text.cloneNode();
  copy.removeAttribute("id");
  copy.className = "measure";
  copy.style.setProperty("width", `${text.clientWidth}px`);
  copy.value = text.value.slice(0, offset);
  text.parentNode.append(copy);
  const height = copy.scrollHeight;
  copy.remove();
  return height;
}

function goToLine(line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  show("write");
  text.focus({ preventScroll: true });
  text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  text.scrollTop = Math.max(0, heightBefore(start) - text.clientHeight / 3);
  follow();
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

text.addEventListener("input", paintSaved);

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s" && !text.readOnly) {
    event.preventDefault();
    form.requestSubmit(document.querySelector('[form="script-form"][value="stay"]'));
  }
});

let sent = saved;
let leaving = false;
form.addEventListener("submit", () => (sent = text.value));
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response?.headers.get("HX-Redirect")) leaving = true; // saved, and on the way to the next page
});
document.addEventListener("htmx:after:swap", () => {
  const status = document.querySelector("#script-status[data-just-saved]");
  if (status) {
    saved = sent;
    status.removeAttribute("data-just-saved");
  }
  paintSaved();
  follow();
});

addEventListener("beforeunload", (event) => {
  if (changed() && !leaving && !text.readOnly) event.preventDefault();
});

// Our own version is told of as well, often before our answer is here: hence the wait.
const OWN_ANSWER_MS = 2000;
document.addEventListener("rushes:event", (event) => {
  const { type, version } = event.detail;
  if (type !== "script_saved") return;
  setTimeout(() => {
    const status = document.querySelector("#script-status");
    if (Number(status.querySelector("#based-on").value) >= version) return;
    status.querySelector(".newer-version").textContent = version;
    status.querySelector(".newer").hidden = false;
  }, OWN_ANSWER_MS);
});

const upload = document.querySelector("#import-form");
if (upload) {
  const input = upload.querySelector("#script-file");
  const send = () => {
    const question = "The text in the editor is not saved. Import the file in its place?";
    if (input.files.length && (!changed() || confirm(question))) upload.requestSubmit();
    else input.value = "";
  };
  input.addEventListener("change", send);
  takeDrops(document.querySelector("#main"), input, send);
  // The same file can be chosen again once it has been corrected.
  document.addEventListener("htmx:finally:request", () => (input.value = ""));
}

const asked = location.hash.match(/^#line-(\d+)$/);
if (asked) goToLine(Number(asked[1]));
