// The rough cut's picture and sound at a moment of the film: clips, stills for shots that have none, slates for shots
// that have nothing, black where there is no shot, transitions between them, words over them, and each voice and sound
// at its time. The renderer's rules, in the renderer's figures.

import { between, Mixer } from "./mixing.js";

const PATIENCE_MS = 2500;
const AHEAD_MS = 4000;

/** One picture, of one shot at a time. */
class Layer {
  constructor(box) {
    this.box = box;
    this.key = "";
    this.video = null;
  }

  load(shot, muted) {
    const key = shot ? `${shot.shotId} ${shot.clip || shot.still}` : "";
    // The cut may have come anew with another beginning of the same clip.
    this.shot = shot;
    if (key === this.key) return;
    this.key = key;
    this.video = null;
    this.since = 0;
    const content = !shot ? "" : shot.clip ? this.#clip(shot, muted) : shot.still ? picture(shot) : slate(shot);
    this.box.replaceChildren(content);
  }

  #clip(shot, muted) {
    this.video = Object.assign(document.createElement("video"), {
      src: shot.clip,
      muted,
      playsInline: true,
      preload: "auto",
      poster: shot.still || "",
    });
    return this.video;
  }

  /** Stand still at a moment of the shot. */
  hold(ms) {
    const { video } = this;
    if (!video) return;
    if (!video.paused) video.pause();
    const at = this.#inClip(ms);
    if (Math.abs(video.currentTime - at) > 0.004) video.currentTime = at;
  }

  /** Let it run from a moment of the shot; return that moment by the clip's own clock, or null where it has none. */
  run(ms, now, refused) {
    const { video } = this;
    if (!video || video.error || video.ended) return null;
    if (video.paused) {
      if (Math.abs(video.currentTime - this.#inClip(ms)) > 0.05) video.currentTime = this.#inClip(ms);
      video.play().catch((error) => error.name === "NotAllowedError" && refused());
      this.since = now;
    }
    if (video.readyState < 3 || video.seeking) {
      // A clip that does not come must not stop the film.
      return now - (this.since ||= now) > PATIENCE_MS ? null : ms;
    }
    this.since = 0;
    return video.currentTime * 1000 - this.shot.sourceInMs;
  }

  get waiting() {
    return Boolean(this.video && this.since && this.video.readyState < 3);
  }

  #inClip(ms) {
    const last = Number.isFinite(this.video.duration) ? this.video.duration - 0.01 : Infinity;
    return Math.max(0, Math.min((ms + this.shot.sourceInMs) / 1000 + 0.001, last));
  }

  show(opacity, order) {
    this.box.style.opacity = String(opacity);
    this.box.style.zIndex = String(order);
  }
}

function picture(shot) {
  return Object.assign(document.createElement("img"), { src: shot.still, alt: "" });
}

function slate(shot) {
  const card = Object.assign(document.createElement("div"), { className: "slate" });
  const name = Object.assign(document.createElement("b"), { textContent: shot.label });
  card.append(name, Object.assign(document.createElement("span"), { textContent: shot.text }));
  return card;
}

/** Words over the picture: the renderer's own drawings. */
class Titles {
  constructor(box) {
    this.box = box;
    this.shown = new Map();
  }

  set(titles) {
    const kept = new Map();
    for (const title of titles) {
      const image = this.shown.get(title.src) ?? Object.assign(document.createElement("img"), { src: title.src, alt: "" });
      image.dataset.title = title.titleId;
      kept.set(title.src, image);
    }
    for (const [src, image] of this.shown) if (!kept.has(src)) image.remove();
    this.shown = kept;
    this.titles = titles;
  }

  show(at) {
    for (const title of this.titles) {
      const image = this.shown.get(title.src);
      const place = title.startMs === null ? -1 : at - title.startMs;
      const seen = place >= 0 && place < title.seenMs;
      if (!seen) {
        image.remove();
        continue;
      }
      const fade = Math.min(title.fadeMs, title.seenMs / 2) || 1;
      image.style.opacity = String(Math.max(0, Math.min(1, place / fade, (title.seenMs - place) / fade)));
      if (!image.isConnected) this.box.append(image);
    }
  }
}

export class Stage {
  constructor(boxes, refused, titles = null) {
    this.layers = boxes.map((box) => new Layer(box));
    this.mixer = new Mixer();
    this.titles = titles && new Titles(titles);
    this.refused = refused;
    this.muted = false;
    this.voices = [];
    this.set({ shots: [], voices: [] });
  }

  set(cut) {
    this.shots = cut.shots;
    this.duck = cut.duck ?? [];
    for (const voice of this.voices) voice.audio?.pause();
    this.voices = cut.voices.filter((voice) => !voice.muted).map((voice) => ({ ...voice, audio: null }));
    this.mixer.set(cut);
    this.titles?.set(cut.titles ?? []);
  }

  /** Return which shot is on at a moment of the film. */
  indexAt(at) {
    let low = 0;
    let high = this.shots.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.shots[middle].startMs <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Show a moment; return the moment by the running clip's own clock, or null where no clip runs. */
  show(at, playing, now) {
    this.titles?.show(at);
    const index = this.indexAt(at);
    const shot = this.shots[index];
    const next = this.shots[index + 1];
    if (at < shot.startMs || at >= shot.startMs + shot.durationMs) return this.#black(at, playing);
    const [into, out] = [shot.dissolveMs / 2, next ? next.dissolveMs / 2 : 0];
    const local = at - shot.startMs;
    const [current, other] = this.#take(shot);
    let byClip = null;
    if (playing) byClip = current.run(local, now, this.refused);
    else current.hold(local);
    if (current.video) {
      current.video.muted = this.muted || Boolean(shot.muted);
      current.video.volume = between(this.duck, at);
    }
    const [rise, fall] = [shot.fadeInMs ?? 0, shot.fadeOutMs ?? 0];
    const light = Math.min(1, rise ? local / rise : 1, fall ? (shot.durationMs - local) / fall : 1);
    if (index > 0 && local < into) {
      const before = this.shots[index - 1];
      other.load(before, true);
      other.hold(before.durationMs);
      other.show(1, 0);
      current.show(0.5 + local / into / 2, 1);
    } else {
      other.load(next ?? null, this.muted);
      other.hold(0);
      const share = next && out ? (at - (next.startMs - out)) / out / 2 : 0;
      other.show(Math.max(0, share), 1);
      current.show(Math.max(0, light), 0);
    }
    this.#speak(at, playing && !current.waiting);
    this.mixer.play(at, playing && !current.waiting);
    this.waiting = playing && current.waiting;
    return byClip === null ? null : shot.startMs + byClip;
  }

  /** Before the first shot and behind the last there are only words and sounds. */
  #black(at, playing) {
    for (const layer of this.layers) {
      layer.hold(0);
      layer.show(0, 0);
    }
    if (at < this.shots[0].startMs) this.#take(this.shots[0]);
    this.#speak(at, playing);
    this.mixer.play(at, playing);
    this.waiting = false;
    return null;
  }

  #take(shot) {
    const key = `${shot.shotId} ${shot.clip || shot.still}`;
    const [first, second] = this.layers;
    const pair = second.key === key ? [second, first] : [first, second];
    pair[0].load(shot, this.muted);
    return pair;
  }

  #speak(at, playing) {
    for (const voice of this.voices) {
      const on = playing && at >= voice.startMs && at < voice.endMs;
      const near = at > voice.startMs - AHEAD_MS && at < voice.endMs;
      if (near && !voice.audio) voice.audio = Object.assign(new Audio(voice.src), { preload: "auto" });
      if (!near && voice.audio) {
        voice.audio.pause();
        voice.audio = null;
      }
      if (!voice.audio) continue;
      voice.audio.muted = this.muted;
      const place = (at - voice.startMs) / 1000;
      if (on && voice.audio.paused && !voice.audio.ended) {
        voice.audio.currentTime = Math.max(0, place);
        voice.audio.play().catch(() => {});
      } else if (on && Math.abs(voice.audio.currentTime - place) > 0.25 && !voice.audio.ended) {
        voice.audio.currentTime = place;
      } else if (!on && !voice.audio.paused) {
        voice.audio.pause();
      }
    }
  }

  /** After a jump voices begin anew. */
  jumped() {
    for (const voice of this.voices) {
      voice.audio?.pause();
      voice.audio = null;
    }
    this.mixer.jumped();
  }

  mute(muted) {
    this.muted = muted;
    this.mixer.muted = muted;
    for (const layer of this.layers) if (layer.video) layer.video.muted = muted;
  }
}
