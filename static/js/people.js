// Pages about people: a chosen role is saved at once, the log can be seen as a whole, and a menu that is wider than a
// telephone shows where one is.

document.querySelector(".frame-menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

for (const form of document.querySelectorAll("[data-sends-itself]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show-all]");
  if (!button) return;
  const list = document.getElementById(button.dataset.showAll);
  list.classList.add("all");
  button.remove();
  const next = list.children[12];
  next.tabIndex = -1;
  next.focus();
});
