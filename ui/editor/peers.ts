// Where others are in the text: their cursors with their names, and what they have selected.
//
// Between two reports everything moves with the text around it. Knows nothing of people: a name and a number for the
// colour are given. Colours are classes, because the content security policy forbids style attributes.

import { type Extension, type Range, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";

/** Somebody else's place in the text, in UTF-16 code units. */
export interface Peer {
  name: string;
  /** 0 to 5. */
  colour: number;
  anchor: number;
  head: number;
}

const told = StateEffect.define<Peer[]>();

class Caret extends WidgetType {
  private readonly peer: Peer;

  constructor(peer: Peer) {
    super();
    this.peer = peer;
  }

  eq(other: Caret) {
    return other.peer.name === this.peer.name && other.peer.colour === this.peer.colour;
  }

  toDOM() {
    const caret = document.createElement("span");
    caret.className = `cm-peer cm-peer-${this.peer.colour}`;
    caret.setAttribute("aria-hidden", "true");
    const name = caret.appendChild(document.createElement("span"));
    name.className = "cm-peer-name";
    name.textContent = this.peer.name;
    return caret;
  }

  ignoreEvent() {
    return true;
  }
}

/** Draws peers into a text of a length; what lies beyond it is drawn at its end. */
export function drawn(peers: Peer[], length: number): DecorationSet {
  const marks: Range<Decoration>[] = [];
  for (const peer of peers) {
    const [anchor, head] = [Math.min(peer.anchor, length), Math.min(peer.head, length)];
    if (anchor !== head) {
      const selected = Decoration.mark({ class: `cm-peer-selected cm-peer-${peer.colour}` });
      marks.push(selected.range(Math.min(anchor, head), Math.max(anchor, head)));
    }
    marks.push(Decoration.widget({ widget: new Caret(peer), side: 1 }).range(head));
  }
  return Decoration.set(marks, true);
}

const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    marks = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(told)) marks = drawn(effect.value, transaction.state.doc.length);
    }
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** As many as `styles/00-tokens.css` has. */
const COLOURS = [0, 1, 2, 3, 4, 5];

const looks = EditorView.baseTheme({
  ...Object.fromEntries(COLOURS.map((at) => [`.cm-peer-${at}`, { "--peer": `var(--peer-${at}, currentColor)` }])),
  ".cm-peer": { position: "relative", borderLeft: "2px solid var(--peer)", marginLeft: "-1px", marginRight: "-1px" },
  ".cm-peer-name": {
    position: "absolute",
    left: "-2px",
    bottom: "100%",
    padding: "0 4px",
    borderRadius: "3px 3px 3px 0",
    color: "var(--surface, Canvas)",
    backgroundColor: "var(--peer)",
    font: "600 10px/14px var(--font-text, sans-serif)",
    whiteSpace: "nowrap",
    pointerEvents: "none",
    userSelect: "none",
  },
  ".cm-peer-selected": { backgroundColor: "color-mix(in srgb, var(--peer) 22%, transparent)" },
});

/** The part of an editor that shows others; `show` puts them in place of those before. */
export function peers(): Extension {
  return [field, looks];
}

/** Shows others in an editor that has `peers`. */
export function show(view: EditorView, others: Peer[]) {
  view.dispatch({ effects: told.of(others) });
}

/** Tells where the cursor went, at the end of each stir, and that it left. */
export function cursorTelling(tell: (anchor: number | null, head: number | null) => void): Extension {
  let last = "";
  let waiting = false;
  return EditorView.updateListener.of(({ view, selectionSet, docChanged, focusChanged }) => {
    if (waiting || !(selectionSet || docChanged || focusChanged)) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      const { anchor, head } = view.state.selection.main;
      const here = view.hasFocus ? `${anchor}-${head}` : "";
      if (here === last) return;
      last = here;
      if (view.hasFocus) tell(anchor, head);
      else tell(null, null);
    }, 100);
  });
}
