// The project's front page: whatever happens in the project, it tells anew once things are quiet.

import { soon } from "./live.js";

const refresh = soon(() => document.body.dispatchEvent(new CustomEvent("project-changed")), 800, 4000);

document.addEventListener("rushes:event", (event) => {
  if (event.detail.seq !== undefined) refresh();
});
document.addEventListener("rushes:resync", refresh);
