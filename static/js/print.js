// The script's pages for the printer.
document.querySelector("#print").addEventListener("click", () => print());
