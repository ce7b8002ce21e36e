// What hands do to a diagram: make, rename and delete one, draw a relation from a card, choose several, and on a touch
// screen move and pinch it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, picture, withAgent } from "./support.mjs";

const card = "svg .gp-node[data-id]";

async function openDiagram(page) {
  await page.getByText("Look at the sample").click();
  await page.waitForURL((url) => url.pathname !== "/welcome");
  await page.goto(new URL("/diagram", page.url()).href);
  await page.locator(card).first().waitFor();
}

test("make, rename and delete a diagram", { timeout: 120_000 }, () =>
  withAgent(async ({ page }) => {
    await openDiagram(page);
    const list = page.getByTitle("Choose a diagram");
    await list.click();
    await accessible(page, "list of diagrams");
    await page.getByText("New diagram…").click();
    await page.getByLabel("Name of the diagram").fill("Second look");
    await page.keyboard.press("Enter");
    await page.getByText("Created the diagram").waitFor();
    await list.click();
    await page.getByText("Rename…").click();
    await page.getByLabel("Name of the diagram").fill("Renamed look");
    await page.keyboard.press("Enter");
    await list.filter({ hasText: "Renamed look" }).waitFor();
    await list.click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("Deleted Renamed look").waitFor();
    await list.filter({ hasText: "Groundplan at a glance" }).waitFor();
    await page.getByRole("button", { name: "Undo", exact: true }).first().click();
    await page.locator(".explorer").getByText("Renamed look").waitFor();
  }));

test("draw a relation from a card, choose several", { timeout: 120_000 }, () =>
  withAgent(async ({ page, agent }) => {
    await openDiagram(page);
    const cards = page.locator(card);
    const named = (name) => cards.filter({ hasText: name }).last();
    await named("Operator").click();
    const from = await page.locator(".canvas-handle").first().boundingBox();
    const to = await named("Interface").boundingBox();
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 });
    await picture(page, "drag-relation");
    await page.mouse.up();
    await page.getByText("Connect Operator to").waitFor();
    await accessible(page, "after a drag");
    await page.getByText("Uses", { exact: true }).click();
    await page.getByText("Connected Operator and Interface").waitFor();
    const relations = JSON.parse(agent.run("list", "--relations", "--json"));
    assert.ok(relations.some((one) => one.source_name === "Operator" && one.target_name === "Interface"), "it is stored");
    await page.keyboard.press("Escape");
    await named("Architect").click({ modifiers: ["Shift"] });
    await named("Local store").click({ modifiers: ["Shift"] });
    await page.getByRole("heading", { name: /selected/ }).first().waitFor();
    await picture(page, "several");
    await accessible(page, "several chosen");
  }));

test("move and pinch with fingers", { timeout: 120_000 }, () =>
  withAgent(async ({ page, context }) => {
    await openDiagram(page);
    const cdp = await context.newCDPSession(page);
    const touch = (type, ...points) =>
      cdp.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y, id]) => ({ x, y, id })) });
    const place = () => page.locator(card).first().boundingBox();
    const zoom = async () => Number.parseInt(await page.locator(".canvas-percent").innerText(), 10);
    const [before, small] = [await place(), await zoom()];
    await touch("touchStart", [180, 600, 1]);
    for (let step = 1; step <= 10; step += 1) await touch("touchMove", [180 + step * 6, 600 - step * 12, 1]);
    await touch("touchEnd");
    await page.waitForFunction(
      ([selector, x]) => document.querySelector(selector).getBoundingClientRect().x > x + 40, [card, before.x]);
    assert.equal(await zoom(), small, "one finger moves and does not zoom");
    await touch("touchStart", [150, 400, 1], [210, 400, 2]);
    for (let step = 1; step <= 10; step += 1) await touch("touchMove", [150 - step * 8, 400, 1], [210 + step * 8, 400, 2]);
    await touch("touchEnd");
    await page.waitForFunction((less) => Number.parseInt(document.querySelector(".canvas-percent").textContent, 10) > less * 2, small);
    await picture(page, "pinched");
    await accessible(page, "pinched");
  }, { width: 390, height: 844, touch: true }));
