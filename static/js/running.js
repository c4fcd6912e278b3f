// What is being made of which shot, and painting it on the pictures: progress, waiting, failed, changed since.

import { soon } from "./live.js";
import { state } from "./server.js";

const NAMES = { image: "Still", video: "Clip", audio: "Voice", film: "Film" };
const FIRST = { running: 0, queued: 1, unknown: 2, waiting_approval: 3, failed: 4 };

export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export class Running extends EventTarget {
  constructor(url) {
    super();
    this.url = url;
    this.jobs = new Map();
    this.stale = {};
    this.why = {};
    this.reload = soon(() => this.load().catch(() => {}), 400, 3000);
    document.addEventListener("rushes:job", (event) => this.#job(event.detail));
    document.addEventListener("rushes:event", (event) => this.#event(event.detail));
  }

  /** Fetch the state; return the event number up to which it is true. */
  async load() {
    const seen = await state(this.url);
    this.jobs = new Map(seen.jobs.map((job) => [job.jobId, { ...job, startedAt: Date.parse(job.startedAt) || null }]));
    this.stale = seen.stale;
    this.why = seen.why ?? {};
    this.#tell(null);
    return seen.number;
  }

  #event(message) {
    if (message.type === "jobs_queued") {
      for (const { jobId, shotId, media } of message.jobs) {
        this.jobs.set(jobId, { jobId, shotId, media, status: "queued", progress: null });
        this.#forgetFailed(shotId, media);
        this.#tell(shotId);
      }
    } else if (message.type === "take_added") {
      // The new take is of the shot as it is now; a new still, though, may leave its clip behind.
      this.stale[message.shotId] = (this.stale[message.shotId] ?? []).filter((kind) => kind !== message.kind);
      this.#tell(message.shotId);
      if (message.kind === "still") this.reload();
    } else if (["take_selected", "shot_edited", "breakdown_applied", "shots_restored", "shot_split", "shots_joined", "shot_inserted", "scene_edited", "scene_restored", "project_changed", "element_changed", "element_merged", "thing_deleted", "thing_restored"].includes(message.type)) {
      this.reload();
    }
  }

  #job({ jobId, shotId, media, what, status, progress, error }) {
    if (what === "completed" || status === "cancelled") {
      this.jobs.delete(jobId);
    } else {
      const job = this.jobs.get(jobId) ?? { jobId, shotId, media, progress: null };
      // A late word of progress must not wake a job that has ended.
      if (what === "progress" && job.status === "failed") return;
      Object.assign(job, { status: what === "progress" ? "running" : status, error });
      if (progress !== undefined) job.progress = progress;
      if (job.status === "running") job.startedAt ??= Date.now();
      this.jobs.set(jobId, job);
    }
    this.#tell(shotId);
  }

  #forgetFailed(shotId, media) {
    for (const [jobId, job] of this.jobs) {
      if (job.status === "failed" && job.shotId === shotId && job.media === media) this.jobs.delete(jobId);
    }
  }

  #tell(shotId) {
    this.dispatchEvent(new CustomEvent("changed", { detail: shotId }));
  }

  /** The job that a shot's card speaks of: what runs, else what waits, else what failed. */
  of(shotId) {
    let first = null;
    for (const job of this.jobs.values()) {
      if (job.shotId === shotId && (!first || FIRST[job.status] < FIRST[first.status])) first = job;
    }
    return first;
  }

  paint(card) {
    const job = this.of(card.dataset.shot);
    const [going, bar] = [".going", "progress"].map((part) => card.querySelector(part));
    const failed = job?.status === "failed";
    const stale = card.dataset.status !== "omitted" && (this.stale[card.dataset.shot] ?? []).length > 0;
    card.dataset.live = job ? (failed ? "failed" : "running") : "";
    card.classList.toggle("is-stale", stale);
    const badge = card.querySelector(".stale");
    badge.hidden = !stale;
    badge.title = stale ? (this.why[card.dataset.shot] ?? "") : "";
    badge.textContent = stale ? (this.why[card.dataset.shot] ?? "").replace(/ ha(s|ve) changed since$/, "") + " changed" : "changed";
    going.hidden = !job;
    going.classList.toggle("warn", failed || job?.status === "unknown");
    bar.hidden = !job || job.status !== "running";
    if (!job) {
      card.removeAttribute("title");
      return;
    }
    if (job.progress === null || job.progress === undefined) bar.removeAttribute("value");
    else bar.value = job.progress;
    going.textContent = words(job);
    if (failed && job.error) card.title = job.error;
    else card.removeAttribute("title");
  }
}

function words(job) {
  const name = NAMES[job.media];
  if (job.status === "unknown" || job.status === "failed") return `${name} · ${job.status}`;
  if (job.status !== "running") return `${name} · waiting`;
  if (!job.progress) return name;
  const spent = (Date.now() - job.startedAt) / 1000;
  const left = job.progress > 0.05 && job.startedAt ? ` · ${clock((spent * (1 - job.progress)) / job.progress)} left` : "";
  return `${name} · ${Math.round(job.progress * 100)}%${left}`;
}
