// What every page shares: the theme switch, messages, dialogs, the sheet, and answers that are no fragments.

import { fragment } from "./server.js";

const TOAST_MS = 6000;
const root = document.documentElement;

/** Show a message over the page. Errors stay until they are closed. `undo`: an address that takes the deed back. */
export function toast(text, kind = "success", undo = "") {
  const template = document.querySelector("#toast-template");
  const shown = template.content.firstElementChild.cloneNode(true);
  shown.classList.add(kind);
  shown.querySelector("p").textContent = text;
  const button = shown.querySelector("[data-undo]");
  if (undo) button.dataset.undo = undo;
  else button.remove();
  document.querySelector("#toasts").append(shown);
  fade(shown);
}

function fade(shown) {
  if (shown.matches(".error")) return;
  let timer = setTimeout(() => shown.remove(), TOAST_MS);
  const hold = () => clearTimeout(timer);
  const go = () => (timer = setTimeout(() => shown.remove(), TOAST_MS));
  shown.addEventListener("pointerenter", hold);
  shown.addEventListener("pointerleave", go);
  shown.addEventListener("focusin", hold);
  shown.addEventListener("focusout", go);
}

/** Take back what a message tells of; the page is read again, unless somebody who hears "rushes:undone" shows it. */
async function takeBack(button) {
  button.disabled = true;
  try {
    const { undo: url } = button.dataset;
    await fragment(url, { values: {} });
    const told = new CustomEvent("rushes:undone", { detail: { url }, cancelable: true });
    if (document.dispatchEvent(told)) location.reload();
    else button.closest(".toast").remove();
  } catch (error) {
    button.closest(".toast").remove();
    toast(error.message, "error");
  }
}

function paintThemeSwitch() {
  const chosen = root.dataset.theme ?? "system";
  for (const button of document.querySelectorAll("[data-choose-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.chooseTheme === chosen));
  }
}

function chooseTheme(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // It holds for this page, then.
  }
  paintThemeSwitch();
}

document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-choose-theme], [data-close-toast], [data-open-dialog], [data-close-dialog], [data-close-panel], [data-undo]");
  if (!at) return;
  if (at.dataset.chooseTheme) chooseTheme(at.dataset.chooseTheme);
  else if (at.matches("[data-close-toast]")) at.closest(".toast").remove();
  else if (at.dataset.undo) takeBack(at);
  else if (at.dataset.openDialog) document.getElementById(at.dataset.openDialog).showModal();
  else if (at.matches("[data-close-dialog]")) at.closest("dialog").close();
  else at.closest(".panel").classList.remove("open");
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "?" && !typing && !document.querySelector("dialog[open]")) document.querySelector("#shortcuts")?.showModal();
  if (event.key === "Escape") document.querySelector(".panel.open")?.classList.remove("open");
});

// A request that failed leaves the page as it is and says why; the error pages carry their reason in one element.
document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  const status = ctx.response?.raw?.status ?? 0;
  if (status === 409 || status === 422) return; // these are fragments that show what was wrong in place
  const page = new DOMParser().parseFromString(ctx.text ?? "", "text/html");
  const reason = page.querySelector("[data-reason]")?.textContent.trim();
  // A limit that was reached may say so in plain words.
  const words = status === 429 && ctx.text && !ctx.text.includes("<") ? ctx.text : "";
  toast(reason || words || "That did not work. Reload the page and try again.", "error");
});

document.addEventListener("htmx:error", () => {
  toast("The server cannot be reached. Nothing was changed; try again when you are online.", "error");
});

// The project's socket was closed for good (live.js): whatever is typed here stays, but nothing can be sent any more.
document.addEventListener("rushes:closed", ({ detail }) => {
  const reason =
    detail.why === "logged-out"
      ? "You are logged out. Log in again in another window, then go on here."
      : "This project is not open to you any more: you were removed from its team, or it was deleted.";
  toast(reason, "error");
});
document.addEventListener("rushes:role", ({ detail }) => {
  toast(`Your role in this team has changed: you are ${detail.role} now. Reload the page to see what you may do.`, "warning");
});

// What a fragment's answer says in its HX-Trigger header (projects/undoing.py).
document.addEventListener("rushes:said", ({ detail }) => toast(detail.text, "success", detail.undo));

for (const shown of document.querySelectorAll(".toast")) fade(shown);
paintThemeSwitch();
