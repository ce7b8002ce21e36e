// How long a workspace takes to open: from the address to the first rows of the explorer, in a real Chromium, a large one
// against a small one in turns. A figure for the README, no test: `cargo xtask test` does not run it.
//
// GROUNDPLAN_BIN=~/.cache/groundplan/target/debug/groundplan node --test tests/browser/open.bench.mjs

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withAgent } from "./support.mjs";

const [SMALL, LARGE, TURNS] = [100, 10_000, 21];

const component = (n) => `---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: part-${n}}
spec: {type: service, lifecycle: production, owner: team-${n % 20}}
`;

/** Runs `story` with a way to open a workspace of so many elements once more; it returns the milliseconds. */
const withWorkspace = (elements, story) =>
  withAgent(async ({ page, agent, folder }) => {
    const file = join(folder, "catalog-info.yaml");
    writeFileSync(file, Array.from({ length: elements }, (_, n) => component(n)).join(""));
    agent.run("init", "Measured");
    agent.run("import", file);
    const home = new URL("/", page.url()).href;
    await page.reload();
    await page.getByText("Measured", { exact: true }).click();
    await page.getByRole("treeitem").first().waitFor();
    await story(async () => {
      // Nothing that is still being read of the visit before may count.
      await page.waitForTimeout(500);
      await page.goto("about:blank");
      const since = performance.now();
      await page.goto(home, { waitUntil: "commit" });
      await page.getByRole("treeitem").nth(3).waitFor();
      return performance.now() - since;
    });
  }, { refusals: true });

const sorted = (list) => [...list].sort((a, b) => a - b);
const words = (list) => {
  const all = sorted(list);
  const [least, median, most] = [all[0], all[all.length >> 1], all.at(-1)].map(Math.round);
  return `${median} ms (${least} to ${most})`;
};

test("opening a large workspace against a small one", { timeout: 600_000 }, () =>
  withWorkspace(SMALL, (small) =>
    withWorkspace(LARGE, async (large) => {
      const took = [[], []];
      for (let turn = 0; turn < TURNS; turn += 1) {
        took[0].push(await small());
        took[1].push(await large());
      }
      const [of, to] = took.map((list) => sorted(list)[list.length >> 1]);
      console.log(`${SMALL} elements: ${words(took[0])}; ${LARGE}: ${words(took[1])}; ratio of the medians ${(to / of).toFixed(2)}`);
    })));
