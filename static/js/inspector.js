// The panel beside the player: exact figures of what is chosen on the timeline. Each field is sent when it is left.

const NUMBERS = new Set(["durationMs", "trimMs", "transitionMs", "startMs", "inMs", "lengthMs", "fadeInMs", "fadeOutMs", "fadeOutFilmMs"]);

export class Inspector {
  /** `on`: change(change) which throws what was refused, anchored(kind, thing, ms), remove, move, close. */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    this.kind = "";
    this.id = "";
    // Fields whose answer is awaited: what others do meanwhile does not write over them.
    this.sent = new Set();
    root.addEventListener("change", (event) => this.#changed(event.target));
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      if (document.activeElement?.name) this.#changed(document.activeElement);
    });
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) this.on.act(button.dataset.act, this.kind, this.id);
    });
  }

  show(kind, id, cut) {
    const thing = this.#thing(kind, id, cut);
    if (!thing) {
      this.kind = this.id = "";
      this.root.hidden = true;
      this.root.replaceChildren();
      return;
    }
    if (kind !== this.kind || id !== this.id) {
      this.root.replaceChildren(document.querySelector(`#inspect-${kind}`).content.cloneNode(true));
      this.kind = kind;
      this.id = id;
    }
    this.thing = thing;
    this.cut = cut;
    this.root.hidden = false;
    this.#fill(thing, cut);
  }

  #thing(kind, id, cut) {
    if (kind === "shot") return cut.shots.find(({ shotId }) => shotId === id);
    if (kind === "title") return cut.titles.find(({ titleId }) => titleId === id);
    if (kind === "sound") return cut.sounds.find(({ soundId }) => soundId === id);
    return null;
  }

  #fill(thing, cut) {
    const values = { ...thing, durationMs: thing.lengthMs ?? thing.durationMs };
    for (const field of this.root.querySelectorAll("[name]")) {
      // Nobody's typing is overwritten, and what was refused stays to be put right.
      if (field === document.activeElement && field.type !== "checkbox" && field.tagName !== "SELECT") continue;
      if (field.getAttribute("aria-invalid") === "true" || this.sent.has(field)) continue;
      const value = values[field.name];
      if (field.type === "checkbox") field.checked = Boolean(value);
      else if (NUMBERS.has(field.name)) field.value = String(Math.round((value ?? 0) / 10) / 100);
      else field.value = value ?? "";
    }
    const say = (name, text) => {
      for (const place of this.root.querySelectorAll(`[data-say="${name}"]`)) place.textContent = text;
    };
    say("name", thing.label ? `Shot ${thing.label}` : (thing.name ?? thing.text));
    say("text", thing.text ?? "");
    say("clip", thing.clipMs ? `The clip is ${thing.clipMs / 1000} s long.` : "There is no clip yet: its still, or a slate, stands in.");
    say("recording", thing.recordingMs ? `The recording is ${Math.round(thing.recordingMs / 100) / 10} s long.` : "");
    const card = thing.place === "opening" || thing.place === "closing";
    for (const place of this.root.querySelectorAll("[data-when]")) {
      const shown = { moves: !card, clip: Boolean(thing.clipMs), lasting: thing.transition !== "cut" }[place.dataset.when];
      place.hidden = !shown;
    }
    const link = this.root.querySelector("[data-shot-link]");
    if (link) link.href = link.dataset.shotLink.replace("00000000-0000-0000-0000-000000000000", this.id);
    const shot = cut.shots.find(({ shotId }) => shotId === thing.shotId);
    say("follows", this.kind === "shot" || card ? "" : shot ? `It moves with shot ${shot.label}.` : "It stays at its time when shots move.");
  }

  async #changed(field) {
    if (!field.name || !this.root.contains(field)) return;
    const { kind, id, thing } = this;
    let value = field.type === "checkbox" ? field.checked : field.value;
    if (NUMBERS.has(field.name) || field.name === "gainDb") {
      value = Number(String(value).replace(",", "."));
      if (!Number.isFinite(value) || String(field.value).trim() === "") {
        this.#refuse(field, "Write a number, for example 4.5.");
        return;
      }
      if (field.name !== "gainDb") value = Math.round(value * 1000);
    }
    let fields = { [field.name]: value };
    if (field.name === "startMs") fields = this.on.anchored(kind, thing, value);
    try {
      this.#accept(field);
      this.sent.add(field);
      await this.on.change({ [`${kind}s`]: { [id]: fields } });
    } catch (error) {
      if (this.id === id) this.#refuse(field, error.message);
    } finally {
      this.sent.delete(field);
    }
    if (this.id === id) this.#fill(this.thing, this.cut);
  }

  #accept(field) {
    field.removeAttribute("aria-invalid");
    this.#error(field)?.remove();
  }

  #refuse(field, text) {
    this.#error(field)?.remove();
    field.setAttribute("aria-invalid", "true");
    const said = Object.assign(document.createElement("p"), { className: "error", id: `error-${field.name}`, textContent: text });
    said.setAttribute("role", "alert");
    field.setAttribute("aria-errormessage", said.id);
    field.closest(".field").append(said);
  }

  #error(field) {
    return field.closest(".field")?.querySelector(".error");
  }
}
