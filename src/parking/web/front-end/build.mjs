// Builds what is vendored. Of the Danish public design system: one style sheet, two font faces, one
// icon sprite, the licences, and the fonts that the PDF receipts are set in. Of OpenLayers: one
// module, only for pages with a map.

import * as esbuild from "esbuild";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const dkfds = join(here, "node_modules/dkfds");
const vendor = join(here, "../static/vendor/dkfds");
const openLayers = join(here, "../static/vendor/openlayers");
const letterFonts = join(here, "../../actions/fonts");

// The icons that templates name with {% icon %}.
const ICONS = [
  "arrow-forward", "calendar-month", "car", "check", "chevron-left", "chevron-right", "close",
  "credit-card", "delete", "document", "download", "edit", "email", "error", "help", "home",
  "hourglass", "info", "language", "location", "lock", "menu", "open-in-new", "payments", "person",
  "print", "refresh", "shopping-cart", "smartphone", "success", "time", "warning",
];
const WEB_FONTS = ["IBMPlexSans-Regular-Latin1.woff2", "IBMPlexSans-SemiBold-Latin1.woff2"];
const LETTER_FONTS = ["IBMPlexSans-Regular.ttf", "IBMPlexSans-SemiBold.ttf", "IBMPlexSans-Italic.ttf"];

const icon = (name) => readFileSync(join(dkfds, `src/img/svg-icons/${name}.svg`), "utf8").trim();

function styleSheet() {
  const { css } = sass.compile(join(here, "dkfds.scss"), {
    style: "compressed",
    loadPaths: [join(here, "node_modules")],
    quietDeps: true,
  });
  // Icons drawn by the style sheet travel inside it; the placeholder logos are not ours to show.
  return css
    .replace(/url\("?icon:([a-z0-9-]+)\.svg"?\)/g, (_, name) => {
      const data = icon(name).replaceAll('"', "'").replaceAll("#", "%23").replaceAll("<", "%3C").replaceAll(">", "%3E");
      return `url("data:image/svg+xml,${data}")`;
    })
    .replace(/url\("?image:[^)]*\)/g, "none");
}

function sprite() {
  const symbols = ICONS.map((name) =>
    icon(name)
      .replace("<svg", `<symbol id="${name}"`)
      .replace("</svg>", "</symbol>")
      .replace(/ (xmlns|height|width|fill)="[^"]*"/g, ""),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

function copy(files, from, to) {
  mkdirSync(to, { recursive: true });
  for (const file of files) copyFileSync(join(from, file), join(to, basename(file)));
}

rmSync(vendor, { recursive: true, force: true });
mkdirSync(vendor, { recursive: true });
writeFileSync(join(vendor, "dkfds.css"), styleSheet() + "\n");
writeFileSync(join(vendor, "icons.svg"), sprite());
copy(["LICENSE.md"], dkfds, vendor);
copy(["Apache-2.0.txt"], here, vendor); // the icons' licence, which the package names but does not carry
copy([...WEB_FONTS, "license.txt"], join(dkfds, "src/fonts/IBMPlexSans/split/woff2"), join(vendor, "fonts"));
copy([...LETTER_FONTS, "license.txt"], join(dkfds, "src/fonts/IBMPlexSans/complete/ttf"), letterFonts);

// OpenLayers' UTM carries its own notice in the source, which the package's licence does not repeat.
const UTM_NOTICE = "ol/proj/utm.js is adapted from github.com/Turbo87/utm, Copyright (c) 2012-2017 Tobias Bieniek, MIT License.\n";

// The module says in its first line what it is made of; the licences of all of it lie beside it.
async function mapModule() {
  const { outputFiles, metafile } = await esbuild.build({
    entryPoints: [join(here, "openlayers.js")],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const used = Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path.match(/^node_modules\/([^/]+)\//)?.[1]);
  const packages = [...new Set(used.filter(Boolean))].sort();
  const read = (name, file) => readFileSync(join(here, "node_modules", name, file), "utf8");
  const named = packages.map((name) => `${name} ${JSON.parse(read(name, "package.json")).version}`);
  const licence = (name) => readdirSync(join(here, "node_modules", name)).find((file) => /^licen[cs]e/i.test(file));
  rmSync(openLayers, { recursive: true, force: true });
  mkdirSync(openLayers, { recursive: true });
  writeFileSync(join(openLayers, "openlayers.js"), `// ${named.join(", ")}\n${outputFiles[0].text}`);
  writeFileSync(
    join(openLayers, "LICENSES.txt"),
    packages.map((name, each) => `${named[each]}\n\n${read(name, licence(name)).trim()}\n`).join("\n\n") + `\n\n${UTM_NOTICE}`,
  );
}

await mapModule();
