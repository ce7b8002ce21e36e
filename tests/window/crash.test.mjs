// The page's process dies under the window, as the system's web engine now and then does: the page comes back by itself.
// No WebDriver here, because its session would end with the page. What the page asks of the core tells that it lives.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { descendants, eventually, required } from "./support.mjs";

test("a page that crashed is loaded again, and one that always crashes is not", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-crash-"));
  const app = spawn(required("GROUNDPLAN_BIN_DESKTOP"), ["--data-dir", folder], {
    stdio: ["ignore", "inherit", "pipe"],
    env: { ...process.env, GROUNDPLAN_LOG: "warn,groundplan_desktop=trace" },
  });
  const ended = new Promise((done) => app.on("close", done));
  let said = "";
  app.stderr.on("data", (part) => (said += part));
  try {
    await eventually("the page's first question", () => said.includes('"app/status"'));
    for (const time of [1, 2, 3]) {
      await crash();
      await eventually(`the page's first question after crash ${time}`, () => {
        const since = said.split("the page is loaded again");
        return since.length === time + 1 && since.at(-1).includes('"app/status"');
      });
    }
    await crash();
    await eventually("the end of trying", () => said.includes("has to be started anew"));
    assert.equal(app.exitCode, null, "the window stays");
  } finally {
    app.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }

  /** Ends the page's process as a system that is short of memory does. */
  async function crash() {
    const pages = await eventually("the page's process", () => {
      const found = descendants(app.pid).filter((one) => /\/WebKitWebProcess$/.test(one.call[0]));
      return found.length > 0 && found;
    });
    for (const page of pages) process.kill(page.id, "SIGKILL");
  }
});
