// The page on which people read and try the API: Swagger UI over the description that the server writes.

const place = document.querySelector("#reference");

globalThis.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.description,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  filter: true,
  persistAuthorization: false,
  requestInterceptor: (request) => {
    // Whoever is logged in tries things as themselves, without a token.
    if (!request.headers.Authorization && !["GET", "HEAD"].includes(request.method)) request.headers["X-CSRFToken"] = place.dataset.csrf;
    return request;
  },
});
