// Every screen with the sample in it: no rule of accessibility broken, light, dark and on a phone; and the things one
// does first: find, edit, undo, write.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { accessible, choose, openSample, picture, withAgent } from "./support.mjs";

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

test("a click on what the list just moved away is for what stood there", { timeout: 120_000 }, () =>
  withAgent(async ({ page }) => {
    await openSample(page);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("Local");
    await page.locator("#palette-list[aria-busy=false]").waitFor();
    assert.match(await page.getByRole("option").nth(1).innerText(), /^Local store/);
    // Presses the second row in the frame after it became another one.
    await page.evaluate(() => {
      const list = document.querySelector("#palette-list");
      const press = () => list.children[1]?.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true, button: 0 }));
      const watch = new MutationObserver(() => {
        if (!list.children[1]?.textContent.startsWith("Read me first")) return;
        watch.disconnect();
        requestAnimationFrame(press);
      });
      watch.observe(list, { childList: true, subtree: true });
    });
    await page.getByRole("combobox").fill("Local store");
    await page.waitForURL(/\/element/);
    await page.getByRole("heading", { name: "Local store" }).first().waitFor();
  }));

test("who goes on before a workspace is read whole is not brought back", { timeout: 120_000 }, () =>
  withAgent(async ({ page }) => {
    let release;
    const released = new Promise((done) => (release = done));
    await page.route("**/api/call", async (route) => {
      // The last thing that is read of a workspace.
      if (route.request().postData().includes("edit/state")) await released;
      await route.continue();
    });
    await openSample(page);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("Local store");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/element/);
    const read = page.waitForResponse((response) => response.request().postData()?.includes("edit/state"));
    release();
    await read;
    // The next answer is drawn after that one.
    await page.getByRole("button", { name: "Settings" }).or(page.getByRole("link", { name: "Settings" })).first().waitFor();
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.match(page.url(), /\/element/);
    await page.getByRole("heading", { name: "Local store" }).first().waitFor();
  }));

test("the explorer stays as it is when its lists are read again", { timeout: 120_000 }, () =>
  withAgent(async ({ page, agent, folder }) => {
    // More than what is opened by itself.
    const file = join(folder, "catalog-info.yaml");
    const part = (n) => `---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: part-${n}}\nspec: {type: service, lifecycle: production, system: shop}\n`;
    const system = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: shop}\nspec: {}\n";
    writeFileSync(file, system + Array.from({ length: 100 }, (_, n) => part(n)).join(""));
    agent.run("init", "Big");
    agent.run("import", file);
    await page.getByText("Big", { exact: true }).click();
    const row = (name) => page.getByRole("treeitem", { name, exact: true });
    await row("shop").locator(".twist").click();
    await row("part-0").waitFor();
    const scrolled = () => page.getByRole("tree").evaluate((tree) => tree.scrollTop);
    await page.getByRole("tree").evaluate((tree) => (tree.scrollTop = 280));
    agent.run("edit", "part-99", "--name", "renamed");
    const undone = page.waitForResponse((response) => response.request().postData()?.includes("view/list"));
    await page.keyboard.press("Control+z");
    await undone;
    await page.getByText("Undone", { exact: false }).first().waitFor();
    await row("part-20").waitFor();
    assert.equal(await scrolled(), 280);
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
    await choose(page, "Blind server");
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

test("a click anywhere in the box of an empty page begins to write", { timeout: 120_000 }, () =>
  withAgent(async ({ page, agent }) => {
    await openSample(page);
    await choose(page, "New page");
    await page.getByLabel("Title").fill("Kafka is slow");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/page/);
    await page.locator(".cm-content").waitFor();
    const box = await page.locator(".editor-box").boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height - 60);
    await page.keyboard.type("Look at the lag first.");
    const saved = page.getByText(/^Saved/).first();
    await saved.waitFor();
    assert.match(agent.run("show", "Kafka is slow"), /Look at the lag first\./);
    const said = await saved.boundingBox();
    assert.ok(said.y > box.y + box.height - 60, "what is said about the text stands below it");
    await picture(page, "page-new");
    await accessible(page, "a new page");
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
