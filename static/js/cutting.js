// Changes of the cut: sent whole, answered with what takes them back. Undo is the answer, sent.

import { state } from "./server.js";
import { toast } from "./shell.js";

const MOST = 100;

export class Cutting {
  /** `changed` is called after each change with the id of what was made, if anything was. */
  constructor(url, changed) {
    this.url = url;
    this.changed = changed;
    this.done = [];
    this.undone = [];
    this.busy = Promise.resolve();
  }

  /** Make a change; return the id of what it made. Its errors are thrown when `quiet`, shown and answered by null otherwise. */
  change(change, { quiet = false } = {}) {
    return this.#next(async () => {
      const { inverse, made } = await this.#send(change);
      this.remember(inverse);
      await this.changed(made);
      return made;
    }, quiet);
  }

  /** Something was changed in another way than through `change`, by an upload for one. */
  remember(inverse) {
    if (!Object.keys(inverse).length) return;
    this.done.push(inverse);
    if (this.done.length > MOST) this.done.shift();
    this.undone = [];
  }

  /** Something came back in another way, out of the trash for one: what would have brought it back is done. */
  forget(id) {
    const at = this.done.findLastIndex((change) => Object.values(change).some((things) => things?.[id]?.deleted === false));
    if (at >= 0) this.done.splice(at, 1);
  }

  undo() {
    return this.#turn(this.done, this.undone, "There is nothing to undo.");
  }

  redo() {
    return this.#turn(this.undone, this.done, "There is nothing to do again.");
  }

  #turn(from, to, nothing) {
    return this.#next(async () => {
      const change = from.pop();
      if (!change) {
        toast(nothing);
        return;
      }
      const { inverse } = await this.#send(change);
      if (Object.keys(inverse).length) to.push(inverse);
      await this.changed("");
    }, false);
  }

  #send(change) {
    return state(this.url, { values: { change: JSON.stringify(change) } });
  }

  // One after another: what takes a change back depends on those before it.
  #next(action, quiet) {
    const next = this.busy.then(async () => {
      try {
        return await action();
      } catch (error) {
        if (quiet) throw error;
        toast(error.message, "error");
        await this.changed("");
        return null;
      }
    });
    this.busy = next.catch(() => {});
    return next;
  }
}
