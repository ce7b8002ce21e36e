// Comments on an element and on a page, answered, resolved and taken back from the keyboard; what changed, as a page of its
// own; nothing of it breaks a rule of accessibility, light, dark or on a phone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, picture, withAgent } from "./support.mjs";

async function openElement(page, name) {
  // The address, not the palette: on a slow machine the second module may still be on its way.
  await page.goto(new URL(`/search?q=${encodeURIComponent(name)}`, page.url()).href);
  await page.getByRole("main").getByRole("link", { name }).first().click();
  await page.getByRole("heading", { name }).first().waitFor();
}

for (const [name, view] of Object.entries({ light: {}, dark: { scheme: "dark" }, phone: { width: 360, height: 740 } })) {
  test(`people talk about an element: ${name}`, { timeout: 120_000 }, () =>
    withAgent(async ({ page, agent }) => {
      await page.getByText("Look at the sample").click();
      await page.getByRole("heading", { name: "Groundplan (sample)" }).waitFor();
      await openElement(page, "Local store");
      const field = page.getByRole("textbox", { name: "Comment; @Name mentions somebody" });
      await field.fill("Why **one** file?");
      await field.press("Control+Enter");
      const thread = page.getByRole("article", { name: "Thread" });
      await thread.getByText("Why one file?").waitFor();
      assert.equal(await field.inputValue(), "", "what was sent is gone from the field");
      await thread.getByRole("textbox", { name: "Reply" }).fill("One backup, one key.");
      await thread.getByRole("button", { name: "Reply" }).click();
      await thread.getByText("One backup, one key.").waitFor();
      await thread.scrollIntoViewIfNeeded();
      await accessible(page, `comments (${name})`);
      await picture(page, `comments-${name}`);
      assert.match(agent.run("comment", "list", "Local store"), /Why \*\*one\*\* file\?/);
      await thread.getByRole("button", { name: "Resolve" }).click();
      await thread.waitFor({ state: "detached" });
      await page.getByRole("button", { name: "1 resolved" }).click();
      await thread.getByText("Resolved by").waitFor();
      await page.goto(new URL("/changes", page.url()).href);
      await page.getByText("Nothing new").waitFor();
      await accessible(page, `what changed (${name})`);
      await picture(page, `changes-${name}`);
    }, view));
}
