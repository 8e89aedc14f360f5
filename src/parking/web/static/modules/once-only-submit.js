// Sends a form once: a second click on its button within the same visit does nothing. The server
// must bear a repeat anyway; this only spares an impatient reader a second wait.

const sent = new WeakSet();

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

// The browser's back button may bring the page back as it was left: let it be sent anew.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
