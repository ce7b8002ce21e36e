// Two devices of one person, each behind its own browser: both show the same check digits, and the lists follow.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, picture, withAgent, withServer } from "./support.mjs";

const password = "several words make a password";

async function connect(page, url, tab) {
  await page.getByRole("tab", { name: tab }).click();
  await page.getByLabel("Server address").fill(url);
  await page.getByLabel("Account name").fill("mara");
  await page.getByLabel("Password").fill(password);
  await accessible(page, `connect, ${tab}`);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByText("Connected", { exact: true }).waitFor();
}

test("link a device by its code, invite, make the recovery code", { timeout: 240_000 }, () =>
  withServer((url) =>
    withAgent(async ({ page }) => {
      await page.getByText("Look at the sample").click();
      await page.getByText("Groundplan at a glance").first().waitFor();
      await page.goto(new URL("/sync", page.url()).href);
      await page.getByRole("button", { name: "Connect to a server" }).first().click();
      await connect(page, url, "New account");
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
      const rows = page.locator("main .rows .row-line");
      await rows.nth(1).waitFor();
      await page.getByRole("button", { name: "Invite a person" }).click();
      await accessible(page, "invite");
      await page.getByRole("button", { name: "Make the invitation" }).click();
      await page.locator(".qr svg").waitFor();
      await page.getByRole("button", { name: "Done" }).click();
      await page.getByRole("button", { name: "Recovery code" }).click();
      await page.getByRole("button", { name: "Show the code" }).click();
      await page.locator(".recovery-code").waitFor();
      await accessible(page, "recovery code");
      await page.getByRole("button", { name: "I have kept it" }).click();
      await page.locator("main .rows").getByText("Recovery code").waitFor();
      await picture(page, "devices");
    })));
