// The real window opens, shows the embedded interface, and keeps to its limits.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { eventually, windowTest, withWindow } from "./support.mjs";

windowTest("the window opens with the interface in it", 120_000, () =>
  withWindow(async (window) => {
    assert.equal(await window.title(), "Groundplan");
    await eventually("the interface", () => window.run("return document.querySelector('main')?.innerText.trim().length > 0"));
    const picture = await window.screenshot("window-first");
    assert.ok(picture.length > 4_000, `a picture of ${picture.length} bytes shows an empty window`);
  }),
);

windowTest("the page reaches nothing but its two commands", 120_000, () =>
  withWindow(async (window) => {
    const attempt = (command, args) =>
      window.runAsync(
        `const [command, args, done] = arguments;
         window.__TAURI_INTERNALS__.invoke(command, args).then(() => done("allowed"), (error) => done(String(error?.message ?? error)));`,
        command,
        args,
      );
    for (const command of ["plugin:window|close", "plugin:path|resolve_directory", "plugin:event|emit", "plugin:webview|create_webview", "nothing"]) {
      assert.match(await attempt(command, {}), /not allowed|not found/i, command);
    }
    const refused = await window.call("no/such-command");
    assert.equal(typeof refused.error?.code, "string", JSON.stringify(refused));
    const asked = await requestsDuring((address) =>
      window.runAsync(
        `const [address, done] = arguments;
         fetch(address).then(() => done("reached"), (error) => done(String(error)));`,
        address,
      ),
    );
    assert.equal(asked, 0, "the page must not reach a server");
    assert.equal(await window.run("try { return eval('1'); } catch (error) { return error.name; }"), "EvalError");
  }),
);

/** Counts the requests that reach a server which refuses nobody, while `attempt` tries. */
async function requestsDuring(attempt) {
  let count = 0;
  const server = createServer((_, response) => {
    count += 1;
    response.writeHead(200, { "access-control-allow-origin": "*" }).end("here");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    await attempt(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    await new Promise((done) => server.close(done));
  }
  return count;
}
