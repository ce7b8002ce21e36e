// Wiki-links in the editor: how they look, completing them after `[[`, following them.

import { type CompletionContext, type CompletionResult, autocompletion } from "@codemirror/autocomplete";
import { type EditorState, type Extension, Prec } from "@codemirror/state";
import { Decoration, EditorView, MatchDecorator, ViewPlugin, type ViewUpdate, keymap } from "@codemirror/view";

/** What a wiki-link may be completed to. */
export interface LinkTarget {
  /** What is inserted between the brackets and shown in the list. */
  label: string;
  /** Shown beside the label, such as the kind of element. */
  detail?: string;
}

const LINK = /!?\[\[([^\[\]|#\n]+)[^\[\]\n]*\]\]/g;

export function linkMarks(): Extension {
  const matcher = new MatchDecorator({ regexp: LINK, decoration: Decoration.mark({ class: "cm-wiki-link" }) });
  return ViewPlugin.define(
    (view) => ({
      marks: matcher.createDeco(view),
      update(update: ViewUpdate) {
        this.marks = matcher.updateDeco(update, this.marks);
      },
    }),
    { decorations: (plugin) => plugin.marks },
  );
}

export function linkCompletion(complete: (query: string) => Promise<LinkTarget[]> | LinkTarget[]): Extension {
  const source = async (context: CompletionContext): Promise<CompletionResult | null> => {
    const opened = context.matchBefore(/\[\[[^\[\]|#\n]*$/);
    if (!opened) return null;
    const targets = await complete(opened.text.slice(2));
    if (context.aborted) return null;
    const closed = context.state.sliceDoc(context.pos, context.pos + 2) === "]]";
    const apply = (label: string) => (view: EditorView) => {
      const from = opened.from + 2;
      const insert = closed ? label : `${label}]]`;
      view.dispatch({
        changes: { from, to: view.state.selection.main.head, insert },
        selection: { anchor: from + label.length + 2 },
        userEvent: "input.complete",
      });
    };
    return {
      from: opened.from + 2,
      filter: false,
      options: targets.map(({ label, detail }) => ({ label, detail, apply: apply(label) })),
    };
  };
  return autocompletion({ override: [source], icons: false, activateOnTyping: true });
}

/** Ctrl/Cmd-click and Ctrl/Cmd-Enter follow a link; where nothing can be edited, a plain click does. */
export function linkFollowing(open: (target: string) => void): Extension {
  const follow = (view: EditorView, position: number | null) => {
    const target = position === null ? undefined : linkAt(view.state, position);
    if (target === undefined) return false;
    open(target);
    return true;
  };
  return [
    EditorView.domEventHandlers({
      mousedown(event, view) {
        const meant = event.ctrlKey || event.metaKey || view.state.readOnly;
        if (!meant || event.button !== 0) return false;
        if (!follow(view, view.posAtCoords({ x: event.clientX, y: event.clientY }))) return false;
        event.preventDefault();
        return true;
      },
    }),
    Prec.high(keymap.of([{ key: "Mod-Enter", run: (view) => follow(view, view.state.selection.main.head) }])),
  ];
}

/** The target of the wiki-link around a position, without alias and heading. */
export function linkAt(state: EditorState, position: number): string | undefined {
  const line = state.doc.lineAt(position);
  for (const match of line.text.matchAll(LINK)) {
    const start = line.from + match.index;
    if (position >= start && position <= start + match[0].length) return match[1]?.trim();
  }
  return undefined;
}
