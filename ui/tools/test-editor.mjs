// Runs the tests of the editor's logic in node: bundles them (node reads no TypeScript everywhere) and starts them.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ui = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "groundplan-editor-"));
try {
  const outfile = join(folder, "sync.test.mjs");
  await build({
    entryPoints: [join(ui, "editor/sync.test.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "warning",
  });
  const run = spawnSync(process.execPath, ["--test", "--test-reporter=dot", outfile], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
