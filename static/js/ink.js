// Drawing on a frame. Strokes are kept in shares of the frame, so that they fit at any size:
//   {tool: "pen" | "arrow" | "box", colour: "amber" | "red" | "blue", points: [[x, y], …]} with x and y between 0 and 1.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const MOST_STROKES = 40;
const MOST_POINTS = 3900;
const LEAST_STEP = 0.004;
const HEAD = 34;
const COLOURS = ["amber", "red", "blue"];

const round = (share) => Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 10_000;

export class Ink extends EventTarget {
  #svg;
  #height = WIDTH;
  #stroke = null;
  #shown = [];

  /** @param svg the layer that lies exactly over the picture. */
  constructor(svg) {
    super();
    this.#svg = svg;
    this.strokes = [];
    this.drawing = false;
    this.tool = "pen";
    this.colour = COLOURS[0];
    svg.addEventListener("pointerdown", (event) => this.#begin(event));
    svg.addEventListener("pointermove", (event) => this.#go(event));
    svg.addEventListener("pointerup", () => this.#end());
    svg.addEventListener("pointercancel", () => this.#drop());
  }

  /** Take the shape of the picture, so that heads of arrows are not squeezed. */
  shape(width, height) {
    this.#height = (WIDTH * height) / width;
    this.#svg.setAttribute("viewBox", `0 0 ${WIDTH} ${this.#height}`);
    this.#paint();
  }

  /** Show somebody's strokes; none to show nothing. */
  show(strokes = []) {
    this.#shown = strokes;
    this.#paint();
  }

  /** Draw, or stop drawing; what was drawn stays until it is cleared. */
  draw(on) {
    this.drawing = on;
    this.#svg.classList.toggle("drawing", on);
    if (!on) this.#drop();
  }

  undo() {
    this.strokes.pop();
    this.#changed();
  }

  clear() {
    this.strokes = [];
    this.#changed();
  }

  #place(event) {
    const box = this.#svg.getBoundingClientRect();
    return [round((event.clientX - box.left) / box.width), round((event.clientY - box.top) / box.height)];
  }

  #begin(event) {
    if (!this.drawing || event.button !== 0 || this.#stroke || this.strokes.length >= MOST_STROKES) return;
    event.preventDefault();
    this.#svg.setPointerCapture(event.pointerId);
    this.#stroke = { tool: this.tool, colour: this.colour, points: [this.#place(event)] };
  }

  #go(event) {
    if (!this.#stroke) return;
    const { tool, points } = this.#stroke;
    const room = MOST_POINTS - this.strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) {
      const [x, y] = this.#place(move);
      const [lastX, lastY] = points.at(-1);
      if (tool !== "pen") points.splice(1, 1, [x, y]);
      else if (points.length < room && Math.hypot(x - lastX, y - lastY) > LEAST_STEP) points.push([x, y]);
    }
    this.#paint();
  }

  #end() {
    const stroke = this.#stroke;
    this.#stroke = null;
    if (!stroke) return;
    const [[x1, y1], [x2, y2] = [x1, y1]] = stroke.points;
    if (stroke.tool === "pen" || Math.hypot(x2 - x1, y2 - y1) > LEAST_STEP) this.strokes.push(stroke);
    this.#changed();
  }

  #drop() {
    this.#stroke = null;
    this.#paint();
  }

  #changed() {
    this.#paint();
    this.dispatchEvent(new CustomEvent("changed", { detail: this.strokes }));
  }

  #paint() {
    const all = [...this.#shown, ...this.strokes, ...(this.#stroke ? [this.#stroke] : [])];
    this.#svg.replaceChildren(
      ...all.flatMap((stroke) => {
        const d = this.#path(stroke);
        // A dark edge below keeps a stroke visible on any picture.
        return ["ink-edge", `ink-${COLOURS.includes(stroke.colour) ? stroke.colour : COLOURS[0]}`].map((name) => {
          const path = document.createElementNS(SVG, "path");
          path.setAttribute("d", d);
          path.setAttribute("class", name);
          return path;
        });
      }),
    );
  }

  #path({ tool, points }) {
    const at = points.map(([x, y]) => [x * WIDTH, y * this.#height]);
    const [[x1, y1], [x2, y2] = [x1, y1]] = at;
    if (tool === "box") return `M${x1} ${y1}H${x2}V${y2}H${x1}Z`;
    if (tool === "arrow") {
      const angle = Math.atan2(y2 - y1, x2 - x1);
      const wing = (turn) => `${x2 - HEAD * Math.cos(angle + turn)} ${y2 - HEAD * Math.sin(angle + turn)}`;
      return `M${x1} ${y1}L${x2} ${y2}M${wing(0.5)}L${x2} ${y2}L${wing(-0.5)}`;
    }
    return `M${at.map((point) => point.join(" ")).join("L")}${at.length === 1 ? "h0.01" : ""}`;
  }
}
