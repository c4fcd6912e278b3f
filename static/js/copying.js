// Buttons that copy what stands in the field beside them: an address, a token.

async function copy(button) {
  const words = button.querySelector("span");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    words.textContent = "Copied";
  } catch {
    // Without a safe connection browsers give no clipboard; then it is selected for the keyboard.
    button.parentElement.querySelector("input")?.select();
    words.textContent = "Press Ctrl+C";
  }
  setTimeout(() => (words.textContent = "Copy"), 2500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
