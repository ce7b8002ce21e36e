// What keeps a workspace safe: a deletion of very much by another device waits for a person, devices say how far they
// are, a backup is written and checked, a page gets another classification.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { accessible, openSample, picture, withAgent, withTwoDevices } from "./support.mjs";

const views = [["light", 1440, "light"], ["dark", 1440, "dark"], ["phone", 360, "light"], ["phone-dark", 360, "dark"]];

/** Looks at the page as it stands in every view. */
async function look(page, what) {
  for (const [name, width, colorScheme] of views) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await accessible(page, `${what} (${name})`);
    await picture(page, `${what.replaceAll(" ", "-")}-${name}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${what} (${name}) scrolls sideways by ${wide} px`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** Deletes every element by the command line; returns how many. */
function deleteAll(agent) {
  const all = JSON.parse(agent.run("list", "--json"));
  agent.run("delete", ...all.map((one) => one.id));
  return all.length;
}

test("very much deleted at once waits for a person", { timeout: 400_000 }, () =>
  withTwoDevices(async ({ page, agent }, { page: other, agent: far }) => {
    const before = JSON.parse(agent.run("list", "--json")).length;
    await page.goto(new URL("/sync", page.url()).href);
    const rows = page.locator(".peers tbody tr");
    await rows.nth(1).waitFor();
    await rows.filter({ hasText: "This device" }).getByText("everything that is here").waitFor();
    await look(page, "devices and how far they are");

    assert.equal(deleteAll(far), before);
    await page.getByRole("heading", { name: /deletions? by another device/ }).waitFor();
    assert.equal(JSON.parse(agent.run("list", "--json")).length, before, "nothing is applied yet");
    await look(page, "much is deleted");
    await page.getByRole("button", { name: "See what it deletes" }).click();
    const dialog = page.getByRole("dialog", { name: "Much is deleted at once" });
    await dialog.getByText("Local store").waitFor();
    await look(page, "what is deleted");
    await dialog.getByRole("button", { name: "Bring everything back" }).click();
    await page.getByText("Everything was brought back").waitFor();
    await page.getByRole("heading", { name: /deletions? by another device/ }).waitFor({ state: "detached" });
    assert.equal(JSON.parse(agent.run("list", "--json")).length, before);
    await other.locator(".status").getByText(`${before} elements`).waitFor();

    deleteAll(far);
    await page.getByRole("button", { name: "See what it deletes" }).click();
    await dialog.getByRole("button", { name: "Delete it here too" }).click();
    await page.getByText("Deleted here too").waitFor();
    assert.equal(JSON.parse(agent.run("list", "--json")).length, 0);
  }));

test("a backup is written and checked", { timeout: 180_000 }, () =>
  withAgent(async ({ page, folder }) => {
    await openSample(page);
    await page.goto(new URL("/settings", page.url()).href);
    await page.getByRole("button", { name: "Make a backup" }).click();
    const dialog = page.getByRole("dialog");
    const file = join(folder, "backup.age");
    await dialog.getByLabel("File", { exact: true }).fill(file);
    await look(page, "backup");
    await dialog.getByLabel("Passphrase of the backup").fill("a passphrase for paper");
    await dialog.getByLabel("The same once more").fill("a passphrase for paper");
    await dialog.getByRole("button", { name: "Write the backup" }).click();
    await dialog.getByText("read again to its end", { exact: false }).waitFor();
    assert.ok(existsSync(file));
    await look(page, "backup made");
    await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
    await page.getByRole("button", { name: "Check a backup" }).click();
    await dialog.getByLabel("File", { exact: true }).fill(file);
    await dialog.getByLabel("Passphrase of the backup").fill("something else");
    await dialog.getByRole("button", { name: "Check it" }).click();
    await dialog.getByRole("alert").waitFor();
    await dialog.getByLabel("Passphrase of the backup").fill("a passphrase for paper");
    await dialog.getByRole("button", { name: "Check it" }).click();
    await dialog.getByText("The backup is whole.").waitFor();
  }, { refusals: true }));

test("a page is classified", { timeout: 120_000 }, () =>
  withAgent(async ({ page, agent }) => {
    await openSample(page);
    await page.goto(new URL("/pages", page.url()).href);
    await page.getByRole("main").getByRole("link", { name: "Blind server" }).first().click();
    await page.getByRole("heading", { name: "Blind server" }).first().waitFor();
    const level = page.getByLabel("Classification");
    assert.equal(await level.inputValue(), "internal");
    await level.selectOption({ label: "Confidential" });
    await page.waitForFunction(() => document.querySelector("select[aria-label=Classification]")?.value === "confidential");
    await look(page, "page classified");
    assert.match(agent.run("show", "Blind server", "--json"), /"classification":\s*"confidential"/);
  }));
