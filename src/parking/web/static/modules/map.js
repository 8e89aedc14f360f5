// Draws the zones, and answers for a place that somebody taps, stands at or has moved to the middle.
// All of it is an addition: the page says the same as text, and its form needs no script.

const CRS = "EPSG:25832";
const UTM = "EPSG:32632"; // the same grid under the name that OpenLayers knows by itself
const GRID = { origin: [120000, 6500000], widest: 1638.4, levels: 14 };
const NEAR = 1.6; // metres to a pixel where one place is asked about

const VALID = "#0f6b2633"; // what lies under the zones that a permit is valid in

// What each sort of zone looks like: colour, and a pattern that tells it from the others without it.
const LOOKS = {
  "paid zone Rød": { colour: "#b3141d", pattern: "rising" },
  "paid zone Grøn": { colour: "#0f6b26", pattern: "dots" },
  "paid zone Blå": { colour: "#0059b3", pattern: "level" },
  "paid zone Gul": { colour: "#8a6100", pattern: "upright" },
  "time-limited zone": { colour: "#545454", pattern: "falling" },
  "flex zone": { colour: "#6b2c91", pattern: "crossed", line: 2 },
  "permit zone": { colour: "#1a1a1a", line: 2.5 },
  outside: { colour: "#767676", line: 1, dash: [2, 6] },
  elsewhere: { colour: "#767676", line: 1, dash: [2, 6] },
};

const PATTERNS = {
  rising: (pen, s) => lines(pen, [[0, s, s, 0], [-1, 1, 1, -1], [s - 1, s + 1, s + 1, s - 1]]),
  falling: (pen, s) => lines(pen, [[0, 0, s, s], [-1, s - 1, 1, s + 1], [s - 1, -1, s + 1, 1]]),
  level: (pen, s) => lines(pen, [[0, s / 2, s, s / 2]]),
  upright: (pen, s) => lines(pen, [[s / 2, 0, s / 2, s]]),
  crossed: (pen, s) => lines(pen, [[0, s / 2, s, s / 2], [s / 2, 0, s / 2, s]]),
  dots: (pen, s) => {
    pen.arc(s / 2, s / 2, 1.4, 0, 2 * Math.PI);
    pen.fill();
  },
};

function lines(pen, all) {
  for (const [x, y, toX, toY] of all) {
    pen.moveTo(x, y);
    pen.lineTo(toX, toY);
  }
  pen.stroke();
}

function fill({ colour, pattern }) {
  if (!pattern) return null;
  const side = 10;
  const tile = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const pen = tile.getContext("2d");
  pen.fillStyle = `${colour}1f`;
  pen.fillRect(0, 0, side, side);
  pen.fillStyle = pen.strokeStyle = `${colour}99`;
  pen.beginPath();
  PATTERNS[pattern](pen, side);
  return pen.createPattern(tile, "repeat");
}

const look = (category, code) => (category === "paid zone" ? `${category} ${code}` : category);

// The legend is drawn by what draws the map, so the two cannot differ.
function drawLegend(root) {
  for (const canvas of root.querySelectorAll("[data-look]")) {
    const { colour, line = 1.5, dash = [], ...rest } = LOOKS[canvas.dataset.look];
    const pen = canvas.getContext("2d");
    pen.fillStyle = fill({ colour, ...rest }) ?? "transparent";
    pen.strokeStyle = colour;
    pen.lineWidth = line;
    pen.setLineDash(dash);
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.strokeRect(1, 1, canvas.width - 2, canvas.height - 2);
  }
}

function styles(ol, tint) {
  const made = new Map();
  return (feature) => {
    const name = look(feature.get("category"), feature.get("code"));
    if (!LOOKS[name]) return undefined;
    const label = ["permit zone", "time-limited zone"].includes(name) ? feature.get("code") : "";
    const key = `${name} ${label}`;
    if (!made.has(key)) {
      const { colour, line = 1.5, dash } = LOOKS[name];
      const pattern = fill(LOOKS[name]);
      made.set(
        key,
        new ol.Style({
          fill: new ol.Fill({ color: tint ?? pattern ?? "transparent" }),
          stroke: new ol.Stroke({ color: colour, width: line, lineDash: dash }),
          text:
            label &&
            new ol.Text({
              text: label,
              font: "600 15px 'IBM Plex Sans', sans-serif",
              fill: new ol.Fill({ color: "#1a1a1a" }),
              stroke: new ol.Stroke({ color: "#fff", width: 4 }),
            }),
        }),
      );
    }
    return made.get(key);
  };
}

async function zones(ol, address) {
  const answer = await fetch(address);
  if (!answer.ok) return [];
  return (await answer.json()).features.map(({ properties, geometry }) => {
    const feature = new ol.Feature(new ol.MultiPolygon(geometry.coordinates));
    feature.setProperties(properties);
    return feature;
  });
}

function tiles(ol, url, projection) {
  const resolutions = Array.from({ length: GRID.levels }, (_, level) => GRID.widest / 2 ** level);
  const tileGrid = new ol.TileGrid({ origin: GRID.origin, resolutions, tileSize: 256 });
  return new ol.TileLayer({ source: new ol.XYZ({ url, projection, tileGrid, transition: 0 }) });
}

async function start(box) {
  const ol = await import(box.dataset.library);
  const projection = new ol.Projection({ code: CRS, units: "m" });
  const here = box.querySelector("[data-map]");
  const bounds = box.dataset.bounds?.split(" ").map(Number);
  const shown = box.dataset.only?.split(" "); // on a permit: only the zones it is valid in
  const place = new ol.Feature();
  place.setStyle(
    new ol.Style({
      image: new ol.Circle({
        radius: 9,
        fill: new ol.Fill({ color: "#fff" }),
        stroke: new ol.Stroke({ color: "#1a1a1a", width: 5 }),
      }),
    }),
  );
  const ground = new ol.VectorSource();
  const view = new ol.View({ projection, extent: bounds, showFullExtent: true, maxResolution: 400, minResolution: 0.2 });
  box.hidden = false;
  const map = new ol.Map({
    target: here,
    controls: [],
    interactions: ol.interactions({ onFocusOnly: true, altShiftDragRotate: false, pinchRotate: false }),
    view,
    layers: [
      ...(box.dataset.tiles ? [tiles(ol, box.dataset.tiles, projection)] : []),
      new ol.VectorLayer({ source: ground, style: styles(ol, shown && VALID), declutter: true }),
      new ol.VectorLayer({ source: new ol.VectorSource({ features: [place] }) }),
    ],
  });
  const mark = (point) => place.setGeometry(new ol.Point(point));
  if (box.dataset.x) {
    const point = [Number(box.dataset.x), Number(box.dataset.y)];
    mark(point);
    view.setCenter(point);
    view.setResolution(NEAR);
  } else if (bounds) {
    view.fit(bounds, { size: map.getSize() });
  }
  drawLegend(box);
  for (const [name, by] of [["in", 1], ["out", -1]]) {
    box.querySelector(`[data-zoom-${name}]`).addEventListener("click", () => view.adjustZoom(by));
  }
  if (box.dataset.answer) answerFor(box, { ol, map, view, mark });
  const features = await zones(ol, box.dataset.zones);
  const wanted = (each) => !shown || [each.get("code"), ...each.get("codes")].some((code) => shown.includes(code));
  ground.addFeatures(features.filter(wanted));
  if (shown && !ground.isEmpty()) view.fit(ground.getExtent(), { size: map.getSize(), padding: [20, 20, 20, 20] });
  here.dataset.drawn = String(ground.getFeatures().length);
}

// Asks the page itself about another place, and shows what it answers in place of what it said.
function answerFor(box, { ol, map, view, mark }) {
  const answer = document.getElementById(box.dataset.answer);
  const form = document.querySelector("form[data-place]");
  const said = document.querySelector("[data-said-now]");

  let asked = 0;

  async function ask([x, y]) {
    const turn = ++asked;
    const point = [Math.round(x * 10) / 10, Math.round(y * 10) / 10];
    mark(point);
    said.classList.add("sr-only");
    const url = new URL(form.action);
    for (const name of ["day", "time"]) {
      const { value } = form.elements.namedItem(name);
      if (value) url.searchParams.set(name, value);
    }
    url.searchParams.set("x", point[0]);
    url.searchParams.set("y", point[1]);
    const page = await fetch(url).catch(() => null);
    const found = page?.ok && new DOMParser().parseFromString(await page.text(), "text/html").getElementById(box.dataset.answer);
    if (turn !== asked) return; // somebody has asked about another place meanwhile
    if (!found?.childElementCount || !answer) {
      location.assign(url); // the page itself says what is wrong
      return;
    }
    answer.replaceChildren(...found.childNodes);
    history.replaceState(null, "", url);
    for (const [name, value] of [["x", point[0]], ["y", point[1]], ["house", ""], ["q", ""]]) {
      form.elements.namedItem(name).value = value;
    }
    said.textContent = answer.querySelector("[data-said]")?.textContent.trim() ?? "";
    answer.scrollIntoView({ block: "nearest" });
  }

  map.on("singleclick", (event) => ask(event.coordinate));
  box.querySelector("[data-middle]").addEventListener("click", () => ask(view.getCenter()));
  map.getTargetElement().addEventListener("keydown", (event) => {
    if (event.key === "Enter") ask(view.getCenter());
  });

  const mine = form.querySelector("[data-mine]");
  mine.hidden = !("geolocation" in navigator);
  mine.addEventListener("click", () => {
    said.textContent = "";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const point = ol.fromLonLat([coords.longitude, coords.latitude], UTM);
        view.setCenter(point);
        view.setResolution(NEAR);
        ask(point);
      },
      () => {
        said.classList.remove("sr-only");
        said.textContent = mine.dataset.denied;
      },
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 30000 },
    );
  });
}

// A map that is folded away is drawn, and fetched, when somebody unfolds it.
for (const box of document.querySelectorAll("[data-map-box]")) {
  const folded = box.parentElement.closest("details:not([open])");
  if (folded) folded.addEventListener("toggle", () => start(box), { once: true });
  else start(box);
}
