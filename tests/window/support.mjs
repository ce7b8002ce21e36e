// A WebDriver client as small as these tests need, and the start of tauri-driver with the real desktop program.
//
// Found by environment: GROUNDPLAN_BIN_DESKTOP, GROUNDPLAN_TAURI_DRIVER, GROUNDPLAN_ARTIFACTS.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const artifacts = process.env.GROUNDPLAN_ARTIFACTS ?? join(homedir(), ".cache/groundplan/artifacts");

/** What the shell says of a page whose process crashed (`src-tauri/src/revive.rs`). */
const CRASH = "the page's process ended";
const ATTEMPTS = 3;

/** A story failed after the page's process had crashed under it: with it goes the WebDriver session. */
class PageCrashed extends Error {}

/**
 * A test whose body is told again, with a word about it, if the page's process crashed. The system's web engine crashes
 * now and then where it draws without a graphics card, at places that change; a page of ours that always crashes it
 * fails. That people see the page again is a test of its own (`crash.test.mjs`).
 */
export function windowTest(name, timeout, body) {
  test(name, { timeout }, async () => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await body();
      } catch (error) {
        if (!(error instanceof PageCrashed) || attempt === ATTEMPTS) throw error;
        console.log(`the web engine's process crashed in attempt ${attempt} of ${ATTEMPTS}; "${name}" is told again`);
      }
    }
  });
}

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
      if (error.message.includes("invalid session id")) break;
    }
    if (Date.now() > end) break;
    await new Promise((wake) => setTimeout(wake, 50));
  }
  throw new Error(`waited up to ${seconds} s for ${what}${last ? `: ${last.message}` : ""}`);
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
    stdio: ["ignore", "inherit", "pipe"],
    env: { ...process.env, RUST_BACKTRACE: "0" },
  });
  let said = "";
  driver.stderr.on("data", (part) => {
    said += part;
    process.stderr.write(part);
  });
  const ended = new Promise((done) => driver.on("exit", done));
  const closed = new Promise((done) => driver.on("close", done));
  try {
    const base = `http://127.0.0.1:${port}`;
    await eventually("tauri-driver", async () => (await fetch(`${base}/status`)).ok);
    const window = await Window.open(base, required("GROUNDPLAN_BIN_DESKTOP"), ["--data-dir", folder]);
    try {
      return await story(window);
    } finally {
      await window.close();
    }
  } catch (error) {
    throw said.includes(CRASH) ? new PageCrashed(error.message, { cause: error }) : error;
  } finally {
    driver.kill("SIGTERM");
    await ended;
    await end(folder);
    await closed;
    if (!dataDir) rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Ends what still runs on a data folder. The driver ends the app after it has answered that the session is over, and
 * now and then is ended itself before it comes to that. What is left over would keep node's pipes open for ever, and a
 * second window on the same folder would meet the first.
 */
function end(folder) {
  return eventually(`the app on ${folder} to end`, () => {
    const left = runningOn(folder);
    for (const id of left) {
      try {
        process.kill(id, "SIGTERM");
      } catch (error) {
        if (error.code !== "ESRCH") throw error;
      }
    }
    return left.length === 0;
  });
}

/** The process ids of the desktop programs that were started with this data folder. */
function runningOn(folder) {
  return processes()
    .filter(({ call }) => call.at(-2) === "--data-dir" && call.at(-1) === folder)
    .map(({ id }) => id);
}

/** The processes that a process started, and those that they started. */
export function descendants(id) {
  const all = processes();
  const children = (parent) => all.filter((one) => one.parent === parent).flatMap((one) => [one, ...children(one.id)]);
  return children(id);
}

/** All processes that still run: id, parent, and the words they were called with. */
function processes() {
  const read = (id, file) => {
    try {
      return readFileSync(`/proc/${id}/${file}`, "utf8");
    } catch (error) {
      if (error.code === "ENOENT" || error.code === "ESRCH") return "";
      throw error;
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const call = read(name, "cmdline").split("\0").slice(0, -1);
      const parent = Number(/\nPPid:\s*(\d+)/.exec(read(name, "status"))?.[1]);
      return { id: Number(name), parent, call };
    })
    .filter(({ call }) => call.length > 0);
}

/** A variable of the environment that the tests cannot do without. */
export function required(name) {
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
