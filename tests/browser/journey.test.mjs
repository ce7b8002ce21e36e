// The first journey in a real browser: from nothing to the drawn Sentry system, and what is drawn is what the
// command line exports.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, corpus, picture, withAgent } from "./support.mjs";

test("import a real system, see it, undo it", { timeout: 180_000 }, async () => {
  const file = corpus("compose/sentry-self-hosted.yml");
  if (!file) {
    console.log("SKIPPED 1 tests: the corpora are not beside the project");
    return;
  }
  await withAgent(async ({ page, agent }) => {
    await accessible(page, "onboarding");
    await picture(page, "onboarding");
    await page.getByText("Import", { exact: true }).click();
    await page.locator("input[type=file]").first().setInputFiles(file);
    const apply = page.locator(".wizard-foot .primary");
    await apply.waitFor();
    await picture(page, "import-preview");
    await accessible(page, "import preview");
    await apply.click();
    await page.waitForURL(/\/diagram\//);
    await page.locator('svg .gp-node[data-id]').first().waitFor();
    await picture(page, "sentry");
    await accessible(page, "diagram");

    const components = JSON.parse(agent.run("list", "--kind", "component", "--json"));
    assert.equal(components.length, 57);
    const drawn = JSON.parse(agent.run("view", "sentry-self-hosted", "--json"));
    assert.equal(drawn.scene.nodes.length, 73);

    // The page's own policy would refuse the style sheet that a drawing carries for use outside of it.
    const exported = agent.run("view", "sentry-self-hosted").replace(/<style>.*?<\/style>/s, "");
    const differences = await page.evaluate(compareWithExport, exported);
    assert.deepEqual(differences, []);
  });
});

/** Compares every group with an id, and the geometry in it, with the exported drawing. Runs in the page. */
function compareWithExport(exported) {
  const parsed = new DOMParser().parseFromString(exported, "image/svg+xml");
  const shapes = (group) =>
    [...group.querySelectorAll("rect,path,text")].map((shape) =>
      ["d", "x", "y", "width", "height", "transform"].map((name) => shape.getAttribute(name) ?? "").join(" ") +
      (shape.tagName === "text" ? shape.textContent : ""));
  const window_ = new Map([...document.querySelectorAll("svg g[data-id]")].map((group) => [`${group.getAttribute("class")} ${group.dataset.id}`, shapes(group)]));
  const differences = [];
  const groups = [...parsed.querySelectorAll("g[data-id]")];
  if (groups.length < 100) differences.push(`only ${groups.length} groups were exported`);
  let compared = 0;
  for (const group of groups) {
    const id = group.getAttribute("data-id");
    const role = group.getAttribute("class").split(" ")[0];
    const here = [...window_].find(([key]) => key.endsWith(id) && key.split(" ").includes(role));
    if (!here) continue;
    compared += 1;
    if (JSON.stringify(here[1]) !== JSON.stringify(shapes(group))) differences.push(`${role} ${id} differs`);
  }
  // What lies outside the viewport, or is too small at this zoom, is not in the page.
  if (compared < 60) differences.push(`only ${compared} groups could be compared`);
  return differences.slice(0, 5);
}
