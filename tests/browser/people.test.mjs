// People come and go: a newcomer is let in after comparing safety numbers, a device is shut out, a member is removed;
// whoever was shut out is told so, keeps everything, and can save what was not sent.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { accessible, connect, link, openSample, picture, upload, withAgent, withServer, withTwoDevices } from "./support.mjs";

const path = (page, where) => page.goto(new URL(where, page.url()).href);

/** Opens the menu of a row and chooses an entry. */
async function choose(page, row, entry) {
  await row.getByRole("button", { name: /^What to do with/ }).first().click();
  await page.getByRole("menuitem", { name: entry }).click();
}

/** Accepts an invitation on a device that has nothing yet; does not wait until it is let in. */
async function accept(page, url, invitation, account, name) {
  await page.getByText("Accept an invitation").click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign in to a server" }).click();
  await connect(page, url, "New account", account);
  await page.getByText("Accept an invitation").click();
  await page.getByLabel("Invitation link").fill(invitation);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Join" }).click();
}

async function invite(page, role, days) {
  await page.getByRole("button", { name: "Invite a person" }).click();
  await page.locator("label").filter({ hasText: /^Role/ }).locator("select").selectOption({ label: role });
  await page.getByLabel("Works for").selectOption({ label: days });
  await accessible(page, "invite");
  await picture(page, "invite");
  await page.getByRole("button", { name: "Make the invitation" }).click();
  await page.locator(".qr svg").waitFor();
  await accessible(page, "invitation");
  await picture(page, "invitation");
  const link = await page.locator(".code-text").innerText();
  await page.getByRole("button", { name: "Done" }).click();
  return link;
}

test("let a newcomer in after comparing, then remove them", { timeout: 400_000 }, () =>
  withServer((url) =>
    withAgent(async ({ page }) => {
      await openSample(page);
      await upload(page, url);
      // The device that invites is gone when the newcomer comes: somebody has to let them in by hand.
      let invitation;
      await withAgent(async ({ page: other }) => {
        await link(page, other, url);
        await path(other, "/people");
        invitation = await invite(other, "Editor", "30 days");
        assert.match(invitation, /^groundplan:\/\/join#/);
        await other.getByText("ends in 30 days").waitFor();
      });
      await withAgent(async ({ page: newcomer, agent }) => {
        await accept(newcomer, url, invitation, "jon", "Jon");
        const theirs = newcomer.locator(".safety-number");
        await theirs.waitFor();
        await accessible(newcomer, "waiting to be let in");
        await picture(newcomer, "join-waiting");

        await path(page, "/people");
        await page.getByText("Waiting to be let in").waitFor();
        await accessible(page, "a newcomer waits");
        await picture(page, "people-waiting");
        await page.getByRole("button", { name: /Compare and let in/ }).click();
        const ours = page.locator(".safety-number");
        await ours.waitFor();
        const digits = await Promise.all([ours, theirs].map((one) => one.innerText()));
        assert.match(digits[0].replaceAll(/\s/g, ""), /^\d{60}$/);
        assert.equal(digits[0], digits[1], "both see the same number");
        await accessible(page, "compare with a newcomer");
        await picture(page, "people-compare");
        await page.getByRole("button", { name: "They do not match" }).click();
        await page.getByText("Do not let them in.", { exact: false }).waitFor();
        await accessible(page, "the numbers differ");
        await page.getByRole("button", { name: "Close", exact: true }).last().click();
        await page.getByRole("button", { name: /Compare and let in/ }).click();
        await page.getByLabel("Name, as members will see it").fill("Jon");
        await page.getByRole("button", { name: "They match, let in" }).click();
        await page.getByText("Jon is a member now").waitFor();
        await newcomer.getByText("Groundplan at a glance").first().waitFor();

        // An editor sees everybody and is offered nothing that an editor may not do.
        await path(newcomer, "/people");
        await newcomer.locator(".person").nth(1).waitFor();
        assert.equal(await newcomer.getByRole("button", { name: "Invite a person" }).count(), 0);
        await newcomer.locator(".person").filter({ hasText: "Owner" }).getByRole("button", { name: /^What to do with/ }).click();
        assert.deepEqual(await newcomer.getByRole("menuitem").allInnerTexts(), ["Compare safety number…"]);
        await accessible(newcomer, "menu of a member");
        await picture(newcomer, "people-editor");
        await newcomer.keyboard.press("Escape");

        const row = page.locator(".person").filter({ hasText: "Jon" });
        await choose(page, row, /Change role/);
        await page.locator("label").filter({ hasText: /^Role/ }).locator("select").selectOption({ label: "Viewer" });
        await page.getByRole("button", { name: "Change", exact: true }).click();
        await row.getByText("Viewer").waitFor();
        await choose(page, row, /Change what they read/);
        await accessible(page, "what a member reads");
        await page.getByLabel("Reads up to").selectOption({ label: "Public" });
        await page.getByRole("button", { name: "Change", exact: true }).click();
        await row.getByText("reads up to Public").waitFor();

        await choose(page, row, /Remove/);
        await page.getByText("New keys start for everything that Jon could read", { exact: false }).waitFor();
        await accessible(page, "remove a member");
        await picture(page, "people-remove");
        await page.getByRole("button", { name: "Remove", exact: true }).click();
        await page.getByText("1 former member").waitFor();
        await picture(page, "people");
        await accessible(page, "members");

        await newcomer.locator(".banner").getByText("You were removed from this workspace").waitFor();
        agent.run("add", "component", "Written too late");
        await newcomer.getByRole("link", { name: "What can I do?" }).click();
        await newcomer.getByText("1 change was not sent", { exact: false }).first().waitFor();
        await accessible(newcomer, "removed");
        await picture(newcomer, "removed");
        await newcomer.getByRole("button", { name: "See what was not sent" }).first().click();
        await newcomer.getByRole("dialog").getByText("Written too late").waitFor();
        await accessible(newcomer, "what was not sent");
        await picture(newcomer, "rescue");
        const [saved] = await Promise.all([
          newcomer.waitForEvent("download"),
          newcomer.getByRole("button", { name: "Save as a file" }).click(),
        ]);
        assert.match(readFileSync(await saved.path(), "utf8"), /Written too late/);
      });
    })));

test("shut a device out; everything by keyboard", { timeout: 300_000 }, () =>
  withTwoDevices(async ({ page }, { page: other }) => {
    await page.keyboard.press("w");
    const rows = page.locator(".person-devices .row-line");
    await rows.nth(1).waitFor();
    const lost = rows.filter({ hasNotText: "This device" });
    await lost.getByRole("button", { name: /^What to do with/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: /Shut out/ }).waitFor();
    await page.waitForFunction(() => document.activeElement.getAttribute("role") === "menuitem");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement.getAttribute("aria-haspopup") === "menu");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.getAttribute("role") === "menuitem");
    await page.keyboard.press("Enter");
    await page.getByText("The device stops receiving and sending at once.").waitFor();
    await accessible(page, "shut a device out");
    await picture(page, "revoke");
    // What cannot be undone is not what Enter finds first.
    await page.waitForFunction(() => document.activeElement.textContent === "Cancel");
    await page.getByRole("button", { name: "Shut out", exact: true }).click();
    await rows.getByText("Shut out").waitFor();
    await other.locator(".banner").getByText("This device was shut out of the workspace").waitFor();
    await path(other, "/sync");
    await other.getByText("Nothing on this device was deleted.", { exact: false }).waitFor();
    await accessible(other, "shut out");
    await picture(other, "revoked");
  }));

test("roles, rules, keys and service accounts", { timeout: 240_000 }, () =>
  withServer((url) =>
    withAgent(async ({ page }) => {
      await openSample(page);
      await upload(page, url);
      await path(page, "/people");
      const more = async (entry) => {
        await page.getByRole("button", { name: "More", exact: true }).click();
        await page.getByRole("menuitem", { name: entry }).click();
      };
      await more(/New role/);
      await page.getByLabel("Name", { exact: true }).fill("Auditors");
      await page.getByLabel("exports", { exact: true }).check();
      await accessible(page, "a new role");
      await picture(page, "role-new");
      await page.getByRole("button", { name: "Save" }).click();
      await page.locator(".role-line").filter({ hasText: "Auditors" }).getByText("exports").waitFor();

      await more(/Change the rules/);
      await page.getByLabel(/Days a device may be offline/).fill("45");
      await accessible(page, "rules");
      await picture(page, "rules");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("45 days").waitFor();

      const internal = page.getByRole("row").filter({ hasText: "Internal" });
      await internal.getByText("1", { exact: true }).waitFor();
      await more(/Start new keys/);
      await page.getByRole("button", { name: "Start new keys", exact: true }).click();
      await internal.getByText("2", { exact: true }).waitFor();

      await more(/Add a service account/);
      await page.getByLabel("Name", { exact: true }).fill("Probe");
      await page.locator("label").filter({ hasText: /^Role/ }).locator("select").selectOption({ label: "Auditors" });
      await accessible(page, "a service account");
      await page.getByRole("button", { name: "Add a service account" }).click();
      const key = await page.locator(".code-text").innerText();
      assert.ok(key.length > 40, "the key is shown");
      await accessible(page, "the key of a service account");
      await page.getByRole("button", { name: "I have kept it" }).click();
      await page.locator(".person").filter({ hasText: "Probe" }).getByText("Auditors").waitFor();

      await invite(page, "Viewer", "1 day");
      const row = page.locator(".person-line").filter({ hasText: "ends within a day" });
      await choose(page, row, /Take back/);
      await page.getByRole("button", { name: "Take back", exact: true }).click();
      await page.getByText("1 earlier invitation").click();
      await page.getByText("taken back", { exact: true }).waitFor();
      for (const [name, width, colorScheme] of [["light", 1440, "light"], ["dark", 1440, "dark"], ["phone", 360, "light"], ["phone-dark", 360, "dark"]]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await accessible(page, `members, roles, rules (${name})`);
        await picture(page, `people-all-${name}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`);
      }
      await page.locator(".person").filter({ hasText: "Probe" }).getByRole("button", { name: /^What to do with/ }).click();
      await page.getByRole("menuitem", { name: /Remove/ }).waitFor();
      await picture(page, "people-phone-menu");
    })));
