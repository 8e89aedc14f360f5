// Sends a form once: a second click on its button does nothing. The server must bear a repeat
// anyway; this only spares an impatient reader a second wait. Forms ask for it with data-once.

let sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  event.submitter?.setAttribute("aria-disabled", "true");
});

// The browser's back button may bring the page back exactly as it was left.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  sent = new WeakSet();
  for (const button of document.querySelectorAll("[data-once] [aria-disabled]")) {
    button.removeAttribute("aria-disabled");
  }
});
