// Files that are pasted or dropped into the text: each is kept elsewhere, and a link to it is written where it came in.

import { type Extension, type Text, Prec, StateEffect, StateField } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/** Keeps a file; answers with what is written in its place, or nothing if it failed. */
export type Keep = (file: File) => Promise<string | null>;

const place = StateEffect.define<{ key: object; at: number | null }>();

/** Where links of files on their way will stand, moved along with what is typed meanwhile. */
const places = StateField.define<ReadonlyMap<object, number>>({
  create: () => new Map(),
  update(value, transaction) {
    const effects = transaction.effects.filter((effect) => effect.is(place));
    if (effects.length === 0 && (value.size === 0 || !transaction.docChanged)) return value;
    const moved = new Map([...value].map(([key, at]) => [key, transaction.changes.mapPos(at, 1)]));
    for (const { value: { key, at } } of effects) {
      if (at === null) moved.delete(key);
      else moved.set(key, at);
    }
    return moved;
  },
});

/** The link with what keeps it apart from the text around it: a picture begins a line of its own. */
function spaced(doc: Text, at: number, text: string): string {
  const [before, after] = [doc.sliceString(Math.max(0, at - 1), at), doc.sliceString(at, at + 1)];
  const touches = (sign: string) => sign !== "" && !/\s/.test(sign);
  const first = touches(before) ? (text.startsWith("!") ? "\n" : " ") : "";
  return `${first}${text}${touches(after) ? " " : ""}`;
}

export function fileTaking(keep: Keep): Extension {
  const take = (view: EditorView, files: FileList | undefined, at: number) => {
    if (view.state.readOnly || !files || files.length === 0) return false;
    void (async () => {
      // One after the other, so that links stand in the order of the files.
      for (const file of [...files]) {
        const key = {};
        view.dispatch({ effects: place.of({ key, at: Math.min(at, view.state.doc.length) }) });
        const text = await keep(file);
        const where = view.state.field(places).get(key) ?? view.state.doc.length;
        const insert = text === null ? "" : spaced(view.state.doc, where, text);
        view.dispatch({ changes: { from: where, insert }, effects: place.of({ key, at: null }), userEvent: "input.paste" });
        at = where + insert.length;
      }
    })();
    return true;
  };
  return [
    places,
    Prec.high(EditorView.domEventHandlers({
      paste(event, view) {
        const data = event.clipboardData;
        // Text that comes with a picture of itself (from a spreadsheet, say) is meant as text.
        if (data?.types.includes("text/plain")) return false;
        const { from, to } = view.state.selection.main;
        if (!take(view, data?.files, to)) return false;
        if (from !== to) view.dispatch({ selection: { anchor: to } });
        event.preventDefault();
        return true;
      },
      drop(event, view) {
        const at = view.posAtCoords({ x: event.clientX, y: event.clientY }) ?? view.state.doc.length;
        if (!take(view, event.dataTransfer?.files, at)) return false;
        event.preventDefault();
        return true;
      },
    })),
  ];
}
