// The real program behind a real Chromium: one agent on a fresh data folder, one page, pictures as test output.
//
// Found by environment: GROUNDPLAN_BIN, GROUNDPLAN_ARTIFACTS; the corpora beside the project or in
// GROUNDPLAN_CORPORA.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(join(root, "ui/package.json"));
const { chromium } = require("playwright-core");
const axe = require.resolve("axe-core/axe.min.js");
const artifacts = process.env.GROUNDPLAN_ARTIFACTS ?? join(homedir(), ".cache/groundplan/artifacts");
/** The passphrase of profiles that open by themselves. */
export const PASSPHRASE = "browser tests only";

/** A file of the corpora, or nothing where they are not there. */
export function corpus(path) {
  const folder = process.env.GROUNDPLAN_CORPORA ?? join(root, "../shared/corpora");
  const file = join(folder, path);
  return existsSync(file) ? file : undefined;
}

/** Runs `story` with a page of an agent that has nothing in it yet. */
export async function withAgent(
  story,
  { width = 1440, height = 900, scheme = "light", contrast = "no-preference", touch = false, unlocked = true, prepare = () => {} } = {},
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
  try {
    const viewport = { width, height };
    const context = await browser.newContext({ viewport, colorScheme: scheme, contrast, hasTouch: touch });
    const page = await context.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(error.message));
    // A refused command is an HTTP status, which the browser reports as if the page had failed.
    const refused = (text) => !unlocked && /status of [45]\d\d/.test(text);
    page.on("console", (message) => {
      if (message.type() === "error" && !refused(message.text())) problems.push(message.text());
    });
    // The console says only that something failed to load; this says what.
    page.on("response", async (response) => {
      if (response.status() < 400 || !unlocked) return;
      const asked = response.request().postData()?.slice(0, 200) ?? response.url();
      problems.push(`${response.status()} for ${asked}: ${await response.text().catch(() => "no body")}`);
    });
    await page.goto(await agent.link());
    await page.locator("main").waitFor();
    await story({ page, agent, context, folder });
    if (problems.length > 0) throw new Error(`the page complained: ${problems.join(" | ")}`);
  } finally {
    await browser.close();
    await agent.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `story` with the address of a server that knows nobody yet. */
export async function withServer(story) {
  const folder = mkdtempSync(join(tmpdir(), "groundplan-server-"));
  const binary = process.env.GROUNDPLAN_BIN_SERVER ?? join(dirname(program()), "groundplan-server");
  const server = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data-dir", folder], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((done) => server.on("exit", done));
  try {
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
    await story(url);
  } finally {
    server.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

class Agent {
  #process;
  #output = "";
  #folder;
  #waiting = [];

  constructor(folder, unlocked) {
    this.#folder = folder;
    const env = environment();
    if (!unlocked) delete env.GROUNDPLAN_PASSPHRASE;
    this.#process = spawn(program(), ["--data-dir", folder, "agent"], { env, stdio: ["ignore", "pipe", "inherit"] });
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
  // What fades in is judged as it stands in the end.
  await page.evaluate(() => Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished)));
  // The policy of the page forbids scripts from elsewhere, so the checker comes in through the debugger.
  await page.evaluate(await (await import("node:fs/promises")).readFile(axe, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  const found = violations.map((rule) => `${rule.id} (${rule.nodes.length}): ${rule.nodes[0].html.slice(0, 160)}`);
  if (found.length > 0) throw new Error(`${where}: ${found.join("; ")}`);
}
