// @ts-nocheck: node's own modules have no types here.
//
// Fuzzes the text synchronisation against a model of the core with two editors and another writer; run with
// `node tools/test-editor.mjs`.

import { ChangeSet, type Text } from "@codemirror/state";
import assert from "node:assert/strict";
import test from "node:test";
import { type Core, type Status, TextSync, type TextChange, difference, fromTextChanges, toText, toTextChanges } from "./sync.ts";

/** A core that keeps every version and merges by mapping; its answers can fail before or after they take effect. */
class Model {
  versions: Text[] = [toText("")];
  steps: ChangeSet[] = [];
  trouble: () => "none" | "before" | "after" = () => "none";

  get text(): Text {
    return this.versions.at(-1)!;
  }

  edit(version: string, changes: TextChange[]) {
    const known = Number(version);
    let mine = fromTextChanges(changes, this.versions[known]!.length);
    let theirs = ChangeSet.empty(this.versions[known]!.length);
    for (const step of this.steps.slice(known)) theirs = theirs.compose(step);
    const after = theirs.map(mine);
    mine = mine.map(theirs, true);
    if (!mine.empty) {
      this.versions.push(mine.apply(this.text));
      this.steps.push(mine);
    }
    return { version: String(this.versions.length - 1), changes: toTextChanges(after) };
  }

  core(): Core {
    return {
      open: async () => ({ text: this.text.toString(), version: String(this.versions.length - 1) }),
      edit: async (version, changes) => {
        const trouble = this.trouble();
        if (trouble === "before") throw { message: "no space left" };
        const answer = this.edit(version, changes);
        if (trouble === "after") throw { message: "connection lost" };
        return answer;
      },
    };
  }
}

class ManualClock {
  actions: (() => void)[] = [];
  after(_ms: number, action: () => void) {
    this.actions.push(action);
    return () => (this.actions = this.actions.filter((other) => other !== action));
  }
  run() {
    const due = this.actions;
    this.actions = [];
    due.forEach((action) => action());
  }
}

class Shown {
  doc: Text;
  status: Status[] = [];
  constructor(readonly sync: TextSync) {
    this.doc = sync.text();
    sync.onRemote = (changes) => (this.doc = changes.apply(this.doc));
    sync.onStatus = (status) => this.status.push(status);
  }
  type(from: number, to: number, insert: string) {
    const changes = ChangeSet.of({ from, to, insert: toText(insert) }, this.doc.length, "\n");
    this.doc = changes.apply(this.doc);
    this.sync.local(changes);
  }
}

function random(seed: number) {
  let state = seed >>> 0;
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const settle = () => new Promise<void>((done) => setImmediate(done));

function setUp() {
  const model = new Model();
  const clock = new ManualClock();
  const shown = () => new Shown(new TextSync({ text: model.text.toString(), version: String(model.versions.length - 1) }, model.core(), clock));
  return { model, clock, a: shown(), b: shown() };
}

async function quiesce({ model, clock, a, b }: ReturnType<typeof setUp>) {
  model.trouble = () => "none";
  for (let round = 0; round < 60; round += 1) {
    clock.run();
    await settle();
    a.sync.pull();
    b.sync.pull();
    await settle();
    if (!a.sync.dirty && !b.sync.dirty && clock.actions.length === 0) break;
  }
}

for (let seed = 1; seed <= 300; seed += 1) {
  test(`editors and core agree (seed ${seed})`, async () => {
    const next = random(seed);
    const world = setUp();
    const { model, clock, a, b } = world;
    model.trouble = () => (next(6) === 0 ? (next(2) === 0 ? "before" : "after") : "none");
    let typed = 0;
    for (let step = 0; step < 60; step += 1) {
      const one = next(2) === 0 ? a : b;
      switch (next(6)) {
        case 0:
        case 1:
        case 2: {
          const from = next(one.doc.length + 1);
          const to = next(4) === 0 ? Math.min(one.doc.length, from + next(5)) : from;
          one.type(from, to, ["x", "yz\n", "", "🙂", "[[a]]"][next(5)]!);
          typed += 1;
          break;
        }
        case 3:
          clock.run();
          break;
        case 4:
          one.sync.pull();
          break;
        default:
          one.sync.flush();
      }
      if (next(3) === 0) await settle();
      assert.equal(one.sync.text().toString(), one.doc.toString());
    }
    await settle();
    await quiesce(world);
    assert.ok(typed > 0);
    assert.equal(a.doc.toString(), model.text.toString());
    assert.equal(b.doc.toString(), model.text.toString());
    assert.equal(a.sync.dirty || b.sync.dirty, false);
  });
}

test("no keystroke is lost or doubled while saving fails", async () => {
  for (const trouble of ["before", "after"] as const) {
    const world = setUp();
    const { model, clock, a } = world;
    model.trouble = () => trouble;
    a.type(0, 0, "one ");
    clock.run();
    await settle();
    assert.equal(a.status.at(-1)?.state, "unsaved");
    a.type(4, 4, "two ");
    clock.run();
    await settle();
    model.trouble = () => "none";
    a.type(8, 8, "three");
    a.sync.retry();
    await settle();
    await quiesce(world);
    assert.equal(model.text.toString(), "one two three", trouble);
    assert.deepEqual(a.status.at(-1), { state: "saved" });
  }
});

test("a batch whose answer was lost is not sent twice, even when others wrote meanwhile", async () => {
  const world = setUp();
  const { model, clock, a } = world;
  a.type(0, 0, "a long sentence");
  model.trouble = () => "after";
  clock.run();
  await settle();
  model.edit(String(model.versions.length - 1), [{ at: 0, delete: 0, insert: "Title\n" }]);
  model.trouble = () => "none";
  a.type(15, 15, ".");
  a.sync.retry();
  await settle();
  await quiesce(world);
  assert.equal(model.text.toString(), "Title\na long sentence.");
  assert.equal(a.doc.toString(), model.text.toString());
});

test("typing is sent in one batch, one batch at a time", async () => {
  const model = new Model();
  const clock = new ManualClock();
  const batches: number[] = [];
  let release = () => {};
  const core: Core = {
    ...model.core(),
    edit: async (version, changes) => {
      batches.push(changes.length);
      await new Promise<void>((done) => (release = done));
      return model.edit(version, changes);
    },
  };
  const shown = new Shown(new TextSync({ text: "", version: "0" }, core, clock));
  for (const letter of "hello") shown.type(shown.doc.length, shown.doc.length, letter);
  assert.deepEqual(batches, []);
  clock.run();
  for (const letter of " world") shown.type(shown.doc.length, shown.doc.length, letter);
  clock.run();
  assert.deepEqual(batches, [1]);
  release();
  await settle();
  clock.run();
  assert.deepEqual(batches, [1, 1]);
  release();
  await settle();
  assert.equal(model.text.toString(), "hello world");
});

test("positions count UTF-16 units and pairs stay whole", () => {
  assert.deepEqual(difference("a🙂b", "a🙃b"), [{ at: 1, delete: 2, insert: "🙃" }]);
  assert.deepEqual(difference("same", "same"), []);
  const set = fromTextChanges([{ at: 1, delete: 2, insert: "x" }, { at: 2, delete: 0, insert: "\r\n" }], 4);
  assert.equal(set.apply(toText("a🙂b")).toString(), "ax\r\nb");
  assert.deepEqual(toTextChanges(set), [{ at: 1, delete: 2, insert: "x\r\n" }]);
});

test("the event about one's own batch asks for nothing, any other does", async () => {
  const { model, clock, a } = setUp();
  let asked = 0;
  model.trouble = () => ((asked += 1), "none");
  a.type(0, 0, "mine");
  clock.actions.shift()!();
  await settle();
  assert.equal(asked, 1);
  a.sync.pull(true);
  await settle();
  assert.equal(asked, 1, "its own event");
  a.sync.pull(true);
  await settle();
  assert.equal(asked, 2, "a second event is about something else");
  model.edit(String(model.versions.length - 1), [{ at: 0, delete: 0, insert: "theirs, " }]);
  a.type(a.doc.length, a.doc.length, "!");
  clock.actions.shift()!();
  await settle();
  a.sync.pull();
  await settle();
  assert.equal(a.doc.toString(), "theirs, mine!");
});
