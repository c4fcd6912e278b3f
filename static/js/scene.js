// The page of a scene: its words follow what others change, unless somebody is writing here.

import { soon } from "./live.js";
import { fragment, put } from "./server.js";

const page = document.querySelector("[data-scene-page]");
const words = document.querySelector("#scene-words");

const refresh = soon(async () => {
  if (words.querySelector("form.scene-form")) return;
  put(words, await fragment(`${words.dataset.address}?part=words`));
}, 200);

document.addEventListener("rushes:event", ({ detail }) => {
  const { type, sceneId, sceneIds } = detail;
  const here = sceneId === page.dataset.scenePage || sceneIds?.includes(page.dataset.scenePage);
  if (type === "breakdown_applied" || (here && /^(scene_|shots?_)/.test(type))) refresh();
});
document.addEventListener("rushes:resync", refresh);
document.addEventListener("rushes:undone", refresh);
