// A file may be dropped on whatever names its file input in data-drop; its name is shown beside the button.

function show(input) {
  const name = input.form?.querySelector("[data-file-name]");
  if (name && input.files.length) name.textContent = input.files[0].name;
}

export function takeDrops(area, input, taken = () => {}) {
  const files = (event) => event.dataTransfer?.types.includes("Files");
  area.addEventListener("dragover", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    area.classList.add("dropping");
  });
  area.addEventListener("dragleave", (event) => {
    if (!area.contains(event.relatedTarget)) area.classList.remove("dropping");
  });
  area.addEventListener("drop", (event) => {
    area.classList.remove("dropping");
    if (!files(event) || !event.dataTransfer.files.length) return;
    event.preventDefault();
    input.files = event.dataTransfer.files;
    show(input);
    taken();
  });
}

for (const area of document.querySelectorAll("[data-drop]")) {
  const input = document.getElementById(area.dataset.drop);
  takeDrops(area, input);
  input.addEventListener("change", () => show(input));
}
