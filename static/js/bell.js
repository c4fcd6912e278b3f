// The bell: its number, and what has just come.

import { soon } from "./live.js";
import { state } from "./server.js";
import { toast } from "./shell.js";

const bell = document.querySelector("[data-bell]");

function paint(unread) {
  const badge = bell.querySelector(".badge");
  badge.textContent = unread > 99 ? "99+" : unread || "";
  bell.setAttribute("aria-label", unread ? `Notifications, ${unread} unread` : "Notifications");
}

const count = soon(async () => {
  try {
    paint((await state(bell.dataset.bell)).unread);
  } catch {
    // The next one, or the next page, brings it.
  }
}, 60, 400);

if (bell) {
  document.addEventListener("rushes:event", ({ detail }) => {
    if (detail.type === "notified") {
      // At once, and then what the server says.
      paint((Number.parseInt(bell.querySelector(".badge").textContent, 10) || 0) + 1);
      count();
      toast(detail.text, "told");
    } else if (detail.type === "notifications_read") {
      count();
    }
  });
  document.addEventListener("rushes:connected", ({ detail }) => detail.again && count());
}
