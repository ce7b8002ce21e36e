// Every screen with the sample in it: no rule of accessibility broken, light, dark and on a phone; and the things one
// does first: find, edit, undo, write.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, openSample, picture, withAgent } from "./support.mjs";

const screens = ["/", "/diagram", "/pages", "/search?q=server", "/import", "/people", "/sync", "/settings"];

for (const [name, view] of Object.entries({
  light: {},
  dark: { scheme: "dark" },
  phone: { width: 360, height: 740 },
  tablet: { width: 768, height: 1024 },
  contrast: { contrast: "more" },
})) {
  test(`every screen is accessible: ${name}`, { timeout: 180_000 }, () =>
    withAgent(async ({ page }) => {
      await page.getByText("Look at the sample").click();
      await page.waitForURL((url) => url.pathname !== "/welcome");
      await page.locator("main").waitFor();
      for (const screen of screens) {
        await page.goto(new URL(screen, page.url()).href);
        await page.locator("main").waitFor();
        await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
        await accessible(page, `${screen} (${name})`);
        await picture(page, `${name}${screen.replace(/[^a-z]+/g, "-")}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${screen} (${name}) scrolls sideways by ${wide} px`);
      }
    }, view));
}

test("find, rename, undo", { timeout: 120_000 }, () =>
  withAgent(async ({ page, agent }) => {
    await openSample(page);
    await page.keyboard.press("Control+k");
    // At once: Enter opens the first hit for what is typed, also if the hits are not here yet.
    await page.keyboard.type("Local store");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/element/);
    await page.getByRole("heading", { name: "Local store" }).first().waitFor();
    await picture(page, "element");
    await accessible(page, "element");
    agent.run("edit", "Local store", "--name", "Vault");
    await page.getByText("Vault").first().waitFor();
    agent.run("undo");
    await page.getByText("Local store").first().waitFor();
  }));

test("what is typed while the second module is on its way is not lost", { timeout: 120_000 }, () =>
  withAgent(async ({ page }) => {
    await openSample(page);
    let release;
    const released = new Promise((done) => (release = done));
    const held = [];
    await page.route(/split_rest/, async (route) => {
      held.push(route.request().url());
      await released;
      await route.continue();
    });
    await page.goto(new URL("/", page.url()).href);
    await page.getByText("Groundplan at a glance").first().waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("Local store");
    await page.getByRole("option", { name: /^Local store/ }).first().waitFor();
    assert.notEqual(held.length, 0, "the second module was not held back");
    await page.keyboard.press("Enter");
    release();
    await page.getByRole("heading", { name: "Local store" }).first().waitFor();
  }));

test("typing in a page is saved", { timeout: 120_000 }, () =>
  withAgent(async ({ page, agent }) => {
    await openSample(page);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("Blind server");
    await page.getByRole("option", { name: /^Blind server/ }).first().click();
    await page.waitForURL(/\/page/);
    await page.getByRole("tab", { name: "Write" }).click();
    const editor = page.locator(".cm-content");
    await editor.waitFor();
    await editor.click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("Typed by a test. ");
    await page.getByText(/^Saved/).first().waitFor();
    assert.match(agent.run("show", "Blind server"), /^Typed by a test\. # Blind server/);
    await picture(page, "page");
    await accessible(page, "page");
  }));

test("another site's request and a used link are refused", { timeout: 60_000 }, () =>
  withAgent(async ({ page, agent }) => {
    const base = new URL(page.url()).origin;
    const call = (headers) =>
      fetch(`${base}/api/call`, { method: "POST", headers, body: JSON.stringify({ method: "app/status" }) });
    assert.equal((await call({ "x-groundplan": "1" })).status, 401);
    assert.equal((await call({ "x-groundplan": "1", origin: "http://evil.example" })).status, 403);
    const link = await agent.link();
    assert.ok(link.startsWith(base));
    const policy = (await fetch(base)).headers.get("content-security-policy");
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/);
  }));
