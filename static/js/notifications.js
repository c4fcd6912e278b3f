// The page of notifications: brought up to date when something comes, marked without leaving it. And the choice of
// mails: the hour matters only for once a day, and the browser knows where one is.

import { soon } from "./live.js";
import { fragment } from "./server.js";
import { toast } from "./shell.js";

const list = document.querySelector("#notifications");

const refresh = soon(async () => {
  const page = new DOMParser().parseFromString(await fragment(location.href), "text/html");
  const fresh = page.querySelector("#notifications");
  if (!fresh) return;
  const at = list.contains(document.activeElement) ? document.activeElement.closest("[data-notification]") : null;
  list.replaceChildren(...fresh.childNodes);
  if (at) (list.querySelector(`[data-notification="${at.dataset.notification}"] a`) ?? list.querySelector("a"))?.focus();
}, 100);

list?.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-mark-read]");
  if (!form) return;
  event.preventDefault();
  try {
    await fragment(form.action, { values: Object.fromEntries(new FormData(form)) });
    refresh();
  } catch (error) {
    toast(error.message, "error");
  }
});

if (list) {
  document.addEventListener("rushes:event", ({ detail }) => {
    if (detail.type === "notified" || detail.type === "notifications_read") refresh();
  });
  document.addEventListener("rushes:connected", ({ detail }) => detail.again && refresh());
}

const daily = document.querySelector("[data-daily]");
if (daily) {
  const paint = () => {
    daily.hidden = document.querySelector("[name=pace]:checked")?.value !== "daily";
  };
  document.addEventListener("change", paint);
  paint();
  const zone = daily.querySelector("select[name=zone]");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone.value === "" && [...zone.options].some(({ value }) => value === here)) zone.value = here;
}
