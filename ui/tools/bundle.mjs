// Puts `ui/dist` together: scripts, the wasm module, style sheets and fonts, all with hashed names below
// `dist/assets`, and the page that names them. Prints the compressed sizes, says what is over the budget, and fails over the ceiling.
//
// Usage: node tools/bundle.mjs --wasm <folder that wasm-bindgen wrote>

import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transformSync } from "esbuild";
import { FONTS, fontFaces } from "./fonts.mjs";

/** What a first visit loads, without the editor and the fonts: bytes after gzip. */
const BUDGET_BYTES = 400 * 1024;
// Not there yet: until the first load is inside its budget it may at least never grow. Lower this with every cut.
const CEILING_BYTES = 540 * 1024;

const ui = fileURLToPath(new URL("..", import.meta.url));
const bound = resolve(process.argv[process.argv.indexOf("--wasm") + 1] ?? "");
if (!existsSync(join(bound, "groundplan_ui.js"))) {
  console.error(`bundle: ${bound} holds no bindings; run \`cargo xtask ui\``);
  process.exit(2);
}

// Beside its final place, so that the last step is one rename and nobody ever sees half a dist.
const staging = mkdtempSync(join(ui, ".dist-"));
chmodSync(staging, 0o755);
const assets = join(staging, "assets");
mkdirSync(assets);

try {
  const first = [];
  const names = { wasm: keep("groundplan_ui.wasm", readFileSync(join(bound, "groundplan_ui_bg.wasm"))) };
  first.push(names.wasm);
  names.icon = keep("icon.svg", readFileSync(join(ui, "icon.svg")));
  const fonts = Object.fromEntries(FONTS.map((font) => [font.file, keep(basename(font.file), readFileSync(join(ui, "node_modules", font.file)))]));
  names.style = keep("style.css", styles(fonts));
  first.push(names.style);
  const scripts = await bundleScripts(names.wasm);
  names.script = scripts.entry;
  first.push(scripts.entry);

  const page = readFileSync(join(ui, "index.html"), "utf8").replace(/%(\w+)%/g, (whole, name) => {
    if (!(name in names)) throw new Error(`index.html names ${whole}, which the bundle does not have`);
    return names[name];
  });
  writeFileSync(join(staging, "index.html"), page);

  report(first, scripts.lazy, Object.values(fonts));
  rmSync(join(ui, "dist"), { recursive: true, force: true });
  renameSync(staging, join(ui, "dist"));
} catch (error) {
  rmSync(staging, { recursive: true, force: true });
  console.error(`bundle: ${error.message}`);
  process.exit(1);
}

/** Stores bytes under a name that changes with them; returns the name. */
function keep(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const dot = name.lastIndexOf(".");
  const hashed = `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
  writeFileSync(join(assets, hashed), bytes);
  return hashed;
}

/** All of `styles/*.css` in the order of their names, after the font faces. */
function styles(fonts) {
  const folder = join(ui, "styles");
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".css")).sort() : [];
  const text = files.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  return transformSync(fontFaces(fonts) + text, { loader: "css", minify: true }).code;
}

/** The start script with the bindings in it, and the editor as a chunk that is loaded on first use. */
async function bundleScripts(wasm) {
  const result = await build({
    entryPoints: [join(ui, "tools/start.js")],
    outdir: assets,
    absWorkingDir: ui,
    bundle: true,
    format: "esm",
    splitting: true,
    minify: true,
    target: ["es2022", "safari16"],
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    alias: { "groundplan-bindings": join(bound, "groundplan_ui.js") },
    define: { GROUNDPLAN_WASM: JSON.stringify(`./${wasm}`) },
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const outputs = Object.entries(result.metafile.outputs);
  const [entry] = outputs.find(([, output]) => output.entryPoint?.endsWith("start.js"));
  return { entry: basename(entry), lazy: outputs.map(([name]) => basename(name)).filter((name) => name !== basename(entry)) };
}

function report(first, lazy, fonts) {
  const size = (name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length;
  const total = first.reduce((sum, name) => sum + size(name), 0);
  const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1).padStart(7)} KB`;
  for (const name of first) console.log(`    ${kilobytes(size(name))} gzip  ${name}`);
  for (const name of lazy) console.log(`    ${kilobytes(size(name))} gzip  ${name} (on demand)`);
  const fontBytes = fonts.reduce((sum, name) => sum + readFileSync(join(assets, name)).length, 0);
  console.log(`    ${kilobytes(fontBytes)}       fonts (${fonts.length} files, as needed)`);
  console.log(`    ${kilobytes(total)} gzip  first load, budget ${BUDGET_BYTES / 1024} KB`);
  if (total > CEILING_BYTES) throw new Error(`the first load has grown past its ceiling of ${CEILING_BYTES} bytes`);
  if (total > BUDGET_BYTES) {
    console.log(`    OVER BUDGET: the first load is ${kilobytes(total - BUDGET_BYTES)} over its budget; the build goes on`);
  }
}
