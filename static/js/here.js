// Who is here: says where this page is, and shows the others: in the top bar, in its list, and on the cards of shots.
// A page that nobody sees says nothing and is taken for left. And it shows when the connection is lost.
//   document "rushes:presence" detail: {people}   who is where: {id, name, initials, page, shot}

import { projectId, say } from "./live.js";

const BEAT_MS = 8000;
const LOOK_MS = 500;
const PATIENCE_MS = 1500;
const SHOWN = 4;
const PLACES = {
  overview: "Overview", script: "Script", "script-typing": "Script, typing", storyboard: "Storyboard", shots: "Shot", scenes: "Scene", elements: "Elements",
  assets: "Assets", rushes: "Rushes", film: "Film", try: "Trying a model", jobs: "Jobs", costs: "Costs", activity: "Activity",
};

const me = document.body.dataset.me ?? "";
const bar = document.querySelector("[data-people]");
let people = [];
let said = "";

function place() {
  const [, , , part = "", id = ""] = location.pathname.split("/");
  const busy = document.querySelector("[data-viewing-page]")?.dataset.viewingPage; // what is done there, said by the page
  const page = busy || (/^[a-z][a-z_-]{0,23}$/.test(part) ? part : "overview");
  const shown = document.querySelector("[data-viewing-shot]")?.dataset.viewingShot || document.querySelector(".shot-panel")?.dataset.shot;
  return { page, shot: shown || (part === "shots" ? id : "") };
}

function tellPlace(always = false) {
  if (document.hidden) return;
  const here = JSON.stringify({ type: "viewing", ...place() });
  if (!always && here === said) return;
  said = here;
  say(JSON.parse(here));
}

// --- showing ----------------------------------------------------------------------------------------------------------

function where({ page, shot }) {
  const label = shot && document.querySelector(`[data-shot="${shot}"][data-label]`)?.dataset.label;
  const words = PLACES[page] ?? "In the project";
  return label ? `${words}, shot ${label}` : words;
}

function paintBar() {
  if (!bar) return;
  const here = new Map(people.map((one) => [one.id, one]));
  const avatars = [...bar.querySelectorAll("[data-person]")];
  // Who is here stands first; the names decide between equals, as the server wrote them.
  const sorted = [...avatars].sort((a, b) => here.has(b.dataset.person) - here.has(a.dataset.person) || a.dataset.at - b.dataset.at);
  const room = sorted.length > SHOWN + 1 ? SHOWN : sorted.length;
  sorted.forEach((avatar, at) => {
    avatar.hidden = at >= room;
    avatar.classList.toggle("here", here.has(avatar.dataset.person));
    if (bar.children[at] !== avatar) bar.insertBefore(avatar, bar.children[at]);
  });
  const more = bar.querySelector("[data-people-more]");
  more.hidden = sorted.length <= room;
  more.textContent = `+${sorted.length - room}`;
  bar.setAttribute("aria-label", `People: ${people.length} of ${Math.max(avatars.length, people.length)} here`);
  for (const row of document.querySelectorAll("[data-person-row]")) {
    const one = here.get(row.dataset.personRow);
    row.classList.toggle("here", Boolean(one));
    row.querySelector("[data-place]").textContent = one ? (one.id === me ? "You are here" : where(one)) : "Not here";
  }
  const count = document.querySelector("[data-people-count]");
  if (count) count.textContent = people.length > 1 ? `${people.length} people here` : "";
}

function avatar(one) {
  const shown = bar?.querySelector(`[data-person="${one.id}"]`)?.cloneNode(true) ?? document.createElement("span");
  shown.hidden = false;
  shown.className = `${shown.className || "avatar"} here`;
  shown.textContent = one.initials;
  shown.title = one.name;
  return shown;
}

function fill(target, those) {
  const key = those.map(({ id }) => id).join();
  if (target.dataset.who === key) return;
  target.dataset.who = key;
  target.replaceChildren(...those.slice(0, 3).map(avatar));
  target.title = `${those.map(({ name }) => name).join(", ")} ${those.length > 1 ? "are" : "is"} here`;
}

/** Mark the cards of shots that colleagues look at, and places that ask for who is on a page (data-here-page). */
function paintPlaces() {
  const others = people.filter(({ id }) => id !== me);
  const wanted = new Map();
  for (const one of others) if (one.shot) wanted.set(one.shot, [...(wanted.get(one.shot) ?? []), one]);
  for (const mark of document.querySelectorAll(".here-on")) {
    if (!wanted.has(mark.closest("[data-shot]")?.dataset.shot)) mark.remove();
  }
  for (const [shot, those] of wanted) {
    for (const card of document.querySelectorAll(`.shot[data-shot="${shot}"]`)) {
      let mark = card.querySelector(".here-on");
      if (!mark) {
        mark = Object.assign(document.createElement("span"), { className: "here-on" });
        (card.querySelector(".still") ?? card).append(mark);
      }
      fill(mark, those);
    }
  }
  for (const target of document.querySelectorAll("[data-here-page]")) {
    const those = others.filter(({ page }) => page === target.dataset.herePage);
    target.hidden = !those.length;
    fill(target, those);
  }
}

document.addEventListener("rushes:event", ({ detail }) => {
  if (detail.type !== "presence") return;
  people = detail.people;
  paintBar();
  paintPlaces();
  document.dispatchEvent(new CustomEvent("rushes:presence", { detail: { people } }));
});

// --- the connection ---------------------------------------------------------------------------------------------------

const lost = document.querySelector("#connection");
let losing = 0;

document.addEventListener("rushes:connected", ({ detail }) => {
  clearTimeout(losing);
  if (detail.connected) {
    if (lost && !lost.hidden) {
      lost.hidden = true;
      lost.querySelector("[role=status]").textContent = "";
    }
    if (projectId) tellPlace(true);
    return;
  }
  losing = setTimeout(() => {
    if (!lost) return;
    lost.hidden = false;
    lost.querySelector("[role=status]").textContent = "Reconnecting …";
    people = [];
    paintBar();
    paintPlaces();
  }, PATIENCE_MS);
});

// Nothing more comes: that is said elsewhere.
document.addEventListener("rushes:closed", () => {
  clearTimeout(losing);
  if (lost) lost.hidden = true;
});

if (projectId) {
  setInterval(() => tellPlace(true), BEAT_MS);
  setInterval(() => {
    tellPlace();
    if (people.some(({ shot }) => shot)) paintPlaces();
  }, LOOK_MS);
  document.addEventListener("visibilitychange", () => tellPlace(true));
}
