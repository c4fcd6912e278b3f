// Asking the server for fragments and state outside of a click: what a live event or the keyboard brings about.

function csrf() {
  return JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}");
}

/** Fetch; values make it a POST. Throws an Error with the server's own words when it refuses. */
async function ask(url, { values, signal, accept = "text/html" } = {}) {
  const headers = { "HX-Request": "true", Accept: accept };
  const options = { headers, signal, credentials: "same-origin" };
  if (values) {
    Object.assign(headers, csrf());
    Object.assign(options, { method: "POST", body: new URLSearchParams(values) });
  }
  const response = await fetch(url, options);
  if (!response.ok) {
    const text = await response.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    const reason = page.querySelector("[data-reason]")?.textContent.trim();
    throw new Error(reason || ([422, 429].includes(response.status) && !text.includes("<") ? text : "That did not work. Reload the page."));
  }
  const said = response.headers.get("HX-Trigger");
  if (said) for (const [name, detail] of Object.entries(JSON.parse(said))) document.dispatchEvent(new CustomEvent(name, { detail }));
  return response;
}

export async function fragment(url, options) {
  return (await ask(url, options)).text();
}

export async function state(url, options) {
  return (await ask(url, { ...options, accept: "application/json" })).json();
}

/** Put a fragment into an element and make its htmx attributes work. */
export function put(target, html) {
  target.innerHTML = html;
  window.htmx.process(target);
}

/** Make one element of a fragment. */
export function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}
