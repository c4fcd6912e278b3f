// Names behind an @ in prompts: a list comes up while somebody types one, and below the prompt stands whom it names.
// A field takes part by data-handles, the address that tells the names there are.

import { state } from "./server.js";

const TYPED = /(^|[^\w@.+-])@([\p{L}\p{N}_-]*)$/u;
const NAMED = /(?<![\w@.+-])@([\p{L}\p{N}_]+(?:-[\p{L}\p{N}_]+)*)/gu;
const MOST = 8;
const names = new Map();
let list = null;

function style() {
  if (document.querySelector("#handles-style")) return;
  const link = Object.assign(document.createElement("link"), { id: "handles-style", rel: "stylesheet" });
  link.href = new URL("../css/handles.css", import.meta.url).href;
  document.head.append(link);
}

/** The names of a project, asked for once; a change of an element has them asked for anew. */
function namesOf(field) {
  const url = field.dataset.handles;
  if (!names.has(url)) names.set(url, state(url).then(({ elements }) => elements).catch(() => []));
  return names.get(url);
}

// --- the list ---------------------------------------------------------------------------------------------------------

function close() {
  if (!list) return;
  list.box.remove();
  list.field.removeAttribute("aria-activedescendant");
  list.field.removeAttribute("aria-controls");
  list = null;
}

function fitting(all, typed) {
  const wanted = typed.toLowerCase();
  const begins = (one) => one.handle.startsWith(wanted) || one.name.toLowerCase().startsWith(wanted);
  const holds = (one) => one.handle.includes(wanted) || one.name.toLowerCase().includes(wanted);
  return [...all.filter(begins), ...all.filter((one) => !begins(one) && holds(one))].slice(0, MOST);
}

function option(one, index) {
  const row = document.createElement("div");
  row.id = `handle-${index}`;
  row.role = "option";
  row.dataset.handle = one.handle;
  const picture = one.picture ? Object.assign(document.createElement("img"), { src: one.picture, alt: "" }) : Object.assign(document.createElement("span"), { className: "initial", textContent: one.name[0] });
  const words = Object.assign(document.createElement("span"), { className: "clip", textContent: one.name });
  const handle = Object.assign(document.createElement("span"), { className: "faint small", textContent: `@${one.handle}` });
  row.append(picture, words, handle);
  return row;
}

async function offer(field) {
  const typed = TYPED.exec(field.value.slice(0, field.selectionStart));
  if (!typed || field.selectionStart !== field.selectionEnd) return close();
  const found = fitting(await namesOf(field), typed[2]);
  if (document.activeElement !== field || !found.length) return close();
  close();
  const box = document.createElement("div");
  box.className = "handle-list";
  box.id = "handle-list";
  box.role = "listbox";
  box.setAttribute("aria-label", "Elements");
  box.append(...found.map(option));
  (field.closest("dialog") ?? document.body).append(box);
  const { left, bottom, top } = field.getBoundingClientRect();
  const above = bottom + box.offsetHeight > innerHeight;
  box.style.setProperty("position", "fixed");
  box.style.setProperty("left", `${Math.min(left, innerWidth - box.offsetWidth - 8)}px`);
  box.style.setProperty("top", `${above ? Math.max(8, top - box.offsetHeight - 4) : bottom + 4}px`);
  box.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const row = event.target.closest("[role=option]");
    if (row) take(row.dataset.handle);
  });
  list = { box, field, at: 0, length: typed[2].length };
  field.setAttribute("aria-controls", "handle-list");
  point(0);
}

function point(at) {
  const rows = [...list.box.children];
  list.at = (at + rows.length) % rows.length;
  for (const [index, row] of rows.entries()) row.setAttribute("aria-selected", String(index === list.at));
  rows[list.at].scrollIntoView({ block: "nearest" });
  list.field.setAttribute("aria-activedescendant", rows[list.at].id);
}

function take(handle) {
  const { field, length } = list;
  const end = field.selectionStart;
  close();
  field.setRangeText(`${handle} `, end - length, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// --- whom a prompt names ----------------------------------------------------------------------------------------------

async function tell(field) {
  const all = new Map((await namesOf(field)).map((one) => [one.handle, one]));
  // Looked at only now: others may have been typed, and told of, while the names were on their way.
  let line = field.parentElement.querySelector(".named");
  const written = [...new Set([...field.value.matchAll(NAMED)].map(([, handle]) => handle.toLowerCase()))];
  if (!written.length) return line?.remove();
  if (!line) {
    line = Object.assign(document.createElement("p"), { className: "named", role: "status" });
    field.after(line);
  }
  line.replaceChildren(
    ...written.map((handle) => {
      const one = all.get(handle);
      return Object.assign(document.createElement("span"), {
        className: one ? "pill accent" : "pill warn",
        textContent: one ? `@${handle} · ${one.name}` : `@${handle} · nobody is called that`,
      });
    }),
  );
}

function begin(field) {
  if (field.dataset.handlesOn) return;
  field.dataset.handlesOn = "1";
  style();
  field.setAttribute("aria-autocomplete", "list");
  tell(field);
}

function beginAll() {
  for (const field of document.querySelectorAll("textarea[data-handles]")) begin(field);
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("textarea[data-handles]")) return;
  offer(target);
  tell(target);
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!list || event.target !== list.field) return;
    if (event.key === "ArrowDown") point(list.at + 1);
    else if (event.key === "ArrowUp") point(list.at - 1);
    else if (event.key === "Enter" || event.key === "Tab") take(list.box.children[list.at].dataset.handle);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

document.addEventListener("focusin", ({ target }) => {
  if (list && target !== list.field) close();
  if (target.matches?.("textarea[data-handles]")) begin(target);
});
document.addEventListener("rushes:event", ({ detail }) => {
  if (/^element_|^thing_|^breakdown_applied$/.test(detail.type)) names.clear();
});
// A panel comes after the page; whatever prompt it brings takes part at once.
new MutationObserver(beginAll).observe(document.body, { childList: true, subtree: true });
beginAll();
