// Which shots the storyboard shows: by scene, person, status, day and words. Kept in the address, so that it can be
// sent to somebody and survives a reload.

import { soon } from "./live.js";

const PICTURE = { "no-picture": "todo", still: "still", clip: "clip" };
const DAY = 86_400_000;

export class Filters {
  constructor(form, board, changed) {
    this.form = form;
    this.board = board;
    this.changed = changed;
    this.me = document.querySelector("#planning")?.dataset.me ?? "";
    this.texts = new WeakMap();
    const wanted = new URL(location.href).searchParams;
    for (const field of form.elements) if (field.name && wanted.has(field.name)) field.value = wanted.get(field.name);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => this.apply());
    form.addEventListener("input", soon(() => this.apply(), 120, 400));
    form.querySelector("#filter-clear").addEventListener("click", () => this.clear());
  }

  /** The filters that are set. */
  get values() {
    return Object.fromEntries([...new FormData(this.form)].filter(([, value]) => value));
  }

  clear() {
    for (const field of this.form.elements) if (field.name) field.value = "";
    this.apply();
  }

  /** Show what fits, count it, and keep the choice in the address. */
  apply() {
    const values = this.values;
    const any = Object.keys(values).length > 0;
    let shown = 0;
    let all = 0;
    for (const row of this.board.querySelectorAll(".row-of-shots")) {
      let left = 0;
      for (const card of row.querySelectorAll(".shot")) {
        card.hidden = any && !this.fits(card, row, values);
        left += !card.hidden;
        all += 1;
      }
      shown += left;
      // A column stays, to be dropped into; a scene without a shot that fits goes.
      if (row.matches(".scene")) row.hidden = any && !left;
      const count = row.querySelector("[data-count]");
      if (count) count.textContent = String(left);
    }
    this.board.classList.remove("filtering");
    document.querySelector("#board-nothing").hidden = !any || shown > 0;
    this.form.querySelector("#filter-clear").hidden = !any;
    this.form.querySelector("#filter-count").textContent = any ? `${shown} of ${all}` : "";
    this.#keep(values);
    this.changed();
  }

  fits(card, row, { scene, person, status = "", due, q }) {
    const { work, status: picture, live, person: owner, due: day } = card.dataset;
    if (scene && card.dataset.number !== scene) return false;
    if (person && owner !== (person === "me" ? this.me : person === "nobody" ? "" : person)) return false;
    if (status === "omitted" ? picture !== "omitted" : status && picture === "omitted") return false;
    if (status in PICTURE ? picture !== PICTURE[status] : false) return false;
    if (status === "stale" && !card.classList.contains("is-stale")) return false;
    if ((status === "running" || status === "failed") && live !== status) return false;
    if (["todo", "in_progress", "review", "changes", "approved"].includes(status) && work !== status) return false;
    if (due && !this.#isDue(due, day, work)) return false;
    return !q || q.toLowerCase().split(/\s+/).every((word) => this.#text(card, row).includes(word));
  }

  #isDue(wanted, day, work) {
    if (wanted === "none") return !day;
    if (!day || work === "approved") return false;
    const left = (Date.parse(day) - Date.parse(this.board.dataset.today)) / DAY;
    return wanted === "late" ? left < 0 : left <= 7;
  }

  #text(card, row) {
    if (!this.texts.has(card)) {
      const heading = row.querySelector(".heading")?.textContent ?? "";
      const said = `${card.dataset.label} ${card.dataset.words} ${card.getAttribute("aria-label")} ${heading}`;
      this.texts.set(card, said.toLowerCase());
    }
    return this.texts.get(card);
  }

  #keep(values) {
    const url = new URL(location.href);
    for (const name of ["scene", "person", "status", "due", "q"]) {
      if (values[name]) url.searchParams.set(name, values[name]);
      else url.searchParams.delete(name);
    }
    if (url.href !== location.href) history.replaceState(history.state, "", url);
    for (const link of document.querySelectorAll("[data-view][href]")) {
      const other = new URL(url);
      if (link.dataset.view) other.searchParams.set("view", link.dataset.view);
      else other.searchParams.delete("view");
      link.href = other.pathname + other.search;
    }
  }
}
