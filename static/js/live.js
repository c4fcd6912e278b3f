// The project's one socket. Everything that happens arrives here once, and goes on as a DOM event:
//   document "rushes:event"     detail: the message, e.g. {seq, type: "take_added", shotId, …}
//   document "rushes:job"       detail: {jobId, media, what, …}; what: started, progress, completed, failed, unknown, …
//   document "rushes:resync"    too much was missed: fetch the state anew
//   document "rushes:connected" detail: {connected, again}; again: it was before, and something may have been missed
//   document "rushes:closed"    detail: {why}; why: logged-out, removed. Nothing more arrives
//   document "rushes:role"      detail: {role}; this person has become something else in the team
// On pages outside of projects the socket is the person's own: only what is for them arrives.
// After a break it asks for what came after the last number it saw; a number that it has seen already is dropped.

const JOB = /^(image|video|audio|text|film)_generation_(started|progress|completed|failed|unknown|resumed|rerouted)$/;
const PING_MS = 25_000;
const SILENCE_MS = 60_000;
const LONGEST_WAIT_MS = 20_000;

const room = document.querySelector("[data-project]");
export const projectId = room?.dataset.project ?? "";
const person = document.body.dataset.me ?? "";

let last = Number(room?.dataset.eventNumber ?? 0);
let socket = null;
let failures = 0;
let heard = 0;
let retry = 0;
let before = false;

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(`rushes:${name}`, { detail }));
}

function address() {
  const url = new URL(projectId ? `/ws/projects/${projectId}/` : "/ws/me/", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (projectId) url.searchParams.set("after", String(last));
  return url;
}

function connect() {
  clearTimeout(retry);
  socket = new WebSocket(address());
  socket.addEventListener("open", () => {
    failures = 0;
    heard = Date.now();
    tell("connected", { connected: true, again: before });
    before = true;
  });
  socket.addEventListener("message", (event) => {
    heard = Date.now();
    take(JSON.parse(event.data));
  });
  socket.addEventListener("close", (event) => {
    socket = null;
    tell("connected", { connected: false });
    if (event.code === 1008) return;
    if (event.code === 4404) {
      whyClosed();
      return;
    }
    const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(failures++, 6));
    retry = setTimeout(connect, wait * (0.5 + Math.random() / 2));
  });
}

/** The door has closed. Asked as a page it says why; a session that got another key, after a new password, goes on. */
async function whyClosed() {
  try {
    const answer = await fetch(projectId ? `/projects/${projectId}/` : "/", { method: "HEAD", redirect: "manual" });
    if (answer.ok) connect();
    else tell("closed", { why: answer.type === "opaqueredirect" ? "logged-out" : "removed" });
  } catch {
    retry = setTimeout(whyClosed, 2000);
  }
}

function take(message) {
  if (message.type === "pong" || message.type === "error") return;
  if (message.type === "role_changed") {
    tell("role", { role: message.role });
    return;
  }
  if (message.type === "resync") {
    tell("resync", {});
    changed("takes");
    changed("jobs");
    return;
  }
  if (message.seq !== undefined) {
    if (message.seq <= last) return;
    last = message.seq;
  }
  tell("event", message);
  const job = JOB.exec(message.type);
  if (job) tell("job", { ...message, media: job[1], what: job[2] });
  if (/^(take_|verdict_|thing_|shots?_)/.test(message.type)) changed("takes");
  if (message.type === "jobs_queued" || (job && job[2] !== "progress")) changed("jobs");
}

/** Let the menu count again, once for a burst. */
const counting = {};
function changed(what) {
  clearTimeout(counting[what]);
  counting[what] = setTimeout(() => document.body.dispatchEvent(new CustomEvent(`${what}-changed`)), 700);
}

function watch() {
  if (!socket || socket.readyState !== WebSocket.OPEN) return;
  // A connection that has died without a word shows only by its silence.
  if (Date.now() - heard > SILENCE_MS) socket.close();
  else socket.send(JSON.stringify({ type: "ping" }));
}

/** Say something to the server, if it can hear it now. */
export function say(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

/** After a resync the page was fetched anew: it is true up to this number. */
export function upTo(number) {
  last = Math.max(last, number);
}

/** Gather calls, and make one when it has been quiet for a moment (or has not been quiet for too long). */
export function soon(action, quiet = 150, longest = 1000) {
  let timer = 0;
  let since = 0;
  return () => {
    const now = Date.now();
    since ||= now;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        since = 0;
        action();
      },
      Math.max(0, Math.min(quiet, since + longest - now)),
    );
  };
}

if (projectId || person) {
  connect();
  setInterval(watch, PING_MS);
  addEventListener("online", () => !socket && connect());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !socket) connect();
  });
}
