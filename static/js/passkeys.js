// Passkeys: asks the browser for one, puts what it answers into the form and sends it.
//   form[data-passkey="login"]  options come from the form's address; nobody is named
//   form[data-passkey="use"]    options lie in #passkey-options
//   form[data-passkey="add"]    the same, for a new one

import { toast } from "./shell.js";

const able = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);

const REASONS = {
  NotAllowedError: "No passkey was used: it was cancelled, took too long, or there is none for this site on this device.",
  InvalidStateError: "This device has a passkey for your account already.",
  SecurityError: "Passkeys need https and a host name. On your own machine open the page as http://localhost instead.",
  NotSupportedError: "This device cannot make such a passkey. Try without “Log in with it alone”.",
};

function lying() {
  return JSON.parse(document.querySelector("#passkey-options").textContent);
}

async function fetched(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
  if (!answer.ok) throw new Error("The server did not answer. Reload the page and try again.");
  return answer.json();
}

async function made(form) {
  const options = lying().creation_options.publicKey;
  const alone = form.elements.passwordless.checked;
  options.authenticatorSelection = {
    ...options.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    userVerification: alone ? "required" : "preferred",
  };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}

async function used(form) {
  const { request_options: options } = form.dataset.passkey === "login" ? await fetched(form.action) : lying();
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
}

async function ask(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const credential = form.dataset.passkey === "add" ? await made(form) : await used(form);
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    button.disabled = false;
    toast(REASONS[error.name] ?? error.message, "error");
  }
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  form.addEventListener("submit", able ? ask : (event) => {
    event.preventDefault();
    toast("This browser is too old for passkeys. Use a code, or a newer browser.", "error");
  });
  if (able) form.hidden = false;
}
