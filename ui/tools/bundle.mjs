// Puts `ui/dist` together: scripts, the wasm module, style sheets and fonts, all with hashed names below
// `dist/assets`, and the page that names them. Prints the compressed sizes, and fails over the budget.
//
// Usage: node tools/bundle.mjs --wasm <folder that wasm-bindgen wrote> [--larger]
//
// `--larger`: the compiler could not make it as small as it can be, so the budget is held for the first screen alone.

import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transformSync } from "esbuild";
import { FONTS, fontFaces } from "./fonts.mjs";

/** What a visit loads by itself, without what is fetched when it is asked for, and the fonts: bytes after gzip. */
const BUDGET_BYTES = 400 * 1024;
/** The same with every split-off module of the interface: never more than it is. Lower this with every cut. */
const TOTAL_CEILING_BYTES = 520 * 1024;

const INSTANTIATE = `
async function instantiateFrom(answer, imports) {
  if (!answer.ok) throw new Error("a part of the interface could not be loaded: " + answer.status);
  return WebAssembly.instantiate(await answer.arrayBuffer(), imports);
}
`;

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
  // Modules split off by `groundplan-bindgen`: loaded on demand, by names that this script gives them.
  const parts = Object.fromEntries(
    readdirSync(bound)
      .filter((file) => file.endsWith(".wasm") && file !== "groundplan_ui_bg.wasm")
      .map((file) => [file, keep(file, readFileSync(join(bound, file)))]),
  );
  names.icon = keep("icon.svg", readFileSync(join(ui, "icon.svg")));
  const fonts = Object.fromEntries(FONTS.map((font) => [font.file, keep(basename(font.file), readFileSync(join(ui, "node_modules", font.file)))]));
  names.style = keep("style.css", styles(fonts));
  first.push(names.style);
  const scripts = await bundleScripts(names.wasm, parts);
  names.script = scripts.entry;
  first.push(scripts.entry);

  const page = readFileSync(join(ui, "index.html"), "utf8").replace(/%(\w+)%/g, (whole, name) => {
    if (!(name in names)) throw new Error(`index.html names ${whole}, which the bundle does not have`);
    return names[name];
  });
  writeFileSync(join(staging, "index.html"), page);

  report([...first, ...scripts.shared], Object.values(parts), scripts.lazy, Object.values(fonts));
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
async function bundleScripts(wasm, parts) {
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
    plugins: [{ name: "parts", setup: (build) => build.onLoad({ filter: /__wasm_split\.js$/ }, (file) => ({ contents: named(file.path, parts) })) }],
    metafile: true,
    logLevel: "warning",
    // The generated loader names its one import once for each module.
    logOverride: { "duplicate-object-key": "silent" },
  });
  const outputs = Object.entries(result.metafile.outputs);
  const [entry, { imports }] = outputs.find(([, output]) => output.entryPoint?.endsWith("start.js"));
  const shared = imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path);
  const lazy = outputs.map(([name]) => name).filter((name) => name !== entry && !shared.includes(name));
  return { entry: basename(entry), shared: shared.map((name) => basename(name)), lazy: lazy.map((name) => basename(name)) };
}

/**
 * The loader of the split-off modules, asking for the names they have here. It must not depend on the type that the
 * desktop's protocol gives a file, nor take an error's page for a module.
 */
function named(path, parts) {
  const streaming = "WebAssembly.instantiateStreaming(src, imports)";
  const loader = readFileSync(path, "utf8");
  if (!loader.includes(streaming)) throw new Error("the loader of split-off modules is not as expected");
  return loader.replaceAll(streaming, "instantiateFrom(await src, imports)").concat(INSTANTIATE).replace(/"\.\/([^"]+\.wasm)"/g, (whole, file) => {
    if (!(file in parts)) throw new Error(`the loader asks for ${file}, which is not there`);
    return JSON.stringify(`./${parts[file]}`);
  });
}

function report(first, parts, lazy, fonts) {
  const size = (name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length;
  const sum = (names) => names.reduce((total, name) => total + size(name), 0);
  const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1).padStart(7)} KB`;
  for (const name of first) console.log(`    ${kilobytes(size(name))} gzip  ${name}`);
  for (const name of [...parts, ...lazy]) console.log(`    ${kilobytes(size(name))} gzip  ${name} (on demand)`);
  const fontBytes = fonts.reduce((total, name) => total + readFileSync(join(assets, name)).length, 0);
  console.log(`    ${kilobytes(fontBytes)}       fonts (${fonts.length} files, as needed)`);
  const total = sum(first) + sum(parts);
  const ahead = sum(first) + sum(parts.filter((name) => !/seldom|canvas/.test(name)));
  console.log(`    ${kilobytes(total)} gzip  the whole interface without editor and fonts`);
  console.log(`    ${kilobytes(sum(first))} gzip  to the first screen`);
  console.log(`    ${kilobytes(ahead)} gzip  what a visit loads by itself, budget ${BUDGET_BYTES / 1024} KB`);
  const larger = process.argv.includes("--larger");
  if ((larger ? sum(first) : ahead) > BUDGET_BYTES) throw new Error(`what a visit loads is over its budget of ${BUDGET_BYTES} bytes`);
  if (total > TOTAL_CEILING_BYTES && !larger) throw new Error(`the interface has grown past its ceiling of ${TOTAL_CEILING_BYTES} bytes`);
}
