// The page on which people read and try the API: Swagger UI over the description that the server writes.

const place = document.querySelector("#reference");
const system = matchMedia("(prefers-color-scheme: dark)");

// Swagger UI has a dark variant of its own, behind a class; the house's colours are laid over both (reference.css).
function follow() {
  const chosen = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : system.matches);
}
follow();
system.addEventListener("change", follow);
new MutationObserver(follow).observe(document.documentElement, { attributeFilter: ["data-theme"] });

globalThis.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.description,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  filter: true,
  persistAuthorization: false,
  requestInterceptor: (request) => {
    // Whoever is logged in tries things as themselves, without a token.
    if (!request.headers.Authorization && !["GET", "HEAD"].includes(request.method)) request.headers["X-CSRFToken"] = place.dataset.csrf;
    return request;
  },
});
