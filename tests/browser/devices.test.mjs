// Two devices of one person, each behind its own browser: both show the same check digits, and the lists follow. The
// recovery code is printed alone. A server with another key is trusted only after a person compared, and one that shows
// an older state is an alarm.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ACCOUNT_PASSWORD, accessible, connect, openSample, picture, upload, withAgent, withServer } from "./support.mjs";

test("link a device by its code", { timeout: 240_000 }, () =>
  withServer((url) =>
    withAgent(async ({ page }) => {
      await openSample(page);
      await upload(page, url);
      await page.getByRole("link", { name: "Members and devices of this workspace" }).click();
      await page.getByRole("button", { name: "Link a device" }).click();
      await page.locator(".qr svg").waitFor();
      await accessible(page, "the code of a link");
      await picture(page, "link-code");
      const code = await page.locator(".code-text").innerText();
      await withAgent(async ({ page: other }) => {
        await other.getByText("Sign in to a server").click();
        await connect(other, url, "Sign in");
        await other.getByText("Link this device").click();
        await other.getByLabel("Code from the other device").fill(code);
        await other.getByRole("button", { name: "Join" }).click();
        await page.getByText("The digits match").waitFor();
        await other.locator(".check-digits").waitFor();
        const digits = await Promise.all([page, other].map((one) => one.locator(".check-digits").innerText()));
        assert.match(digits[0].replaceAll(/\s/g, ""), /^\d{6}$/);
        assert.equal(digits[1].replaceAll(/\s/g, ""), digits[0].replaceAll(/\s/g, ""));
        await picture(other, "link-digits");
        await accessible(other, "check digits");
        await page.getByRole("button", { name: /digits match/ }).click();
        await page.getByText("The device is linked").waitFor();
        await other.getByText("Groundplan (sample)").first().waitFor();
        await other.getByText("Groundplan at a glance").first().waitFor();
      });
      await page.getByRole("button", { name: "Done" }).click();
      await page.locator(".person-devices .row-line").nth(1).waitFor();
      await picture(page, "devices");
    })));

test("print the recovery code, and nothing else", { timeout: 120_000 }, () =>
  withServer((url) =>
    withAgent(async ({ page }) => {
      await openSample(page);
      await upload(page, url);
      await page.goto(new URL("/people", page.url()).href);
      await page.getByRole("button", { name: "More", exact: true }).click();
      await page.getByRole("menuitem", { name: /Recovery code/ }).click();
      await page.getByRole("button", { name: "Show the code" }).click();
      const code = page.locator(".recovery-code");
      await code.waitFor();
      await accessible(page, "recovery code");
      await picture(page, "recovery-code");
      const groups = await code.locator("span").allInnerTexts();
      assert.ok(groups.length >= 6, `the code stands in groups: ${groups.length}`);
      await page.emulateMedia({ media: "print" });
      const paper = await page.locator("body").innerText();
      for (const wanted of [...groups, "Groundplan (sample)", "mara", url, String(new Date().getFullYear()), "Use a recovery code"]) {
        assert.ok(paper.includes(wanted), `${wanted} is on the paper`);
      }
      for (const unwanted of ["Members", "Up to date", "Explorer", "I have kept it", "Copy"]) {
        assert.ok(!paper.includes(unwanted), `${unwanted} is not on the paper`);
      }
      await picture(page, "recovery-print");
      const sheets = (await page.pdf({ format: "A4" })).toString("latin1").match(/\/Type\s*\/Page\b/g);
      assert.equal(sheets.length, 1, "one sheet");
      await page.emulateMedia({ media: "screen" });
      await page.getByRole("button", { name: "I have kept it" }).click();
      await page.locator(".person-devices").getByText("Recovery code").waitFor();
    })));

test("another key of the server is trusted only after comparing", { timeout: 180_000 }, () =>
  withServer((url, { replace }) =>
    withAgent(async ({ page }) => {
      await openSample(page);
      await upload(page, url);
      await replace();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByText("Signed out").first().waitFor();
      await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
      // It has never heard of the account: a new one is registered there.
      await page.getByRole("tab", { name: "New account" }).click();
      await page.getByLabel("Password").fill(ACCOUNT_PASSWORD);
      await page.getByRole("button", { name: "Connect", exact: true }).click();
      const card = page.locator(".other-key");
      await card.waitFor();
      const keys = await card.locator("dd").allInnerTexts();
      assert.notEqual(keys[0], keys[1]);
      assert.ok(keys.every((key) => key.length > 20), "both fingerprints are shown");
      await accessible(page, "another key");
      await picture(page, "other-key");
      await card.getByRole("button", { name: /administrator confirmed/ }).click();
      await card.waitFor({ state: "detached" });
      await page.getByText("mara", { exact: true }).first().waitFor();
      await page.getByRole("button", { name: "Sign out" }).waitFor();
    }, { refusals: true })));

test("a server that shows an older state is an alarm with a proof", { timeout: 240_000 }, () =>
  withServer((url, { rollBack }) =>
    withAgent(async ({ page, agent }) => {
      await openSample(page);
      await upload(page, url);
      const state = page.locator(".sync-title");
      const sync = () => page.getByRole("button", { name: "Sync now" }).first().click();
      await state.getByText("Up to date").waitFor();
      await rollBack(async () => {
        agent.run("add", "component", "After the backup");
        // Not by the page, which may still show that it was up to date before.
        agent.run("sync");
        await state.getByText("Up to date").waitFor();
      });
      await sync();
      await page.getByRole("heading", { name: "The server shows an older state" }).waitFor();
      await accessible(page, "an alarm");
      await picture(page, "alarm");
      await page.getByRole("button", { name: "See what happened" }).click();
      const [proof] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the proof" }).click()]);
      assert.match(readFileSync(await proof.path(), "utf8"), /"alarm": "rolled_back"/);
      await page.getByText("The proof", { exact: true }).click();
      await page.getByText("Only the server can settle this", { exact: false }).waitFor();
      await accessible(page, "the proof");
      await picture(page, "alarm-proof");
      await page.getByRole("button", { name: "Close", exact: true }).first().click();
      // The popover leads to the same.
      await page.keyboard.press("s");
      await page.locator(".popover").getByRole("button", { name: "See what happened" }).click();
      await page.getByRole("dialog", { name: "What the server did" }).waitFor();
    }, { refusals: true })));

/** The code that an authenticator shows, `ahead` steps from now (RFC 6238). */
function oneTimeCode(secret, ahead = 0) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const mac = createHmac("sha1", key).update(step).digest();
  const word = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(word % 1_000_000).padStart(6, "0");
}

test("signing in asks for the code of an authenticator", { timeout: 240_000 }, () =>
  withServer((url) =>
    withAgent(async ({ page }) => {
      await openSample(page);
      await upload(page, url);
      await page.goto(new URL("/settings", page.url()).href);
      await page.getByRole("button", { name: "Second factor of the account" }).click();
      const dialog = page.getByRole("dialog");
      const secret = await dialog.locator(".code-text").innerText();
      await accessible(page, "second factor");
      await picture(page, "second-factor");
      await dialog.getByLabel("Code of your authenticator").fill("000000");
      await dialog.getByRole("button", { name: "Turn on" }).click();
      await dialog.getByText("The code is wrong").first().waitFor();
      await dialog.getByLabel("Code of your authenticator").fill(oneTimeCode(secret, -1));
      await dialog.getByRole("button", { name: "Turn on" }).click();
      await page.getByText("Signing in needs a code now").waitFor();
      await page.goto(new URL("/sync", page.url()).href);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByText("Signed out").first().waitFor();
      await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
      await page.getByLabel("Password").fill(ACCOUNT_PASSWORD);
      await page.getByRole("button", { name: "Connect", exact: true }).click();
      await page.getByText("The account has a second factor").first().waitFor();
      await accessible(page, "a sign-in that wants a code");
      await picture(page, "sign-in-code");
      await page.getByLabel("Code of your authenticator").fill(oneTimeCode(secret));
      await page.getByRole("button", { name: "Connect", exact: true }).click();
      await page.getByText("Connected", { exact: true }).waitFor();
    }, { refusals: true })));
