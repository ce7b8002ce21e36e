// A WebDriver client as small as these tests need, and the start of tauri-driver with the real desktop program.
//
// Found by environment: GROUNDPLAN_BIN_DESKTOP, GROUNDPLAN_TAURI_DRIVER, GROUNDPLAN_ARTIFACTS.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const artifacts = process.env.GROUNDPLAN_ARTIFACTS ?? join(homedir(), ".cache/groundplan/artifacts");

/** Asks `probe` until it gives something; fails with `what` after `seconds`. */
export async function eventually(what, probe, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const found = await probe();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}${last ? `: ${last.message}` : ""}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Opens the app with a fresh data folder (or the one given) and runs `story` with its window. */
export async function withWindow(story, { dataDir } = {}) {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), "groundplan-window-"));
  const [port, nativePort] = [await freePort(), await freePort()];
  const driver = spawn(required("GROUNDPLAN_TAURI_DRIVER"), ["--port", `${port}`, "--native-port", `${nativePort}`], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, RUST_BACKTRACE: "0" },
  });
  const ended = new Promise((done) => driver.on("exit", done));
  try {
    const base = `http://127.0.0.1:${port}`;
    await eventually("tauri-driver", async () => (await fetch(`${base}/status`)).ok);
    const window = await Window.open(base, required("GROUNDPLAN_BIN_DESKTOP"), ["--data-dir", folder]);
    try {
      return await story(window);
    } finally {
      await window.close();
    }
  } finally {
    driver.kill("SIGTERM");
    await ended;
    if (!dataDir) rmSync(folder, { recursive: true, force: true });
  }
}

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run \`cargo xtask test window\``);
  return value;
}

/** One WebDriver session: one window of the app. */
export class Window {
  #session;

  constructor(session) {
    this.#session = session;
  }

  static async open(base, application, args) {
    const alwaysMatch = { "tauri:options": { application, args } };
    const { sessionId } = await request("POST", `${base}/session`, { capabilities: { alwaysMatch } });
    return new Window(`${base}/session/${sessionId}`);
  }

  /** The title of the page. */
  title() {
    return request("GET", `${this.#session}/title`);
  }

  /** Runs a function's body in the page and returns what it returns. */
  run(script, ...args) {
    return request("POST", `${this.#session}/execute/sync`, { script, args });
  }

  /** Runs a body that calls its last argument with the result. */
  runAsync(script, ...args) {
    return request("POST", `${this.#session}/execute/async`, { script, args });
  }

  /** Calls one command of the command table, as the interface does; returns `{ ok }` or `{ error }`. */
  call(method, params = {}) {
    return this.runAsync(
      `const [method, params, done] = arguments;
       window.__TAURI_INTERNALS__.invoke("call", { method, params }).then((ok) => done({ ok }), (error) => done({ error }));`,
      method,
      params,
    );
  }

  /** Waits for an element and returns its reference. */
  find(selector, seconds) {
    const body = { using: "css selector", value: selector };
    return eventually(selector, async () => (await request("POST", `${this.#session}/element`, body))[ELEMENT], seconds);
  }

  /** Clicks what the selector finds. */
  async click(selector) {
    await request("POST", `${this.#session}/element/${await this.find(selector)}/click`, {});
  }

  /** Types text into what the selector finds. */
  async type(selector, text) {
    await request("POST", `${this.#session}/element/${await this.find(selector)}/value`, { text });
  }

  /** The text that the page shows. */
  text() {
    return this.run("return document.body.innerText");
  }

  /** Keeps a picture of the window as test output. */
  async screenshot(name) {
    mkdirSync(artifacts, { recursive: true });
    const picture = Buffer.from(await request("GET", `${this.#session}/screenshot`), "base64");
    writeFileSync(join(artifacts, `${name}.png`), picture);
    return picture;
  }

  close() {
    return request("DELETE", this.#session);
  }
}

async function request(method, url, body) {
  const answer = await fetch(url, { method, body: body && JSON.stringify(body), headers: { "content-type": "application/json" } });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value?.error}: ${value?.message}`);
  return value;
}
