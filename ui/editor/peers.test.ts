// @ts-nocheck: node's own modules have no types here.
//
// Where others' cursors are drawn, and that they move with the text; run with `node tools/test-editor.mjs`.

import { EditorState } from "@codemirror/state";
import assert from "node:assert/strict";
import test from "node:test";
import { drawn } from "./peers.ts";

const spans = (set: ReturnType<typeof drawn>) => {
  const found: [number, number][] = [];
  set.between(0, 1e9, (from, to) => void found.push([from, to]));
  return found;
};
const ada = { name: "Ada", colour: 2 };

test("a cursor is a point and a selection a stretch with the cursor at its head", () => {
  assert.deepEqual(spans(drawn([{ ...ada, anchor: 4, head: 4 }], 9)), [[4, 4]]);
  assert.deepEqual(spans(drawn([{ ...ada, anchor: 7, head: 2 }], 9)), [[2, 7], [2, 2]].sort());
});

test("what lies beyond the end stands at the end, in any order of people", () => {
  const peers = [{ ...ada, anchor: 50, head: 60 }, { ...ada, anchor: 1, head: 1 }];
  assert.deepEqual(spans(drawn(peers, 5)), [[1, 1], [5, 5]]);
});

test("between reports it moves with the text", () => {
  const state = EditorState.create({ doc: "one two" });
  const marks = drawn([{ ...ada, anchor: 4, head: 4 }], 7).map(state.changes({ from: 0, insert: "zero " }));
  assert.deepEqual(spans(marks), [[9, 9]]);
});
