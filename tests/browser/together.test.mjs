// Two devices of one person at once: each sees where the other is, its cursor in a text and what it selected on a diagram.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, picture, withTwoDevices } from "./support.mjs";

test("cursors and selections of others are shown", { timeout: 240_000 }, () =>
  withTwoDevices(async ({ page }, { page: other }) => {
    const both = [page, other];
    for (const one of both) {
      await one.goto(new URL("/pages", one.url()).href);
      await one.getByRole("main").getByRole("link", { name: "Blind server" }).first().click();
      await one.getByRole("tab", { name: "Write" }).click();
      await one.locator(".cm-content").waitFor();
    }
    await page.locator(".face.same").waitFor();
    await other.locator(".cm-content").click();
    await other.keyboard.press("Control+Home");
    await other.keyboard.type("Written there. ");
    const caret = page.locator(".cm-peer");
    await caret.waitFor();
    assert.equal(await caret.locator(".cm-peer-name").innerText(), "Owner");
    await page.locator(".cm-content").getByText("Written there.").waitFor();
    await other.keyboard.press("Shift+Control+ArrowLeft");
    await page.locator(".cm-peer-selected").waitFor();
    await accessible(page, "another cursor");
    await picture(page, "cursor-of-another");
    // Its place moves with what is written here, before it is told anew.
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("Written here.");
    await other.locator(".cm-content").getByText("Written here.").waitFor();
    await other.locator(".cm-peer").waitFor();

    for (const one of both) await one.goto(new URL("/diagram", one.url()).href);
    for (const one of both) await one.locator(".canvas-world text").first().waitFor();
    await other.locator(".canvas-surface").focus();
    await other.keyboard.press("Control+a");
    await page.locator(".canvas-peer").first().waitFor();
    assert.equal(await page.locator(".canvas-peer text").first().textContent(), "Owner");
    await accessible(page, "a selection of another");
    await picture(page, "selection-of-another");
    await other.keyboard.press("Escape");
    await page.locator(".canvas-peer").first().waitFor({ state: "detached" });

    // Long before nobody would be believed to be there any more.
    await other.close();
    await page.locator(".face").first().waitFor({ state: "detached", timeout: 15_000 });
  }));
