// The takes of a shot in its panel: stars, the trash, and files that people bring, by button or dropped on panel or card.

import * as panel from "./panel.js";
import { element, fragment } from "./server.js";
import { toast } from "./shell.js";

const aside = document.querySelector("#panel");

async function star(button) {
  const starred = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(starred));
  try {
    await fragment(button.dataset.star, { values: starred ? { starred: "1" } : {} });
  } catch (error) {
    button.setAttribute("aria-pressed", String(!starred));
    toast(error.message, "error");
  }
}

async function remove(button) {
  button.disabled = true;
  const row = button.closest(".take-row");
  const following = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("[data-delete-take]");
  try {
    await fragment(button.dataset.deleteTake, { values: {} });
    row.remove();
    (following ?? aside.querySelector("#upload-file"))?.focus();
    panel.refresh();
  } catch (error) {
    button.disabled = false;
    toast(error.message, "error");
  }
}

/** Send a file; resolves with the server's fragment. Fetch cannot tell how far an upload is. */
function send(url, file, progress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers:inherited")) };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => progress(lengthComputable ? loaded / total : null));
    request.addEventListener("load", () => {
      if (request.status === 200 || request.status === 422) done(element(request.responseText));
      else failed(new Error(request.status === 413 ? "This file is too large. Upload a smaller copy." : "The file could not be taken. Reload the page and try again."));
    });
    request.addEventListener("error", () => failed(new Error("The server cannot be reached. The file was not sent; try again when you are online.")));
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

async function bringToPanel(file) {
  const form = aside.querySelector("#upload");
  if (!form || form.classList.contains("htmx-request")) return;
  const bar = form.querySelector("progress");
  const busy = form.querySelector(".busy");
  form.classList.add("htmx-request");
  bar.hidden = false;
  const words = (share) => {
    if (share === null || share >= 1) bar.removeAttribute("value");
    else bar.value = share;
    busy.textContent = share !== null && share < 1 ? `Uploading ${Math.round(share * 100)}%` : "Looking at it …";
  };
  words(0);
  try {
    const answer = await send(form.action, file, words);
    form.replaceWith(answer);
    answer.querySelector("#upload-file").focus();
    if (!answer.querySelector("[role=alert]")) panel.refresh();
  } catch (error) {
    form.classList.remove("htmx-request");
    bar.hidden = true;
    toast(error.message, "error");
  }
}

async function bringToCard(card, file) {
  const bar = card.querySelector("progress.on-edge");
  const show = (share) => {
    if (!bar) return;
    bar.hidden = false;
    if (share === null || share >= 1) bar.removeAttribute("value");
    else bar.value = share;
  };
  show(0);
  try {
    const answer = await send(`${card.dataset.url}upload/`, file, show);
    const refused = answer.querySelector("[role=alert]")?.textContent.trim();
    if (refused) toast(`${card.dataset.label}: ${refused}`, "error");
    else toast(`Shot ${card.dataset.label} has a new take.`);
  } catch (error) {
    toast(error.message, "error");
  } finally {
    if (bar) bar.hidden = true;
  }
}

// --- dropping ---------------------------------------------------------------------------------------------------------

const mayBring = () => Boolean(document.querySelector("#board[data-order-allowed='1'], #upload"));
const targetOf = (event) => {
  if (!event.dataTransfer?.types.includes("Files") || !mayBring()) return null;
  return event.target.closest?.("#board .shot[data-shot], #panel:has(#upload)");
};

function unmark() {
  for (const one of document.querySelectorAll(".dropping")) one.classList.remove("dropping");
}

document.addEventListener("dragover", (event) => {
  const target = targetOf(event);
  if (!target) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  if (!target.classList.contains("dropping")) {
    unmark();
    target.classList.add("dropping");
  }
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget || !event.relatedTarget.closest?.(".dropping")) unmark();
});
document.addEventListener("drop", (event) => {
  const target = targetOf(event);
  unmark();
  const file = event.dataTransfer?.files[0];
  if (!target || !file) return;
  event.preventDefault();
  if (target === aside) bringToPanel(file);
  else bringToCard(target, file);
});

// --- begin ------------------------------------------------------------------------------------------------------------

aside?.addEventListener("click", (event) => {
  const at = event.target.closest("[data-star], [data-delete-take]");
  if (at?.dataset.star) star(at);
  else if (at) remove(at);
});
aside?.addEventListener("change", (event) => {
  if (event.target.matches("#upload-file") && event.target.files.length) bringToPanel(event.target.files[0]);
});
aside?.addEventListener("submit", (event) => {
  if (!event.target.matches("#upload")) return;
  event.preventDefault();
  const [file] = event.target.elements.file.files;
  if (file) bringToPanel(file);
});
document.addEventListener("rushes:event", ({ detail }) => {
  const ours = detail.shotId && detail.shotId === panel.shownShot();
  if (ours && /^(take_(approved|sent_back|starred|unstarred)|verdict_withdrawn)$/.test(detail.type)) panel.refresh();
  if (/^thing_(deleted|restored)$/.test(detail.type) && detail.kind === "take") panel.refresh();
});
