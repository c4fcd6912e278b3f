// "Share for review" from any page: a link with data-share opens its form in a dialog. With data-share-shots it takes
// along the shots that are selected on the page, with data-share-takes the takes of the reel. Also: the page of links kept true.

import "./copying.js";
import { soon } from "./live.js";
import { fragment, put } from "./server.js";

// More than a link can show, so that the server says so; an address has no room for thousands.
const MOST = 200;

const dialog = document.createElement("dialog");
dialog.className = "share-dialog";
dialog.setAttribute("aria-labelledby", "share-title");
const heading = Object.assign(document.createElement("h2"), { id: "share-title", textContent: "Share for review" });
const body = document.createElement("div");
dialog.append(heading, body);
let opener = null;
let made = false;

function addressOf(link) {
  const address = new URL(link.href, location.href);
  if ("shareShots" in link.dataset) {
    const shots = [...document.querySelectorAll('[data-shot][aria-selected="true"]')].map((card) => card.dataset.shot);
    address.searchParams.set("shots", [...new Set(shots)].slice(0, MOST + 1).join(" "));
  } else if ("shareTakes" in link.dataset) {
    const takes = [...document.querySelectorAll("#reel [data-take]")].map((one) => one.dataset.take);
    address.searchParams.set("takes", takes.slice(0, MOST + 1).join(" "));
  }
  return address;
}

async function open(link) {
  opener = link;
  made = false;
  try {
    put(body, await fragment(addressOf(link)));
  } catch (error) {
    body.textContent = error.message;
  }
  if (!dialog.isConnected) document.body.append(dialog);
  dialog.showModal();
  body.querySelector("select, input:not([type=hidden])")?.focus();
}

async function submit(form) {
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { "HX-Request": "true" },
    body: new FormData(form),
    credentials: "same-origin",
  });
  // 422 brings the form again, with what is wrong and all that was typed.
  if (answer.ok || answer.status === 422) put(body, await answer.text());
  else body.prepend(Object.assign(document.createElement("p"), { className: "form-error", textContent: "That did not work. Try again." }));
  made = answer.ok;
  body.querySelector("[data-copy], [aria-invalid=true]")?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-share]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(link);
  }
});
dialog.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(event.target);
});
dialog.addEventListener("close", () => {
  opener?.focus();
  if (made && document.querySelector("#links, .empty [data-share]")) location.reload();
});

const changed = soon(() => document.body.dispatchEvent(new CustomEvent("links-changed")), 150);
document.addEventListener("rushes:event", ({ detail }) => {
  if (/^(guest_|review_link_)/.test(detail.type) || detail.guest) changed();
});
document.addEventListener("rushes:resync", changed);
