// Choosing models and files: the search in a list of models, files that go in, counts, and pickers that stay true.

import "./handles.js";
import { soon } from "./live.js";
import { fragment, put } from "./server.js";
import { toast } from "./shell.js";

const csrf = () => JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}");
let choosing = null;

// --- how long a text is, in the model's own unit ------------------------------------------------------------------

/** An emoji counts as two where a model counts UTF-16 units. */
export function lengthOf(field) {
  return field.dataset.unit === "utf16" ? field.value.length : [...field.value].length;
}

export function count(field) {
  const shown = document.querySelector(`[data-count-for="${CSS.escape(field.id)}"]`);
  if (!shown) return;
  const length = lengthOf(field);
  shown.textContent = length.toLocaleString("en");
  shown.closest(".count").classList.toggle("over", length > Number(field.dataset.most));
}

// --- finding a model ----------------------------------------------------------------------------------------------

function find(input) {
  const body = input.closest(".models-body");
  const words = input.value.trim().toLowerCase();
  let shown = 0;
  for (const maker of body.querySelectorAll(".maker")) {
    const whole = maker.dataset.maker.includes(words);
    let left = 0;
    for (const row of maker.querySelectorAll("[data-model-name]")) {
      row.hidden = !(whole || row.dataset.modelName.includes(words));
      left += !row.hidden;
    }
    maker.hidden = !left;
    shown += left;
  }
  for (const other of body.querySelectorAll(".needs, .as-project")) other.hidden = Boolean(words);
  body.querySelector("[data-nothing-found]").hidden = shown > 0;
}

// --- files --------------------------------------------------------------------------------------------------------

const tilesOf = (form, name) => form.querySelector(`[data-tiles="${CSS.escape(name)}"]`);

async function openChooser(button) {
  const form = button.closest("form");
  const name = button.dataset.chooseFiles;
  const tiles = tilesOf(form, name);
  const dialog = document.querySelector("#chooser");
  const body = dialog.querySelector(".chooser-body");
  choosing = { form, name, tiles, many: button.dataset.many === "1", kind: button.dataset.kindOfFile };
  const query = new URLSearchParams({ field: name, kind: choosing.kind, many: choosing.many ? "1" : "" });
  for (const tile of tiles.querySelectorAll("[data-file]")) query.append("chosen", tile.dataset.file);
  body.replaceChildren();
  dialog.showModal();
  try {
    put(body, await fragment(`${button.dataset.url}?${query}`));
  } catch (error) {
    dialog.close();
    toast(error.message, "error");
  }
}

function changed(tiles) {
  const left = tiles.querySelectorAll("[data-file]").length;
  tiles.toggleAttribute("data-full", left >= Number(tiles.dataset.most));
  const shown = tiles.closest("form").querySelector(`[data-count-of="${CSS.escape(tiles.dataset.tiles)}"]`);
  if (shown) shown.textContent = String(left);
  tiles.dispatchEvent(new Event("change", { bubbles: true }));
}

function addTile(html) {
  const { tiles, many } = choosing;
  if (!many) for (const old of tiles.querySelectorAll("[data-file]")) old.remove();
  tiles.querySelector(".add").insertAdjacentHTML("beforebegin", html);
  changed(tiles);
}

function tileOf(file) {
  const tile = document.createElement("span");
  tile.className = "tile";
  tile.dataset.file = file.dataset.takeFile;
  const input = Object.assign(document.createElement("input"), { type: "hidden", name: choosing.name, value: tile.dataset.file });
  const picture = file.querySelector("img, .icon").cloneNode(true);
  const words = file.querySelector("span").textContent;
  if (picture.alt !== undefined) picture.alt = words;
  const remove = Object.assign(document.createElement("button"), { type: "button" });
  remove.setAttribute("data-remove-file", "");
  remove.setAttribute("aria-label", `Remove ${words}`);
  remove.append(document.querySelector("#chooser [data-close-dialog] .icon").cloneNode(true));
  tile.append(input, picture, remove);
  return tile.outerHTML;
}

function take(file) {
  const { tiles, many } = choosing;
  const there = tiles.querySelector(`[data-file="${CSS.escape(file.dataset.takeFile)}"]`);
  if (there) {
    there.remove();
    changed(tiles);
  } else if (many && tiles.hasAttribute("data-full")) {
    toast(`This model takes ${tiles.dataset.most} at most. Take one out first.`, "error");
    return;
  } else {
    addTile(tileOf(file));
  }
  file.setAttribute("aria-pressed", String(!there));
  if (!many) closeChooser();
}

function closeChooser() {
  document.querySelector("#chooser").close();
  choosing?.tiles.querySelector(".add")?.focus();
}

async function bring(area, values) {
  const said = area.querySelector("[data-bring-said]");
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...values, kind: choosing.kind, field: choosing.name })) body.append(name, value);
  said.hidden = true;
  area.setAttribute("data-busy", "");
  try {
    const headers = { "HX-Request": "true", ...csrf() };
    const response = await fetch(area.dataset.bring, { method: "POST", body, headers, credentials: "same-origin" });
    const text = await response.text();
    if (response.ok) {
      addTile(text);
      closeChooser();
    } else {
      said.textContent = response.status === 422 ? text : "That did not work. Reload the page and try again.";
      said.hidden = false;
    }
  } catch {
    said.textContent = "The server cannot be reached. Nothing was changed; try again when you are online.";
    said.hidden = false;
  } finally {
    area.removeAttribute("data-busy");
  }
}

// --- pickers stay true --------------------------------------------------------------------------------------------

const slots = () => document.querySelectorAll(".picker-slot");

const refresh = soon(() => {
  for (const slot of slots()) {
    // What somebody is filling in is not taken away, and the keyboard stays where it was.
    if (slot.querySelector("[data-editing], dialog[open]")) continue;
    slot.toggleAttribute("data-focus", slot.contains(document.activeElement));
    window.htmx.trigger(slot, "shot-changed");
  }
}, 250);

const repriced = soon(() => {
  if (document.querySelector("#making")) window.htmx.trigger("#making", "shot-jobs");
}, 100);

document.addEventListener("rushes:event", ({ detail }) => {
  const shot = document.querySelector(".shot-panel")?.dataset.shot;
  if (!shot || detail.shotId !== shot) return;
  if (detail.type === "shot_edited" || detail.type === "take_selected" || detail.type === "take_added") {
    refresh();
    repriced();
  }
});

document.addEventListener("htmx:after:swap", () => {
  for (const slot of document.querySelectorAll(".picker-slot[data-focus]")) {
    if (slot.contains(document.activeElement)) continue;
    slot.removeAttribute("data-focus");
    slot.querySelector(".picker-now")?.focus();
  }
  for (const saved of document.querySelectorAll("[data-saved]")) {
    saved.removeAttribute("data-saved");
    repriced();
    if (!saved.matches(".picker")) refresh();
  }
});

document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-find-model]")) find(target);
  if (target.matches("textarea[data-most]")) count(target);
  target.closest(".picker")?.setAttribute("data-editing", "");
});

document.addEventListener("change", ({ target }) => {
  const form = target.closest(".picker-form");
  form?.closest(".picker").setAttribute("data-editing", "");
  const area = target.closest("[data-bring]");
  if (area && target.type === "file" && target.files.length) bring(area, { file: target.files[0] });
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-bring-url]")) return;
  event.preventDefault();
  bring(event.target.closest("[data-bring]"), { url: event.target.elements.url.value });
});

document.addEventListener("click", ({ target }) => {
  const choose = target.closest("[data-choose-files]");
  if (choose) openChooser(choose);
  const file = target.closest("[data-take-file]");
  if (file) take(file);
  const remove = target.closest("[data-remove-file]");
  if (remove) {
    const tiles = remove.closest("[data-tiles]");
    remove.closest("[data-file]").remove();
    changed(tiles);
    tiles.querySelector(".add").focus();
  }
  if (target.closest("[data-discard]")) {
    target.closest(".picker").removeAttribute("data-editing");
    refresh();
  }
});

for (const field of document.querySelectorAll("textarea[data-most]")) count(field);
