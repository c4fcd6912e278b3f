// Elements: the list, and the page of one. What others change arrives by itself, and nobody's typing is lost by it.

import { soon } from "./live.js";
import { element, fragment } from "./server.js";

const list = document.querySelector("#elements");
const page = document.querySelector("#element");
const ABOUT_ELEMENTS = /^element_|^thing_(deleted|restored)$|^breakdown_applied$/;

// --- the list ---------------------------------------------------------------------------------------------------------

const refreshList = soon(async () => {
  const text = await fragment(list.dataset.url);
  await window.htmx.swap({ target: list, sourceElement: list, text, swap: "innerMorph" });
}, 250);

// --- one element ------------------------------------------------------------------------------------------------------

const refreshPage = soon(async () => {
  let fresh;
  try {
    fresh = element(await fragment(page.dataset.url));
  } catch {
    // It is in the trash now; the list says so.
    location.assign(page.dataset.listUrl);
    return;
  }
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!old || old.dataset.key === part.dataset.key || old.contains(page.querySelector("[data-touched]"))) continue;
    old.replaceWith(part);
    window.htmx.process(part);
  }
  begin();
}, 250);

// What is old is worked out over the whole film: not for each of a hundred results by itself.
const recount = soon(() => document.body.dispatchEvent(new CustomEvent("element-changed")), 500, 4000);

function slotsOf(jobId) {
  const job = page.querySelector(`[data-job="${jobId}"]`);
  return job?.closest(".portrait-slot, .voice-slot");
}

/** Read a slot again whose try has gone on; what was chosen in its form stays. */
async function readAgain(slot) {
  const chosen = slot.querySelector("select")?.value;
  const text = await fragment(slot.getAttribute("hx-get"));
  await window.htmx.swap({ target: slot, sourceElement: slot, text, swap: "innerMorph" });
  const select = slot.querySelector("select");
  if (select && chosen !== undefined) select.value = chosen;
}

function onJob({ detail }) {
  if (detail.what === "progress") return;
  const slot = slotsOf(detail.jobId);
  if (slot) readAgain(slot);
  else if (detail.shotId) recount();
}

// --- pictures: in order, dropped, removed -----------------------------------------------------------------------------

function pictures() {
  return page?.querySelector("[data-pictures]");
}

function say(form, text) {
  const said = form.querySelector("[data-bring-said]");
  said.textContent = text;
  said.hidden = !text;
}

async function bringAll(form, files) {
  const tiles = form.querySelector("[data-tiles]");
  const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers:inherited")) };
  const refused = [];
  form.setAttribute("data-busy", "");
  for (const file of files) {
    if (tiles.querySelectorAll("[data-file]").length >= Number(tiles.dataset.most)) {
      refused.push(`${file.name}: there are ${tiles.dataset.most} pictures already.`);
      continue;
    }
    const body = new FormData();
    body.append("file", file);
    body.append("kind", "image");
    body.append("field", "references");
    try {
      const response = await fetch(form.dataset.bring, { method: "POST", body, headers, credentials: "same-origin" });
      const text = await response.text();
      if (response.ok) tiles.querySelector(".add").insertAdjacentHTML("beforebegin", text);
      else refused.push(`${file.name}: ${response.status === 422 ? text : "that did not work."}`);
    } catch {
      refused.push(`${file.name}: the server cannot be reached.`);
    }
  }
  form.removeAttribute("data-busy");
  say(form, refused.join(" "));
  changed(tiles);
}

function changed(tiles) {
  tiles.dispatchEvent(new Event("change", { bubbles: true }));
}

function begin() {
  const form = pictures();
  const tiles = form?.querySelector("[data-tiles]");
  if (!tiles || !tiles.querySelector(".add")) return;
  if (window.Sortable && !window.Sortable.get(tiles)) {
    window.Sortable.create(tiles, {
      draggable: "[data-file]",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
      onEnd: ({ oldIndex, newIndex }) => oldIndex !== newIndex && changed(tiles),
    });
  }
}

function click({ target }) {
  const earlier = target.closest("[data-earlier]");
  if (!earlier) return;
  const tile = earlier.closest("[data-file]");
  tile.previousElementSibling?.before(tile);
  changed(tile.parentElement);
}

function dropped(event) {
  const form = pictures();
  const area = event.target.closest?.(".element-pictures");
  if (!form || !area || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  area.classList.toggle("dropping", event.type === "dragover");
  if (event.type === "drop" && form.querySelector(".add")) bringAll(form, event.dataTransfer.files);
}

// --- begin ------------------------------------------------------------------------------------------------------------

document.querySelector("dialog[data-open]")?.showModal();

document.addEventListener("rushes:event", ({ detail }) => {
  if (list && ABOUT_ELEMENTS.test(detail.type)) refreshList();
  if (!page) return;
  if (ABOUT_ELEMENTS.test(detail.type) || ["take_added", "take_selected", "shot_edited"].includes(detail.type)) {
    refreshPage();
    recount();
  } else if (detail.type === "jobs_queued") recount();
});

document.addEventListener("rushes:resync", async () => {
  if (list) refreshList();
  if (page) refreshPage();
});

if (page) {
  document.addEventListener("rushes:job", onJob);
  page.addEventListener("click", click);
  for (const name of ["dragover", "drop"]) page.addEventListener(name, dropped);
  page.addEventListener("dragleave", (event) => {
    const area = event.target.closest?.(".element-pictures");
    if (area && !area.contains(event.relatedTarget)) area.classList.remove("dropping");
  });
  page.addEventListener("input", ({ target }) => target.closest(".element-form, .voice-form")?.setAttribute("data-touched", ""));
  document.addEventListener("htmx:after:request", ({ detail }) => {
    const form = detail.ctx?.sourceElement?.closest?.("[data-touched]");
    if (form && detail.ctx.response?.raw?.ok) form.removeAttribute("data-touched");
  });
  document.addEventListener("htmx:after:swap", begin);
  window.addEventListener("load", begin);
  begin();
}

