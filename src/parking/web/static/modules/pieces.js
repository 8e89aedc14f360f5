// Sends files in pieces, so that a line that breaks loses no more than one of them. It goes on by
// itself when the line is back, and after a reload when the same file is chosen again: the server
// knows it by its SHA-256. Without scripts, or without what they need here, the form sends them whole.

const form = document.querySelector("[data-pieces]");
const shown = form?.querySelector("[data-sending]");
const status = shown?.querySelector("[role=status]");
const progress = shown?.querySelector("progress");
const wrong = form?.querySelector("[role=alert]");
const LONGEST_WAIT = 15_000;
// So often may the server fail at the same place: a line that is gone may stay away for long.
const MOST_FAILURES = 5;
let busy = false;

form?.addEventListener("submit", (event) => {
  const files = [...form.elements.file.files];
  if (!busy && (!files.length || !globalThis.crypto?.subtle)) return;
  event.preventDefault();
  event.stopPropagation();
  if (busy) return;
  forgetErrors();
  if (form.elements.kind.value) return send(files);
  // Asked for here, the files that were chosen stay chosen.
  wrong.replaceChildren(said(form.dataset.kindless));
  form.elements.kind[0].focus();
});

// What the page said of an earlier try is no longer true.
function forgetErrors() {
  document.querySelector("[data-error-summary]")?.remove();
  for (const each of form.querySelectorAll(".form-error-message")) each.remove();
  for (const each of form.querySelectorAll(".form-error")) each.classList.remove("form-error");
}

async function send(files) {
  busy = true;
  shown.hidden = false;
  const refusals = [];
  for (const file of files) {
    const refusal = await sendOne(file).catch(() => shown.dataset.stopped);
    if (refusal) refusals.push(refusal);
  }
  if (!refusals.length) return location.assign(location.pathname);
  await showSaved().catch(() => {});
  wrong.replaceChildren(...refusals.map(said));
  shown.hidden = true;
  form.elements.file.value = "";
  busy = false;
}

// Returns what is wrong with the file, if anything is.
async function sendOne(file) {
  const address = form.dataset.pieces + (await markOf(file)) + "/";
  progress.max = file.size || 1;
  progress.value = 0;
  status.textContent = `${shown.dataset.sending} ${file.name}`;
  let [offset, wait] = [null, 500];
  let [furthest, failures] = [0, 0];
  for (;;) {
    let answer;
    try {
      answer = await (offset === null ? ask(address, "HEAD") : bring(address, file, offset));
      if (answer.status >= 500) throw new Error("later");
    } catch {
      if (answer?.status >= 500 && ++failures === MOST_FAILURES) return shown.dataset.stopped;
      status.textContent = shown.dataset.broken;
      await later(wait);
      [offset, wait] = [null, Math.min(wait * 2, LONGEST_WAIT)];
      continue;
    }
    if (answer.headers.has("Upload-Complete")) return "";
    if (answer.status === 422) return answer.text();
    if (!answer.headers.has("Upload-Offset")) return shown.dataset.stopped;
    const here = Number(answer.headers.get("Upload-Offset"));
    // A piece that was taken and brought the file no further would be sent without end.
    if (answer.ok && offset !== null && here <= offset) return shown.dataset.stopped;
    offset = here;
    wait = 500;
    if (offset > furthest) [furthest, failures] = [offset, 0];
    progress.value = offset;
    status.textContent = `${shown.dataset.sending} ${file.name}`;
  }
}

function bring(address, file, offset) {
  return ask(address, "PATCH", file.slice(offset, offset + Number(form.dataset.most)), {
    "Content-Type": "application/offset+octet-stream",
    "Upload-Offset": offset,
    "Upload-Length": file.size,
    "Upload-Name": encodeURIComponent(file.name),
    "Upload-Kind": form.elements.kind.value,
    "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
  });
}

function ask(address, method, body, headers) {
  return fetch(address, { method, body, headers, redirect: "manual", cache: "no-store" });
}

async function markOf(file) {
  // What is too large is refused by its length: not a byte of it need be read.
  if (file.size > Number(form.dataset.largest)) return "0".repeat(64);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return [...sum].map((each) => each.toString(16).padStart(2, "0")).join("");
}

// Waits a while, or until the browser says that the line is back.
function later(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    addEventListener("online", resolve, { once: true });
  });
}

async function showSaved() {
  const page = await (await ask(location.pathname, "GET")).text();
  const saved = new DOMParser().parseFromString(page, "text/html").querySelector("[data-saved]");
  if (saved) document.querySelector("[data-saved]").replaceWith(saved);
}

function said(text) {
  const line = document.createElement("p");
  line.className = "form-error-message";
  line.textContent = text;
  return line;
}
