// Moves the reader to the error summary when a form comes back with errors, and from each line in it
// to the field's label or legend rather than to the bare input below it.

const summary = document.querySelector("[data-error-summary]");

summary?.focus();

summary?.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  const input = link && document.getElementById(link.hash.slice(1));
  if (!input) return;
  const heading = input.closest("fieldset")?.querySelector("legend") ?? input.labels?.[0] ?? input;
  heading.scrollIntoView();
  input.focus({ preventScroll: true });
  event.preventDefault();
});
