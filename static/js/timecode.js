// Places in films and takes, as every player here tells them.

// Places are kept in whole milliseconds, and few frames begin with one: so much of a frame it may be short of its own.
export const WHOLE_MS = 0.03;

const pad = (value) => String(value).padStart(2, "0");

/** Return a place as people in editing rooms write it here: minutes, seconds, frames, 0:02.14. */
export function timecode(ms, fps) {
  const frames = Math.floor((ms * fps) / 1000 + WHOLE_MS);
  const seconds = Math.floor(frames / fps + 1e-6);
  return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}.${pad(frames - Math.ceil(seconds * fps - 1e-6))}`;
}
