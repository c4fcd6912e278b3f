// The stored files: folders and filters without a reload, one file in the panel, and files that are dropped anywhere on
// the page. Each file goes by itself, straight to the bucket where there is one, and a bad one stops no other.

import { soon } from "./live.js";
import { fragment, put } from "./server.js";
import { toast } from "./shell.js";

const assets = document.querySelector("#assets");
const panel = document.querySelector("#panel");
const nothing = panel.innerHTML;
const uploads = document.querySelector("#uploads");
const rows = uploads.querySelector("ul");
const picker = document.querySelector("#asset-files");
const AT_ONCE = 2;
const GONE = "The server cannot be reached. Try this file again when you are online.";
const waiting = [];
let going = 0;
let shown = "";

// --- folders, filters, pages ------------------------------------------------------------------------------------------

async function show(address, { push = true } = {}) {
  const text = await fragment(address);
  const at = document.activeElement?.id;
  await window.htmx.swap({ target: assets, sourceElement: assets, text, swap: "innerHTML" });
  if (push) history.pushState({}, "", address);
  const field = at && document.getElementById(at);
  if (field && assets.contains(field)) {
    field.focus();
    if (field.type === "search") field.setSelectionRange(field.value.length, field.value.length);
  } else assets.querySelector('.folders [aria-current="true"]')?.focus({ preventScroll: true });
  mark();
}

const filter = soon(() => {
  const form = assets.querySelector(".filters");
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  show(`?${query}`, { push: false }).then(() => history.replaceState({}, "", `?${query}`));
}, 220);

const refresh = soon(() => {
  // Whoever looks for something or has gone on to later pages keeps what they see; the folders' figures come anew.
  const far = assets.querySelectorAll("#asset-grid > li:not(.more)").length > 60;
  if (far || assets.querySelector("#asset-text") === document.activeElement) refreshFolders();
  else fragment(location.search || "?").then((text) => window.htmx.swap({ target: assets, sourceElement: assets, text, swap: "innerMorph" })).then(mark);
}, 400, 2000);

async function refreshFolders() {
  const page = document.createElement("template");
  page.innerHTML = await fragment(location.search || "?");
  assets.querySelector(".folders").replaceWith(page.content.querySelector(".folders"));
}

// --- one file ---------------------------------------------------------------------------------------------------------

async function open(link, { focus = false } = {}) {
  shown = link.dataset.asset;
  mark();
  put(panel, await fragment(link.href));
  panel.scrollTop = 0;
  panel.classList.add("open");
  if (focus) panel.querySelector("input, a, button")?.focus();
}

function mark() {
  for (const link of assets.querySelectorAll(".asset")) {
    if (link.dataset.asset === shown) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function gone(assetId) {
  document.getElementById(`asset-${assetId}`)?.closest("li").remove();
  if (shown !== assetId) return;
  shown = "";
  panel.innerHTML = nothing;
  panel.classList.remove("open");
}

// --- uploads ----------------------------------------------------------------------------------------------------------

function take(files) {
  if (!assets.dataset.beginUrl || !files.length) return;
  const folder = assets.querySelector('.folders [aria-current="true"]')?.dataset.folder ?? new URLSearchParams(location.search).get("folder") ?? "";
  uploads.hidden = false;
  for (const file of files) {
    const row = document.querySelector("#upload-row").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("progress").value = 0;
    rows.append(row);
    waiting.push({ file, folder, row });
  }
  next();
}

function next() {
  while (going < AT_ONCE && waiting.length) {
    going += 1;
    send(waiting.shift()).finally(() => {
      going -= 1;
      if (!going && !waiting.length) finished();
      next();
    });
  }
}

function headers() {
  return { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers:inherited")) };
}

/** Send with progress, which fetch does not tell. */
function request(method, address, body, onProgress, own = {}) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, address);
    for (const [name, value] of Object.entries(own)) xhr.setRequestHeader(name, value);
    xhr.upload.addEventListener("progress", (event) => event.lengthComputable && onProgress(event.loaded / event.total));
    xhr.addEventListener("load", () => resolve(xhr));
    xhr.addEventListener("error", () => reject(new Error(GONE)));
    xhr.send(body);
  });
}

function answer(xhr) {
  let told = {};
  try {
    told = JSON.parse(xhr.responseText);
  } catch {
    // An error page; its status is all there is to say.
  }
  if (xhr.status >= 200 && xhr.status < 300) return told;
  throw new Error(told.said || (xhr.status === 413 ? "This file is too large." : "That did not work. Reload the page and try this file again."));
}

function form(values) {
  const body = new FormData();
  for (const [name, value] of Object.entries(values)) body.append(name, value);
  return body;
}

async function send({ file, folder, row }) {
  const bar = row.querySelector("progress");
  const said = row.querySelector("[data-said]");
  const progress = (share) => {
    bar.value = share;
    said.textContent = share < 1 ? `${Math.round(share * 100)}%` : "Looking at it …";
    if (share === 1) bar.removeAttribute("value");
  };
  try {
    const values = { name: file.name, size: file.size, folder };
    const begun = answer(await request("POST", assets.dataset.beginUrl, form(values), () => {}, headers()));
    if (begun.put) {
      const sent = await request("PUT", begun.put, file.slice(0, file.size, ""), progress);
      progress(1);
      // Refused or not, we are told: whatever arrived is looked into or cleared away.
      const done = await request("POST", begun.done, form({}), () => {}, headers());
      if (sent.status >= 300) throw new Error("The storage did not take this file. Try it again.");
      answer(done);
    } else {
      answer(await request("POST", begun.send, form({ file, folder }), progress, headers()));
    }
    row.classList.add("done");
    bar.value = 1;
    said.textContent = "There";
    setTimeout(() => row.remove(), 4000);
    setTimeout(tidy, 4100);
  } catch (error) {
    row.classList.add("refused");
    bar.hidden = true;
    said.textContent = error.message;
    row.querySelector("[data-drop-upload]").hidden = false;
  }
}

function finished() {
  const refused = rows.querySelectorAll(".refused").length;
  const there = rows.querySelectorAll(".done").length;
  uploads.querySelector("[role=status]").textContent = `${there} uploaded${refused ? `, ${refused} refused` : ""}.`;
  refresh();
}

function tidy() {
  if (!rows.children.length) uploads.hidden = true;
}

// --- begin ------------------------------------------------------------------------------------------------------------

assets.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const file = event.target.closest(".asset");
  const folder = event.target.closest(".folders a");
  if (!file && !folder) return;
  event.preventDefault();
  if (file) open(file, { focus: event.detail === 0 });
  else show(folder.getAttribute("href"));
});

assets.addEventListener("input", ({ target }) => target.closest(".filters") && filter());
assets.addEventListener("submit", (event) => {
  if (!event.target.matches(".filters")) return;
  event.preventDefault();
  filter();
});
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-scene-form]")) return;
  event.preventDefault();
  try {
    await fragment(form.action, { values: new FormData(form) });
    form.closest("dialog")?.close();
    if (form.closest("dialog")) form.reset();
    refresh();
  } catch (error) {
    toast(error.message, "error");
  }
});
addEventListener("popstate", () => show(location.search || "?", { push: false }));
panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && shown) document.getElementById(`asset-${shown}`)?.focus();
});

picker?.addEventListener("change", () => {
  take([...picker.files]);
  picker.value = "";
});
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!assets.dataset.beginUrl || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dropping", name === "dragover");
    if (name === "drop") take([...event.dataTransfer.files]);
  });
}
document.addEventListener("dragleave", (event) => event.relatedTarget === null && document.body.classList.remove("dropping"));
rows.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-drop-upload]");
  if (!button) return;
  button.closest("li").remove();
  tidy();
});
addEventListener("beforeunload", (event) => (going || waiting.length) && event.preventDefault());

document.addEventListener("rushes:event", ({ detail }) => {
  if (detail.type === "thing_deleted" && detail.kind === "asset") gone(detail.id);
  if (/^scenes?_/.test(detail.type) || ["asset_added", "asset_renamed", "take_added", "thing_deleted", "thing_restored", "breakdown_applied"].includes(detail.type)) refresh();
});
document.addEventListener("rushes:resync", refresh);
document.addEventListener("rushes:undone", (event) => {
  event.preventDefault();
  refresh();
});

if (location.hash.startsWith("#asset-")) {
  const link = document.getElementById(location.hash.slice(1));
  if (link) open(link);
}
