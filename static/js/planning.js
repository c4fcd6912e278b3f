// Planning shots: the menus for status, person and day, leaving out, inserting and splitting, and the menu of a scene.
// They work on the selection of the storyboard, or on the shot whose button was pressed.

import { fragment, state } from "./server.js";
import { toast } from "./shell.js";

const room = document.querySelector("#planning");
let selection = () => [];
let opener = null;
let scene = null;

const shots = () => (opener?.dataset.shots ? [opener.dataset.shots] : selection());

/** Say which shots are selected. */
export function works(on) {
  selection = on;
}

async function post(what, values) {
  try {
    await fragment(`${room.dataset.shotsAddress}${what}/`, { values });
    return true;
  } catch (error) {
    toast(error.message, "error");
    return false;
  }
}

export function setStatus(ids, status) {
  return post("status", { shots: ids.join(","), status });
}

export function omit(ids, back = false) {
  return post("omit", { shots: ids.join(","), restore: back ? "1" : "" });
}

/** Insert a shot; return its id. */
export async function insertShot(sceneId, after) {
  try {
    const { shotId } = await state(`${room.dataset.scenesAddress}${sceneId}/shots/insert/`, { values: { after } });
    return shotId;
  } catch (error) {
    toast(error.message, "error");
    return "";
  }
}

export async function split(shotId) {
  try {
    await fragment(`${room.dataset.shotsAddress}${shotId}/split/`, { values: { quiet: "1" } });
  } catch (error) {
    toast(error.message, "error");
  }
}

/** Move a scene by one place, omit or restore it. */
export async function placeScene(sceneId, action) {
  try {
    await fragment(`${room.dataset.scenesAddress}${sceneId}/place/`, { values: { action } });
    return true;
  } catch (error) {
    toast(error.message, "error");
    return false;
  }
}

// --- menus ------------------------------------------------------------------------------------------------------------

/** Open a menu beside a button, with the keyboard in it. */
export function open(name, button) {
  const menu = document.getElementById(`menu-${name}`);
  if (!menu) return;
  opener = button;
  menu.showPopover();
  const box = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = box.bottom + 4 + height <= innerHeight;
  menu.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`);
  menu.style.setProperty("top", `${below ? box.bottom + 4 : Math.max(8, box.top - height - 4)}px`);
  menu.querySelector("button:not([hidden]), a:not([hidden])")?.focus();
}

function close(menu) {
  menu.hidePopover();
  if (opener?.isConnected) opener.focus({ preventScroll: true });
}

function day(ahead) {
  const date = new Date();
  date.setDate(date.getDate() + Number(ahead));
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

function choose(button) {
  const what = button.dataset.set;
  const value = button.dataset.days === undefined ? button.value : day(button.dataset.days);
  const ids = shots();
  close(button.closest("[popover]"));
  if (!ids.length) return;
  const place = { status: "status", person: "assign", due: "due" }[what];
  post(place, { shots: ids.join(","), [what]: value });
}

function arrows(event) {
  const menu = event.target.closest(".menu.floating");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) || event.target.matches("input")) return;
  const items = [...menu.querySelectorAll(".menu-item:not([hidden])")];
  const here = items.indexOf(document.activeElement);
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
  items.at(next % items.length)?.focus();
  event.preventDefault();
}

// --- scenes -----------------------------------------------------------------------------------------------------------

function openScene(button) {
  scene = button.closest("[data-scene]");
  const menu = document.querySelector("#menu-scene");
  const out = scene.classList.contains("omitted");
  menu.querySelector("[data-scene-do=open]").href = `${room.dataset.scenesAddress}${scene.dataset.scene}/`;
  for (const item of menu.querySelectorAll("[data-scene-do]")) {
    const what = item.dataset.sceneDo;
    item.hidden = (what === "restore") !== out && ["restore", "omit", "shot"].includes(what);
  }
  open("scene", button);
}

function doToScene(what, menu) {
  const id = scene.dataset.scene;
  if (what === "open") return;
  close(menu);
  if (what === "insert") newScene();
  else if (what === "shot") insertShot(id, [...scene.querySelectorAll(".shot")].at(-1)?.dataset.shot ?? "");
  else placeScene(id, what);
}

function newScene() {
  const dialog = document.querySelector("#new-scene");
  dialog.querySelector("[name=after]").value = scene.dataset.scene;
  dialog.querySelector("[data-behind]").textContent = scene.dataset.number;
  dialog.querySelector(".form-error").hidden = true;
  dialog.showModal();
  dialog.querySelector("#new-heading").focus();
}

async function insertScene(form) {
  const problem = form.querySelector(".form-error");
  try {
    // A field of the form is called "action", too, and would stand for its address.
    await state(form.getAttribute("action"), { values: new FormData(form) });
    form.reset();
    form.closest("dialog").close();
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    form.querySelector("#new-heading").focus();
  }
}

if (room) {
  document.addEventListener("click", (event) => {
    const at = event.target.closest("[data-menu], [data-set], [data-scene-menu], [data-scene-do]");
    if (!at) return;
    if (at.dataset.menu) open(at.dataset.menu, at);
    else if (at.dataset.set) choose(at);
    else if (at.dataset.sceneDo) doToScene(at.dataset.sceneDo, at.closest("[popover]"));
    else openScene(at);
  });
  room.addEventListener("keydown", arrows);
  room.querySelector("[data-due-form]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const input = event.target.querySelector("input");
    const ids = shots();
    close(event.target.closest("[popover]"));
    if (ids.length) post("due", { shots: ids.join(","), due: input.value });
  });
  room.querySelector("#new-scene form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    insertScene(event.target);
  });
}
