// What was: versions of an element, one compared with now and brought back; the workspace at a date, and something that
// was deleted since brought back from there.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { accessible, picture, withAgent } from "./support.mjs";

const views = {
  light: {},
  dark: { scheme: "dark" },
  phone: { width: 360, height: 740 },
  "phone-dark": { width: 360, height: 740, scheme: "dark" },
};

/** The phone has no explorer beside the page to wait for. */
async function openSample(page) {
  await page.getByText("Look at the sample").click();
  await page.getByRole("heading", { name: "Groundplan (sample)" }).waitFor();
}

async function openElement(page, name) {
  await page.goto(new URL(`/search?q=${encodeURIComponent(name)}`, page.url()).href);
  await page.getByRole("main").getByRole("link", { name }).first().click();
  await page.getByRole("heading", { name }).first().waitFor();
}

async function fits(page, where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${where} scrolls sideways by ${wide} px`);
}

for (const [name, view] of Object.entries(views)) {
  test(`versions are compared and brought back: ${name}`, { timeout: 180_000 }, () =>
    withAgent(async ({ page, agent }) => {
      await openSample(page);
      await openElement(page, "Local store");
      agent.run("edit", "Local store", "--name", "Vault");
      await page.getByRole("heading", { name: "Vault" }).first().waitFor();
      await page.getByRole("button", { name: "Show history" }).click();
      const versions = page.locator(".history-version");
      await versions.first().getByText("Vault").waitFor();
      await versions.first().getByRole("button", { name: "What changed" }).click();
      await page.locator(".history-compared").first().waitFor();
      await versions.last().getByRole("button", { name: "Compare with now" }).click();
      const restore = page.getByRole("button", { name: "Restore this version" });
      await restore.waitFor();
      await restore.scrollIntoViewIfNeeded();
      await accessible(page, `history (${name})`);
      await fits(page, `history (${name})`);
      await picture(page, `history-${name}`);
      await restore.click();
      await page.getByRole("heading", { name: "Local store" }).first().waitFor();
      agent.run("undo");
      await page.getByRole("heading", { name: "Vault" }).first().waitFor();
    }, view));

  test(`the workspace at a date: ${name}`, { timeout: 180_000 }, () =>
    withAgent(async ({ page, agent }) => {
      await openSample(page);
      await page.goto(new URL("/changes", page.url()).href);
      await page.getByRole("link", { name: "The workspace at a date" }).click();
      await page.getByText("You are looking at the workspace as it was", { exact: false }).waitFor();
      // The end of today is now: everything stands as it was.
      const today = await page.getByLabel("Day").getAttribute("max");
      await page.getByLabel("Day").fill(today);
      await page.getByText(`at the end of ${today}`, { exact: false }).waitFor();
      await page.getByRole("listitem").filter({ hasText: "Local store" }).getByText("as it was").waitFor();
      await accessible(page, `the workspace at a date (${name})`);
      await fits(page, `the workspace at a date (${name})`);
      await picture(page, `past-${name}`);
      agent.run("delete", "Local store");
      // Yesterday there was nothing yet.
      const yesterday = new Date(new Date(`${today}T12:00:00`).getTime() - 86_400_000).toLocaleDateString("sv");
      await page.getByLabel("Day").fill(yesterday);
      await page.getByText("Nothing to list.").waitFor();
    }, view));
}

test("a long look at the past says how far it is and can be stopped", { timeout: 180_000 }, () =>
  withAgent(async ({ page, agent, folder }) => {
    const file = join(folder, "compose.yaml");
    writeFileSync(file, `services:\n${Array.from({ length: 450 }, (_, n) => `  part-${n}: {image: scratch}\n`).join("")}`);
    agent.run("init", "Big");
    agent.run("import", file);
    await page.getByText("Big", { exact: true }).click();
    await page.getByRole("heading", { name: "Big" }).waitFor();
    let release;
    const released = new Promise((done) => (release = done));
    const asked = [];
    await page.route("**/api/call", async (route) => {
      const { method, params } = route.request().postDataJSON();
      if (method === "job/cancel") asked.push(["cancel", params.job]);
      if (method !== "history/at") return route.continue();
      asked.push(["look", params.job]);
      // The agent tells how far it is as it is; only its answer is kept back.
      const response = await route.fetch();
      await released;
      await route.fulfill({ response }).catch(() => {});
    });
    await page.goto(new URL("/past", page.url()).href);
    await page.getByText(/^Reading the history [24]00 of 4\d\d$/).waitFor();
    await accessible(page, "a long look at the past");
    await picture(page, "past-busy");
    await page.getByRole("button", { name: "Cancel" }).click();
    // Here it has ended all the same. Another question ends the one before, and their answers are not mixed up.
    await page.getByLabel("Day").fill(await page.getByLabel("Day").getAttribute("max"));
    release();
    await page.getByText("450", { exact: true }).first().waitFor();
    const looks = asked.filter(([what]) => what === "look").map(([, job]) => job);
    const cancels = asked.filter(([what]) => what === "cancel").map(([, job]) => job);
    assert.equal(new Set(looks).size, 2, "two looks");
    assert.deepEqual([...new Set(cancels)], [looks[0]], "only the first was stopped");
  }, { refusals: true }));
