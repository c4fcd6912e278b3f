// Names after an @: a list under the text, moved through by arrows, taken by Enter or Tab. The text keeps the focus;
// a screen reader hears the chosen name by aria-activedescendant.

import { state } from "./server.js";

const AT = /(^|[\s(,;:])@([^@\n]{0,40})$/;
let people = null;
let open = null; // {area, list, start, found, at}
let count = 0;

async function names(area) {
  const url = area.closest("[data-people-url]")?.dataset.peopleUrl;
  if (!url) return [];
  people ??= state(url).then((answer) => answer.people);
  try {
    return await people;
  } catch {
    people = null;
    return [];
  }
}

async function look(area) {
  const before = area.value.slice(0, area.selectionStart);
  const match = AT.exec(before);
  if (!match) return close();
  const words = match[2].toLowerCase();
  const all = await names(area);
  if (document.activeElement !== area) return close();
  const found = all
    .filter(({ name }) => name.toLowerCase().split(/\s+/).some((_, at, parts) => parts.slice(at).join(" ").startsWith(words)))
    .slice(0, 8);
  // What is already written in full needs no list.
  if (!found.length || all.some(({ name }) => words.startsWith(`${name.toLowerCase()} `))) return close();
  show(area, before.length - match[2].length - 1, found);
}

function show(area, start, found) {
  const list = open?.area === area ? open.list : make(area);
  list.replaceChildren(
    ...found.map((person, at) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${at}`;
      item.role = "option";
      const name = Object.assign(document.createElement("span"), { textContent: person.name });
      const role = Object.assign(document.createElement("span"), { className: "faint small", textContent: person.role });
      item.append(name, role);
      // Before the text loses the focus.
      item.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        take(at);
      });
      return item;
    }),
  );
  open = { area, list, start, found, at: 0 };
  const room = innerHeight - area.getBoundingClientRect().bottom;
  list.classList.toggle("above", room < 240);
  point(0);
}

function make(area) {
  close();
  const list = document.createElement("ul");
  list.id = `names-${(count += 1)}`;
  list.className = "names";
  list.role = "listbox";
  list.ariaLabel = "People in this team";
  area.closest(".mentioning").append(list);
  area.setAttribute("aria-controls", list.id);
  return list;
}

function point(at) {
  open.at = (at + open.found.length) % open.found.length;
  [...open.list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === open.at)));
  open.area.setAttribute("aria-activedescendant", open.list.children[open.at].id);
  open.list.children[open.at].scrollIntoView({ block: "nearest" });
}

function take(at) {
  const { area, start, found } = open;
  const person = found[at];
  const after = area.value.slice(area.selectionStart);
  const space = after.startsWith(" ") ? "" : " ";
  area.setRangeText(`@${person.name}${space}`, start, area.selectionStart, "end");
  const { picked } = area.form.elements;
  if (picked) picked.value = [...new Set([...picked.value.split(",").filter(Boolean), person.id])].join(",");
  close();
  area.dispatchEvent(new Event("input", { bubbles: true }));
  close();
}

function close() {
  if (!open) return;
  open.area.removeAttribute("aria-activedescendant");
  open.area.removeAttribute("aria-controls");
  open.list.remove();
  open = null;
}

/** Let every text with data-mentions offer names. */
export function mentions() {
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-mentions]")) look(event.target);
  });
  document.addEventListener("focusin", (event) => {
    if (!event.target.matches?.("[data-mentions]")) return;
    event.target.setAttribute("aria-autocomplete", "list");
    event.target.setAttribute("aria-haspopup", "listbox");
  });
  document.addEventListener("focusout", (event) => event.target === open?.area && close());
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.target !== open?.area) return;
      if (event.key === "ArrowDown") point(open.at + 1);
      else if (event.key === "ArrowUp") point(open.at - 1);
      else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") take(open.at);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
}
