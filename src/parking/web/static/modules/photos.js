// Says that a photograph cannot be had when one cannot, and only then. Without scripts it is always said.

const away = document.querySelector("[data-photos-away]");

for (const photo of document.querySelectorAll(".photos img")) {
  if (photo.complete && !photo.naturalWidth) away.hidden = false;
  photo.addEventListener("error", () => (away.hidden = false));
}
