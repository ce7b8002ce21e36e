// Files of pages and elements: chosen, dropped, pasted into the text, shown, saved, removed; and what is too large.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { accessible, choose, openSample, picture, withAgent } from "./support.mjs";

// One pixel.
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Hands files over to an element the way a mouse or the clipboard does. */
const hand = (locator, kind, ...files) =>
  locator.evaluate((element, [kind, files]) => {
    const data = new DataTransfer();
    for (const [name, type, base64] of files) {
      data.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type }));
    }
    const options = { bubbles: true, cancelable: true, composed: true };
    if (kind === "paste") {
      element.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
      return;
    }
    const { x, y } = element.getBoundingClientRect();
    for (const step of ["dragover", "drop"]) {
      element.dispatchEvent(new DragEvent(step, { ...options, dataTransfer: data, clientX: x + 20, clientY: y + 10 }));
    }
  }, [kind, files]);

test("add, drop, save and remove files of an element", { timeout: 120_000 }, () =>
  withAgent(async ({ page, agent }) => {
    await openSample(page);
    await choose(page, "Local store");
    await page.waitForURL(/\/element/);
    const files = page.locator(".attachments");
    await files.getByText("No files yet.", { exact: false }).waitFor();
    await files.locator("input[type=file]").setInputFiles([
      { name: "plan.txt", mimeType: "text/plain", buffer: Buffer.from("First the walls.") },
      { name: "second.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(9 << 20, 7) },
    ]);
    await files.getByText("second.bin").waitFor();
    await files.getByText("9.4 MB").waitFor();
    await hand(page.locator("article.element"), "drop", ["dropped.png", "image/png", PNG]);
    await files.getByText("dropped.png").waitFor();
    await accessible(page, "files of an element");
    await picture(page, "files-element");
    await files.getByRole("button", { name: "plan.txt", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "plan.txt" });
    await dialog.getByText("First the walls.").waitFor();
    await accessible(page, "a look at a text");
    await picture(page, "files-look-text");
    await page.keyboard.press("Escape");
    await files.getByRole("button", { name: "dropped.png", exact: true }).click();
    const shown = page.getByRole("dialog", { name: "dropped.png" }).getByRole("img", { name: "dropped.png" });
    await shown.waitFor();
    assert.ok(await shown.evaluate((image) => image.decode().then(() => image.naturalWidth)), "the picture is drawn");
    await accessible(page, "a look at a picture");
    await page.keyboard.press("Escape");
    // More than one piece of the answer: it must come whole.
    for (const [name, size] of [["plan.txt", 16], ["second.bin", 9 << 20]]) {
      const [download] = await Promise.all([page.waitForEvent("download"), files.getByRole("button", { name: `Save ${name}` }).click()]);
      assert.equal(download.suggestedFilename(), name);
      assert.equal(readFileSync(await download.path()).length, size, name);
    }
    await files.getByRole("button", { name: "Remove plan.txt" }).click();
    await files.getByText("plan.txt").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo", exact: true }).first().click();
    await files.getByText("plan.txt").waitFor();
    const listed = JSON.parse(agent.run("call", "attachment/list", "{}")).items.map((item) => item.name);
    assert.deepEqual(listed.sort(), ["dropped.png", "plan.txt", "second.bin"]);
    // Beside the places for files a drop does nothing, least of all open the file.
    await hand(page.locator(".status"), "drop", ["stray.txt", "text/plain", "YQ=="]);
    assert.match(page.url(), /\/element/);
    await page.evaluate(() => {
      const input = document.querySelector(".attachments input[type=file]");
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array((64 << 20) + 1)], "film.mkv"));
      input.files = data.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await files.getByText("film.mkv is larger than 64 MiB.").first().waitFor();
    await accessible(page, "a file that is too large");
    await picture(page, "files-too-large");
  }));

test("paste a picture into a page, drop a file beside it", { timeout: 120_000 }, () =>
  withAgent(async ({ page }) => {
    await openSample(page);
    await choose(page, "Blind server");
    await page.waitForURL(/\/page/);
    await page.getByRole("tab", { name: "Write" }).click();
    const editor = page.locator(".cm-content");
    await editor.waitFor();
    await editor.click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("Before ");
    await hand(editor, "paste", ["image.png", "image/png", PNG]);
    await editor.getByText(/!\[\[pasted-\d{8}-\d{6}\.png\]\]/).waitFor();
    await hand(editor, "drop", ["list.csv", "text/csv", "YSxi"]);
    await editor.getByText("[[list.csv]]").waitFor();
    await page.getByText(/^Saved/).first().waitFor();
    await page.locator(".attachments").getByText("list.csv").waitFor();
    await picture(page, "files-page");
    await page.getByRole("tab", { name: "Read" }).click();
    const shown = page.locator(".prose img");
    await shown.waitFor();
    assert.match(await shown.getAttribute("src"), /^data:image\/png;base64,/);
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".prose").getByText("list.csv").click()]);
    assert.equal(readFileSync(await download.path(), "utf8"), "a,b");
    await accessible(page, "a page with a picture");
    await picture(page, "files-read");
  }));
