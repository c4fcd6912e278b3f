// What every page shares: the theme switch, messages, dialogs, the sheet, and answers that are no fragments.

const TOAST_MS = 6000;
const root = document.documentElement;

/** Show a message over the page. Errors stay until they are closed. */
export function toast(text, kind = "success") {
  const template = document.querySelector("#toast-template");
  const shown = template.content.firstElementChild.cloneNode(true);
  shown.classList.add(kind);
  shown.querySelector("p").textContent = text;
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
  const at = event.target.closest("[data-choose-theme], [data-close-toast], [data-open-dialog], [data-close-dialog], [data-close-panel]");
  if (!at) return;
  if (at.dataset.chooseTheme) chooseTheme(at.dataset.chooseTheme);
  else if (at.matches("[data-close-toast]")) at.closest(".toast").remove();
  else if (at.dataset.openDialog) document.getElementById(at.dataset.openDialog).showModal();
  else if (at.matches("[data-close-dialog]")) at.closest("dialog").close();
  else at.closest(".panel").classList.remove("open");
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector(".panel.open")?.classList.remove("open");
});

// A request that failed leaves the page as it is and says why; the error pages carry their reason in one element.
document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  const status = ctx.response?.raw?.status ?? 0;
  if (status === 409 || status === 422) return; // these are fragments that show what was wrong in place
  const page = new DOMParser().parseFromString(ctx.text ?? "", "text/html");
  const reason = page.querySelector("[data-reason]")?.textContent.trim();
  toast(reason || "That did not work. Reload the page and try again.", "error");
});

document.addEventListener("htmx:error", () => {
  toast("The server cannot be reached. Nothing was changed; try again when you are online.", "error");
});

for (const shown of document.querySelectorAll(".toast")) fade(shown);
paintThemeSwitch();
