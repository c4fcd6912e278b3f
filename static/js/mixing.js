// The sounds laid under the film, as loud as the renderer mixes them: its gains, fades and ducking, read from the cut.

const AHEAD_MS = 4000;

/** A value between the points of a line, [[ms, value], …]; before the first and after the last it stays the same. */
export function between(points, at) {
  if (!points?.length) return 1;
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= at) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return points[0][1];
  if (low === points.length) return points.at(-1)[1];
  const [[before, from], [after, to]] = [points[low - 1], points[low]];
  return after === before ? to : from + ((to - from) * (at - before)) / (after - before);
}

/** How loud a sound is at a moment of the film; 1 is as it was recorded. */
export function level(sound, at, duck) {
  const place = at - sound.startMs;
  if (sound.startMs === null || place < 0 || place >= sound.heardMs) return 0;
  const rising = sound.fadeInMs ? place / sound.fadeInMs : 1;
  const falling = sound.fadeOutMs ? (sound.heardMs - place) / sound.fadeOutMs : 1;
  const faded = Math.max(0, Math.min(1, rising, falling));
  return faded * 10 ** (sound.gainDb / 20) * (sound.ducked ? between(duck, at) : 1);
}

export class Mixer {
  constructor() {
    this.sounds = [];
    this.duck = [];
    this.muted = false;
    this.context = null;
  }

  set(cut) {
    const before = new Map(this.sounds.map((sound) => [sound.soundId, sound]));
    this.duck = cut.duck ?? [];
    // Files of another origin may not be taken apart: their loudness is set on the player itself, which cannot amplify.
    this.sameOrigin = cut.sameOrigin ?? false;
    this.sounds = (cut.sounds ?? []).map((sound) => {
      const known = before.get(sound.soundId);
      before.delete(sound.soundId);
      return { ...sound, player: known?.src === sound.src ? known.player : null };
    });
    this.loudest = Math.max(1, ...this.sounds.map(({ gainDb }) => 10 ** (gainDb / 20)));
    for (const { player } of before.values()) player?.audio.pause();
  }

  play(at, playing) {
    for (const sound of this.sounds) {
      const heard = sound.startMs !== null && sound.heardMs > 0;
      const near = heard && at > sound.startMs - AHEAD_MS && at < sound.startMs + sound.heardMs;
      if (!near) {
        sound.player?.audio.pause();
        sound.player = null;
        continue;
      }
      sound.player ??= this.#player(sound);
      this.#run(sound, at, playing && at >= sound.startMs);
    }
  }

  #player(sound) {
    const audio = Object.assign(new Audio(sound.src), { preload: "auto" });
    if (!this.sameOrigin || !window.AudioContext) return { audio, gain: null };
    this.context ??= new AudioContext();
    const gain = this.context.createGain();
    this.context.createMediaElementSource(audio).connect(gain).connect(this.context.destination);
    return { audio, gain };
  }

  #run(sound, at, on) {
    const { audio, gain } = sound.player;
    const loud = this.muted ? 0 : level(sound, at, this.duck);
    if (gain) gain.gain.setTargetAtTime(loud, this.context.currentTime, 0.012);
    else audio.volume = Math.min(1, loud / this.loudest);
    const place = (sound.inMs + at - sound.startMs) / 1000;
    if (!on) {
      if (!audio.paused) audio.pause();
    } else if (audio.paused && !audio.ended) {
      if (this.context?.state === "suspended") this.context.resume();
      audio.currentTime = Math.max(0, place);
      audio.play().catch(() => {});
    } else if (Math.abs(audio.currentTime - place) > 0.25 && !audio.ended) {
      audio.currentTime = place;
    }
  }

  jumped() {
    for (const sound of this.sounds) {
      sound.player?.audio.pause();
      sound.player = null;
    }
  }
}
