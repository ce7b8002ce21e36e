// Keys for writing Markdown: bold, italic, code, and Tab in lists.

import { indentLess, indentMore } from "@codemirror/commands";
import { EditorSelection } from "@codemirror/state";
import { type Command, type EditorView, type KeyBinding } from "@codemirror/view";

/** Puts marks around the selection, or takes them away. */
function surround(mark: string): Command {
  return (view) => {
    if (view.state.readOnly) return false;
    const { state } = view;
    const change = state.changeByRange((range) => {
      const before = state.sliceDoc(range.from - mark.length, range.from);
      const after = state.sliceDoc(range.to, range.to + mark.length);
      if (before === mark && after === mark) {
        return {
          changes: [
            { from: range.from - mark.length, to: range.from },
            { from: range.to, to: range.to + mark.length },
          ],
          range: EditorSelection.range(range.anchor - mark.length, range.head - mark.length),
        };
      }
      return {
        changes: [
          { from: range.from, insert: mark },
          { from: range.to, insert: mark },
        ],
        range: EditorSelection.range(range.anchor + mark.length, range.head + mark.length),
      };
    });
    view.dispatch(state.update(change, { userEvent: "input", scrollIntoView: true }));
    return true;
  };
}

/** Tab indents list items only: elsewhere it moves on, so that nobody is caught in the editor. */
function inList(command: Command): Command {
  return (view: EditorView) => {
    const { state } = view;
    const line = state.doc.lineAt(state.selection.main.head).text;
    return !state.readOnly && /^\s*([-*+]|\d+[.)])\s/.test(line) && command(view);
  };
}

export const writingKeys: KeyBinding[] = [
  { key: "Mod-b", run: surround("**"), preventDefault: true },
  { key: "Mod-i", run: surround("*"), preventDefault: true },
  { key: "Mod-e", run: surround("`"), preventDefault: true },
  { key: "Tab", run: inList(indentMore), shift: inList(indentLess) },
];
