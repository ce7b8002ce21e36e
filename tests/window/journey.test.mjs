// The first journey in the real window: a fresh profile with its key in the keyring, the sample one click away, a real
// system imported and drawn, and all of it still there after the window was closed.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually, windowTest, withWindow } from "./support.mjs";

const corpora = process.env.GROUNDPLAN_CORPORA ?? join(dirname(fileURLToPath(import.meta.url)), "../../../shared/corpora");
const cards = "return document.querySelectorAll('svg .gp-node[data-id]').length";

windowTest("the sample, a real system, and both after a restart", 240_000, async () => {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-journey-"));
  try {
    await withWindow(async (window) => {
      await press(window, "Look at the sample");
      await eventually("the sample's lists", async () => (await window.text()).includes("Groundplan at a glance"));
      await window.click('a[href="/diagram"]');
      await eventually("the sample's diagram", async () => (await window.run(cards)) >= 10);
      await window.screenshot("window-sample");

      const source = join(corpora, "compose/sentry-self-hosted.yml");
      if (!existsSync(source)) {
        console.log("SKIPPED 1 tests: the corpora are not beside the project (importing Sentry in the window)");
        return;
      }
      const made = await window.call("workspace/create", { name: "Sentry" });
      assert.ok(made.ok, JSON.stringify(made));
      const imported = await window.call("import/apply", { input: { path: source } });
      assert.equal(imported.ok?.counts.elements, 74, JSON.stringify(imported));
      await press(window, "sentry-self-hosted");
      await eventually("the drawn system", async () => (await window.run(cards)) >= 40);
      const picture = await window.screenshot("window-sentry");
      assert.ok(picture.length > 30_000, `a picture of ${picture.length} bytes shows no diagram`);
    }, { dataDir: folder });

    const key = JSON.parse(readFileSync(join(folder, "key.json"), "utf8"));
    assert.equal(key.storage, "keyring", "the key lies in the keyring and not beside the data");
    for (const file of readdirSync(join(folder, "workspaces")).filter((name) => name.endsWith(".db"))) {
      const start = readFileSync(join(folder, "workspaces", file)).subarray(0, 15).toString("latin1");
      assert.notEqual(start, "SQLite format 3", `${file} is encrypted`);
    }

    await withWindow(async (window) => {
      const status = await window.call("app/status");
      assert.ok(status.ok.workspaces.length >= 1, JSON.stringify(status));
      const opened = status.ok.workspaces.find((workspace) => workspace.id === status.ok.open);
      await eventually("the workspace opened last", async () => (await window.text()).includes(opened.name));
    }, { dataDir: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Presses the first thing to press whose words begin so. */
function press(window, words) {
  return eventually(`something to press called ${words}`, () =>
    window.run(
      `const found = [...document.querySelectorAll("button, a, [role=treeitem]")].find((one) => one.innerText.trim().startsWith(arguments[0]));
       if (!found) return false;
       found.click();
       return true;`,
      words,
    ),
  );
}
