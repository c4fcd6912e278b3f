// Two to four takes by one clock, side by side or two of them over each other with a wipe.

import { Screen } from "./screen.js";

const room = document.querySelector("#compare");
const choice = document.querySelector("#compare-takes");
const MOST = 4;

function begin() {
  const screen = new Screen(room.querySelector("[data-screen]"));
  const media = [...room.querySelectorAll(".compare-media")].map(({ dataset }) => {
    const { kind, src, poster, width, height, ms, fps, label } = dataset;
    return { kind, src, poster, width: Number(width), height: Number(height), durationMs: Number(ms), fps: Number(fps), label };
  });
  screen.load(media);
  for (const [index, reel] of screen.reels.entries()) {
    const tag = document.createElement("span");
    tag.className = "on-picture compare-tag";
    tag.textContent = media[index].label;
    reel.frame.append(tag);
  }
  const wipe = document.querySelector("#wipe");
  document.querySelector("#layouts")?.addEventListener("click", (event) => {
    const button = event.target.closest("[data-layout-of]");
    if (!button) return;
    const over = button.dataset.layoutOf === "wipe";
    screen.stage.dataset.layout = over ? "wipe" : "side";
    wipe.hidden = !over;
    for (const one of document.querySelectorAll("[data-layout-of]")) one.setAttribute("aria-pressed", String(one === button));
  });
  wipe?.querySelector("input").addEventListener("input", (event) => screen.stage.style.setProperty("--wipe", `${event.target.value}%`));
}

// More than four cannot be seen at once: the others cannot be ticked then.
function limit() {
  const boxes = [...choice.querySelectorAll("input[type=checkbox]")];
  const full = boxes.filter((box) => box.checked).length >= MOST;
  for (const box of boxes) box.disabled = full && !box.checked;
}

if (room) begin();
if (choice) {
  choice.addEventListener("change", limit);
  limit();
}
