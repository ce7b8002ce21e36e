// The real program behind a real Chromium: one agent on a fresh data folder, one page, pictures as test output.
//
// Found by environment: GROUNDPLAN_BIN, GROUNDPLAN_ARTIFACTS, GROUNDPLAN_UI_DIR (another interface than the built-in one); the corpora beside the project or in
// GROUNDPLAN_CORPORA.

import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(join(root, "ui/package.json"));
const { chromium } = require("playwright-core");
const axe = require.resolve("axe-core/axe.min.js");
const artifacts = process.env.GROUNDPLAN_ARTIFACTS ?? join(homedir(), ".cache/groundplan/artifacts");
/** The passphrase of profiles that open by themselves. */
export const PASSPHRASE = "browser tests only";

/** What was started and has not been ended: a story that timed out goes no further and ends nothing. */
const alive = new Set();
after(async () => {
  for (const end of alive) await end();
});

/** Notes how something ends, for as long as it runs. */
function keep(end) {
  const once = async () => {
    if (alive.delete(once)) await end();
  };
  alive.add(once);
  return once;
}

/** A file of the corpora, or nothing where they are not there. */
export function corpus(path) {
  const folder = process.env.GROUNDPLAN_CORPORA ?? join(root, "../shared/corpora");
  const file = join(folder, path);
  return existsSync(file) ? file : undefined;
}

/** Runs `story` with a page of an agent that has nothing in it yet. */
export async function withAgent(
  story,
  { width = 1440, height = 900, scheme = "light", contrast = "no-preference", touch = false, unlocked = true, refusals = !unlocked, prepare = () => {} } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-browser-"));
  prepare(folder);
  const agent = new Agent(folder, unlocked);
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
  const closeBrowser = keep(() => browser.close());
  const endAgent = keep(() => agent.end());
  try {
    const viewport = { width, height };
    const context = await browser.newContext({ viewport, colorScheme: scheme, contrast, hasTouch: touch });
    const page = await context.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(error.message));
    // A refused command is an HTTP status, which the browser reports as if the page had failed.
    const refused = (text) => refusals && /status of [45]\d\d/.test(text);
    page.on("console", (message) => {
      if (message.type() === "error" && !refused(message.text())) problems.push(message.text());
    });
    // The console says only that something failed to load; this says what.
    page.on("response", async (response) => {
      if (response.status() < 400 || refusals) return;
      const asked = response.request().postData()?.slice(0, 200) ?? response.url();
      problems.push(`${response.status()} for ${asked}: ${await response.text().catch(() => "no body")}`);
    });
    await page.goto(await agent.link());
    await page.locator("main").waitFor();
    await story({ page, agent, context, folder });
    if (problems.length > 0) throw new Error(`the page complained: ${problems.join(" | ")}`);
  } finally {
    await closeBrowser();
    await endAgent();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs `story` with the address of a server that knows nobody yet, and ways to put another one in its place: one with
 * other keys, or itself as it was before something happened.
 */
export async function withServer(story) {
  const folders = [];
  let running = await serve("127.0.0.1:0");
  const { url } = running;

  function newFolder() {
    const folder = mkdtempSync(join(tmpdir(), "groundplan-server-"));
    folders.push(folder);
    return folder;
  }

  async function serve(listen, folder = newFolder()) {
    const binary = process.env.GROUNDPLAN_BIN_SERVER ?? join(dirname(program()), "groundplan-server");
    const server = spawn(binary, ["serve", "--listen", listen, "--data-dir", folder], { stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise((done) => server.on("exit", done));
    const url = await new Promise((found, failed) => {
      let output = "";
      server.on("error", failed);
      server.on("exit", (code) => failed(new Error(`the server ended with ${code}`)));
      server.stdout.on("data", (data) => {
        output += data;
        const line = /listening on (\S+)\n/.exec(output);
        if (line) found(line[1]);
      });
    });
    const end = keep(async () => {
      server.kill("SIGTERM");
      await ended;
    });
    return { url, folder, end };
  }

  /** Another server at the same address: with other keys, and without what the first one knew. */
  async function replace() {
    await running.end();
    running = await serve(new URL(url).host);
  }

  /** The server after a backup was brought back: what happened in `between` never happened to it. */
  async function rollBack(between) {
    await running.end();
    const backup = newFolder();
    cpSync(running.folder, backup, { recursive: true });
    running = await serve(new URL(url).host, running.folder);
    await between();
    await running.end();
    running = await serve(new URL(url).host, backup);
  }

  try {
    await story(url, { replace, rollBack });
  } finally {
    await running.end();
    folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  }
}

/** The password of accounts. */
export const ACCOUNT_PASSWORD = "several words make a password";

/** Opens the sample workspace and waits until it stands. */
export async function openSample(page) {
  await page.getByText("Look at the sample").click();
  await page.getByText("Groundplan at a glance").first().waitFor();
}

/** Chooses in the palette what begins with this name. */
export async function choose(page, name) {
  await page.keyboard.press("Control+k");
  await page.keyboard.type(name);
  await page.locator("#palette-list[aria-busy=false]").waitFor();
  await page.getByRole("option", { name: new RegExp(`^${name}`) }).first().click();
}

/** Fills in the open dialog of an account: `tab` is "New account" or "Sign in". */
export async function connect(page, url, tab, name = "mara") {
  await page.getByRole("tab", { name: tab }).click();
  await page.getByLabel("Server address").fill(url);
  await page.getByLabel("Account name").fill(name);
  await page.getByLabel("Password").fill(ACCOUNT_PASSWORD);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByText("Connected", { exact: true }).waitFor();
}

/** Takes the open workspace of a page to a server, under a new account. */
export async function upload(page, url, name = "mara") {
  await page.goto(new URL("/sync", page.url()).href);
  await page.getByRole("button", { name: "Connect to a server" }).first().click();
  await connect(page, url, "New account", name);
}

/** Links the device of `other`, which has nothing yet, to the workspace of `page`. */
export async function link(page, other, url) {
  await page.goto(new URL("/people", page.url()).href);
  await page.getByRole("button", { name: "Link a device" }).click();
  const code = await page.locator(".code-text").innerText();
  await other.getByText("Sign in to a server").click();
  await connect(other, url, "Sign in");
  await other.getByText("Link this device").click();
  await other.getByLabel("Code from the other device").fill(code);
  await other.getByRole("button", { name: "Join" }).click();
  await page.getByRole("button", { name: /digits match/ }).click();
  await page.getByText("The device is linked").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await other.getByText("Groundplan at a glance").first().waitFor();
}

/** Runs `story` with two devices of one person, both with the sample workspace, on a server that knows nobody else. */
export const withTwoDevices = (story) =>
  withServer((url) =>
    withAgent(async (near) => {
      await openSample(near.page);
      await upload(near.page, url);
      await withAgent(async (far) => {
        await link(near.page, far.page, url);
        await story(near, far);
      });
    }));

class Agent {
  #process;
  #output = "";
  #folder;
  #waiting = [];

  constructor(folder, unlocked) {
    this.#folder = folder;
    const env = environment();
    if (!unlocked) delete env.GROUNDPLAN_PASSPHRASE;
    // An interface that is not built into the program yet, while one works on it.
    const ui = process.env.GROUNDPLAN_UI_DIR ? ["--ui-dir", process.env.GROUNDPLAN_UI_DIR] : [];
    this.#process = spawn(program(), ["--data-dir", folder, "agent", ...ui], { env, stdio: ["ignore", "pipe", "inherit"] });
    this.#process.stdout.on("data", (data) => {
      this.#output += data;
      this.#waiting.splice(0).forEach((wake) => wake());
    });
    this.#process.on("exit", () => this.#waiting.splice(0).forEach((wake) => wake()));
  }

  /** The newest one-time link. */
  async link() {
    for (;;) {
      const links = this.#output.match(/http:\S+\/open\/\S+(?=\n)/g);
      if (links) return links.at(-1);
      if (this.#process.exitCode !== null) throw new Error(`the agent ended with ${this.#process.exitCode}`);
      await new Promise((wake) => this.#waiting.push(wake));
    }
  }

  /** Runs the command line on the same data folder and returns what it printed. */
  run(...words) {
    const done = spawnSync(program(), ["--data-dir", this.#folder, ...words], { env: environment(), encoding: "utf8" });
    if (done.status !== 0) throw new Error(`groundplan ${words.join(" ")}: ${done.stderr}`);
    return done.stdout;
  }

  async end() {
    const ended = new Promise((done) => this.#process.on("exit", done));
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGTERM");
      await ended;
    }
  }
}

/** The path of the command-line program. */
export function program() {
  const path = process.env.GROUNDPLAN_BIN;
  if (!path) throw new Error("GROUNDPLAN_BIN is not set; run `cargo xtask test browser`");
  return path;
}

function environment() {
  // No story may touch the keyring of the person who runs it.
  return { ...process.env, GROUNDPLAN_PASSPHRASE: PASSPHRASE, DBUS_SESSION_BUS_ADDRESS: "disabled:" };
}

/** Keeps a picture of the page as test output. */
export async function picture(page, name) {
  mkdirSync(artifacts, { recursive: true });
  await page.screenshot({ path: join(artifacts, `browser-${name}.png`) });
}

/** Fails with the rules that axe finds broken on the page as it stands. */
export async function accessible(page, where) {
  // What fades in is judged as it stands in the end. What was changed just now begins to fade a frame later.
  await page.evaluate(async () => {
    const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const fading = () => document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity && one.playState === "running");
    const since = performance.now();
    do {
      // Frames, not the animations' promises: that of one whose element was replaced may never settle.
      await drawn();
      if (performance.now() - since > 10_000) throw new Error(`never at rest: ${fading().map((one) => one.animationName ?? one.transitionProperty)}`);
    } while (fading().length > 0);
  });
  // The policy of the page forbids scripts from elsewhere, so the checker comes in through the debugger.
  await page.evaluate(await (await import("node:fs/promises")).readFile(axe, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  const found = violations.map((rule) => `${rule.id} (${rule.nodes.length}): ${rule.nodes[0].html.slice(0, 160)}`);
  if (found.length > 0) throw new Error(`${where}: ${found.join("; ")}`);
}
