// A device without a keyring: the passphrase is chosen, forgotten by locking, mistyped, given, changed; and each way in
// which a profile may not open has a screen of its own.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PASSPHRASE, accessible, picture, program, withAgent } from "./support.mjs";

const [first, second] = ["correct horse battery", "staple correct horse"];

async function unlock(page, passphrase) {
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await page.getByRole("button", { name: "Unlock" }).click();
}

test("choose a passphrase, lock, unlock, change it", { timeout: 180_000 }, () =>
  withAgent(async ({ page }) => {
    await page.getByRole("heading", { name: "Protect this device" }).waitFor();
    await accessible(page, "first passphrase");
    await page.getByLabel("Passphrase", { exact: true }).fill("short");
    await page.getByText("3 more characters").waitFor();
    await page.getByLabel("The same once more").fill("other");
    await page.getByRole("button", { name: "Protect and begin" }).click();
    await page.getByText("The two passphrases differ.").first().waitFor();
    await picture(page, "unlock-new-differ");
    await page.getByLabel("Passphrase", { exact: true }).fill(first);
    await page.getByLabel("The same once more").fill(first);
    await picture(page, "unlock-new");
    await page.getByRole("button", { name: "Protect and begin" }).click();
    await page.getByText("Look at the sample").click();
    await page.getByText("Groundplan at a glance").first().waitFor();
    await page.goto(new URL("/pages", page.url()).href);
    await page.getByRole("heading", { name: "Pages" }).waitFor();

    await page.keyboard.press("Control+k");
    await page.keyboard.type("lock");
    await page.getByRole("option", { name: "Lock", exact: true }).click();
    await page.getByRole("button", { name: "Unlock" }).waitFor();
    assert.ok(!(await page.locator("body").innerText()).includes("Blind server"), "nothing of the content is left");
    await accessible(page, "locked");
    await unlock(page, "not this one");
    await page.getByText("The passphrase does not open this profile.").first().waitFor();
    await picture(page, "unlock-wrong");
    await accessible(page, "wrong passphrase");
    await unlock(page, first);
    await page.getByRole("heading", { name: "Pages" }).waitFor();

    await page.goto(new URL("/settings", page.url()).href);
    await page.getByRole("button", { name: "Change the passphrase" }).click();
    await page.getByLabel("Present passphrase").fill(first);
    await page.getByLabel("New passphrase").fill(second);
    await page.getByLabel("The same once more").fill(second);
    await accessible(page, "change the passphrase");
    await picture(page, "unlock-change");
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await page.getByText("The passphrase is changed").first().waitFor();
    await page.getByRole("button", { name: "Lock now" }).click();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await unlock(page, first);
      await page.getByText("The passphrase does not open this profile.").first().waitFor();
    }
    await unlock(page, second);
    await page.getByText(/Try again in \d+ second/).first().waitFor();
    await picture(page, "unlock-slowed");
  }, { unlocked: false }));

/** Makes a profile with a workspace, then does something to its files. */
function broken(change) {
  return (folder) => {
    const env = { ...process.env, GROUNDPLAN_PASSPHRASE: PASSPHRASE, DBUS_SESSION_BUS_ADDRESS: "disabled:" };
    const made = spawnSync(program(), ["--data-dir", folder, "init", "Shop"], { env, encoding: "utf8" });
    assert.equal(made.status, 0, made.stderr);
    change(folder);
  };
}

for (const [name, change, heading] of [
  ["corrupt", (folder) => writeFileSync(join(folder, "key.json"), "{"), "A file is damaged"],
  ["missing", (folder) => writeFileSync(join(folder, "key.json"), '{"storage":"keyring","entry":"gone"}'), "The key is not there"],
  ["no-key-file", (folder) => rmSync(join(folder, "key.json")), "A file is damaged"],
]) {
  test(`a profile that does not open says why: ${name}`, { timeout: 60_000 }, () =>
    withAgent(async ({ page }) => {
      await page.getByRole("heading", { name: heading }).waitFor();
      await picture(page, `unlock-${name}`);
      await accessible(page, name);
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("heading", { name: heading }).waitFor();
    }, { unlocked: false, prepare: broken(change) }));
}

test("the key of another profile does not fit, and says so", { timeout: 60_000 }, () =>
  withAgent(async ({ page }) => {
    await unlock(page, PASSPHRASE);
    await page.getByRole("heading", { name: "The key does not fit" }).waitFor();
    await picture(page, "unlock-other-key");
    await accessible(page, "other key");
  }, {
    unlocked: false,
    prepare(folder) {
      broken((one) => {
        const other = join(one, "other");
        broken(() => {})(other);
        writeFileSync(join(one, "key.json"), readFileSync(join(other, "key.json")));
        rmSync(other, { recursive: true });
      })(folder);
    },
  }));

test("a workspace whose file is damaged says so in its row", { timeout: 60_000 }, () =>
  withAgent(async ({ page }) => {
    await page.getByText("Shop").first().waitFor();
    await page.getByRole("alert").first().waitFor();
    await picture(page, "workspace-damaged");
    await accessible(page, "damaged workspace");
  }, {
    prepare: broken((folder) => {
      const workspaces = join(folder, "workspaces");
      for (const file of readdirSync(workspaces)) {
        if (file.endsWith(".db")) truncateSync(join(workspaces, file), 5000);
        else rmSync(join(workspaces, file));
      }
    }),
  }));
