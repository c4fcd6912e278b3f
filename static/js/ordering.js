// Putting things in order, by drag and by keyboard: shots in their scene, scenes in the film, shots from column to
// column of the board. What is moved is moved at once; if the server refuses, the page is read again.

import { placeScene, setStatus } from "./planning.js";
import { fragment } from "./server.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Order {
  constructor(board, { failed, say }) {
    this.board = board;
    this.failed = failed;
    this.say = say;
    this.dragging = false;
    this.scenes = document.querySelector("#planning").dataset.scenesAddress;
    board.addEventListener("keydown", (event) => this.#sceneKeys(event));
  }

  /** Make what the page holds now draggable. */
  listen() {
    if (!window.Sortable) return;
    if (this.board.dataset.view === "board") {
      for (const list of this.board.querySelectorAll(".column .cards")) {
        this.#sortable(list, { group: "status", sort: false, handle: ".shot", delay: 200, delayOnTouchOnly: true }, (event) => this.#dropped(event));
      }
      return;
    }
    for (const list of this.board.querySelectorAll(".scene .cards")) {
      this.#sortable(list, { handle: ".grip" }, ({ oldIndex, newIndex }) => oldIndex !== newIndex && this.#save(list));
    }
    this.#sortable(this.board, { handle: ".scene-grip", draggable: ".scene" }, ({ oldIndex, newIndex }) => oldIndex !== newIndex && this.#saveScenes());
  }

  #sortable(list, options, end) {
    if (window.Sortable.get(list)) return;
    window.Sortable.create(list, {
      draggable: ".shot",
      ghostClass: "lifted",
      animation: still.matches ? 0 : 140,
      onStart: () => (this.dragging = true),
      ...options,
      onEnd: (event) => {
        this.dragging = false;
        end(event);
      },
    });
  }

  /** Alt and an arrow on a card. */
  byKey(card, key) {
    const back = key === "ArrowLeft" || key === "ArrowUp";
    if (this.board.dataset.view === "board") {
      if (key === "ArrowLeft" || key === "ArrowRight") this.#toColumn(card, back ? -1 : 1);
      return;
    }
    const list = card.parentElement;
    const other = back ? card.previousElementSibling : card.nextElementSibling;
    if (!other) {
      this.say(`Shot ${card.dataset.label} is the ${back ? "first" : "last"} of its scene.`);
      return;
    }
    if (back) other.before(card);
    else other.after(card);
    card.focus();
    const place = [...list.children].indexOf(card) + 1;
    this.say(`Shot ${card.dataset.label}: place ${place} of ${list.children.length}.`);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#save(list), 350);
  }

  async #save(list) {
    const order = [...list.querySelectorAll(".shot")].map((card) => card.dataset.shot).join(",");
    await this.#post(`${this.scenes}${list.closest("[data-scene]").dataset.scene}/order/`, { order });
  }

  async #saveScenes() {
    const order = [...this.board.querySelectorAll(".scene")].map((scene) => scene.dataset.scene).join(",");
    await this.#post(`${this.scenes}order/`, { order });
  }

  async #post(url, values) {
    try {
      await fragment(url, { values });
    } catch (error) {
      this.failed(error.message);
    }
  }

  async #dropped({ item, from, to }) {
    if (from === to) return;
    if (!(await setStatus([item.dataset.shot], to.closest(".column").dataset.column))) this.failed("The shot stays where it was.");
  }

  async #toColumn(card, by) {
    const columns = [...this.board.querySelectorAll(".column")];
    const column = columns[columns.indexOf(card.closest(".column")) + by];
    if (!column) return;
    column.querySelector(".cards").prepend(card);
    card.focus();
    this.say(`Shot ${card.dataset.label}: ${column.querySelector(".pill").textContent}.`);
    if (!(await setStatus([card.dataset.shot], column.dataset.column))) this.failed("The shot stays where it was.");
  }

  #sceneKeys(event) {
    const heading = event.target.closest(".scene > header a");
    if (!heading || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const scene = heading.closest(".scene");
    const back = event.key === "ArrowUp";
    const other = back ? scene.previousElementSibling : scene.nextElementSibling;
    if (!other) return;
    if (back) other.before(scene);
    else other.after(scene);
    heading.focus();
    this.say(`Scene ${scene.dataset.number} was moved.`);
    placeScene(scene.dataset.scene, back ? "earlier" : "later").then((done) => done || this.failed("The scene stays where it was."));
  }
}
