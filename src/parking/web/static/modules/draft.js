// Saves what is typed while it is typed, and when somebody leaves, at the address that the form
// names. Without scripts the page says that it is saved when one goes on.

const form = document.querySelector("form[data-draft]");
const status = form?.querySelector("[role=status]");
const PAUSE = 1_500;
let timer;
let changed = false;
let sending = false;
let submitted = false;

if (form) {
  status.textContent = status.dataset.saving;
  form.addEventListener("input", () => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", () => {
    submitted = true;
    clearTimeout(timer);
  });
  addEventListener("pageshow", () => (submitted = false));
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.hidden && leave());
}

async function save() {
  if (sending || submitted || !changed) return;
  [sending, changed] = [true, false];
  const saved = await post().catch(() => false);
  sending = false;
  if (!saved) changed = true;
  status.textContent = saved ? status.dataset.saved : status.dataset.unsaved;
  if (saved && changed) timer = setTimeout(save, PAUSE);
}

function leave() {
  if (submitted || !changed) return;
  clearTimeout(timer);
  changed = false;
  post().catch(() => (changed = true));
}

async function post() {
  const body = new URLSearchParams(new FormData(form));
  const how = { method: "POST", body, keepalive: true, redirect: "manual", cache: "no-store" };
  return (await fetch(form.dataset.draft, how)).ok;
}
