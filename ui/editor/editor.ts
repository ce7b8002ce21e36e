// The Markdown editor: CodeMirror behind a small interface that the Rust side calls. It is loaded on first use.
//
// Text lives in the caller's document. The editor reports local edits as changes in UTF-16 positions and takes
// remote ones the same way. Knows nothing of documents, pages or the network.

import { autocompletion, completionKeymap, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { markdown, markdownLanguage } from "@codemirror/lang-markdown";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, drawSelection, keymap, placeholder, type KeyBinding } from "@codemirror/view";
import { highlighting, theme } from "./theme.ts";

/** One replacement. Positions count UTF-16 units in the text *before* any change of the same list. */
export interface Change {
  from: number;
  to: number;
  insert: string;
}

/** What a wiki-link may be completed to. */
export interface LinkTarget {
  /** What is inserted between the brackets and shown in the list. */
  label: string;
  /** Shown beside the label, such as the kind of element. */
  detail?: string;
}

export interface EditorOptions {
  text?: string;
  /** The accessible name. */
  label: string;
  placeholder?: string;
  readOnly?: boolean;
  /** False leaves undo and redo to the caller, through `onUndo` and `onRedo`. */
  history?: boolean;
  /** Local edits only, in the order in which they happened. */
  onChange?: (changes: Change[]) => void;
  onUndo?: () => void;
  onRedo?: () => void;
  onBlur?: () => void;
  /** Asked while the user types after `[[`. */
  completeLink?: (query: string) => Promise<LinkTarget[]> | LinkTarget[];
  /** Called with a link's target on Ctrl/Cmd-click. */
  onOpenLink?: (target: string) => void;
}

export interface Editor {
  /** Applies changes that others made; they are not reported back. */
  applyRemote(changes: Change[]): void;
  /** Makes the text equal to `text`, without reporting it, touching only what differs. */
  setText(text: string): void;
  text(): string;
  setReadOnly(readOnly: boolean): void;
  focus(): void;
  destroy(): void;
}

const fromElsewhere = Annotation.define<boolean>();

/** Creates an editor below `parent`. A shadow root keeps its style sheets within the content security policy. */
export function createEditor(parent: HTMLElement, options: EditorOptions): Editor {
  const host = document.createElement("div");
  host.className = "editor-host";
  parent.append(host);
  const root = host.attachShadow({ mode: "open" });
  const writable = new Compartment();
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: options.text ?? "",
      extensions: [
        options.history === false ? keymap.of(undoElsewhere(options)) : [history(), keymap.of(historyKeymap)],
        completion(options),
        markdown({ base: markdownLanguage, addKeymap: true }),
        keymap.of([...completionKeymap, ...searchKeymap, ...defaultKeymap, indentWithTab]),
        search({ top: true }),
        bracketMatching(),
        drawSelection(),
        syntaxHighlighting(highlighting),
        theme,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": options.label, spellcheck: "true" }),
        options.placeholder ? placeholder(options.placeholder) : [],
        writable.of(readOnly(options.readOnly ?? false)),
        reporting(options),
        opening(options),
      ],
    }),
  });
  const applyRemote = (changes: Change[]) =>
    view.dispatch({ changes, annotations: fromElsewhere.of(true) });
  return {
    applyRemote,
    setText(text) {
      const change = difference(view.state.doc.toString(), text);
      if (change) applyRemote([change]);
    },
    text: () => view.state.doc.toString(),
    setReadOnly: (value) => view.dispatch({ effects: writable.reconfigure(readOnly(value)) }),
    focus: () => view.focus(),
    destroy() {
      view.destroy();
      host.remove();
    },
  };
}

/** The smallest single replacement that turns `before` into `after`; never splits a surrogate pair. */
export function difference(before: string, after: string): Change | undefined {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  if (start > 0 && isHighSurrogate(before.charCodeAt(start - 1))) start -= 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  if (end > 0 && isLowSurrogate(before.charCodeAt(before.length - end))) end -= 1;
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) };
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

function readOnly(value: boolean): Extension {
  return [EditorState.readOnly.of(value), EditorView.editable.of(!value)];
}

function undoElsewhere(options: EditorOptions): KeyBinding[] {
  const call = (action?: () => void) => () => {
    action?.();
    return true;
  };
  return [
    { key: "Mod-z", run: call(options.onUndo), preventDefault: true },
    { key: "Mod-y", mac: "Mod-Shift-z", run: call(options.onRedo), preventDefault: true },
    { linux: "Ctrl-Shift-z", run: call(options.onRedo), preventDefault: true },
  ];
}

function reporting(options: EditorOptions): Extension {
  return [
    EditorView.updateListener.of((update) => {
      for (const transaction of update.transactions) {
        if (!transaction.docChanged || transaction.annotation(fromElsewhere)) continue;
        const changes: Change[] = [];
        transaction.changes.iterChanges((from, to, _fromAfter, _toAfter, inserted) => {
          changes.push({ from, to, insert: inserted.toString() });
        });
        options.onChange?.(changes);
      }
    }),
    EditorView.domEventHandlers({ blur: () => options.onBlur?.() }),
  ];
}

function completion(options: EditorOptions): Extension {
  if (!options.completeLink) return [];
  const source = async (context: CompletionContext): Promise<CompletionResult | null> => {
    const opened = context.matchBefore(/\[\[[^\[\]|#\n]*$/);
    if (!opened) return null;
    const targets = await options.completeLink!(opened.text.slice(2));
    if (context.aborted) return null;
    const closed = context.state.sliceDoc(context.pos, context.pos + 2) === "]]";
    return {
      from: opened.from + 2,
      filter: false,
      options: targets.map(({ label, detail }) => ({ label, detail, apply: closed ? label : `${label}]]` })),
    };
  };
  return autocompletion({ override: [source], icons: false });
}

function opening(options: EditorOptions): Extension {
  return EditorView.domEventHandlers({
    mousedown(event, view) {
      if (!options.onOpenLink || !(event.ctrlKey || event.metaKey)) return false;
      const position = view.posAtCoords({ x: event.clientX, y: event.clientY });
      const target = position === null ? undefined : linkAt(view.state, position);
      if (target === undefined) return false;
      event.preventDefault();
      options.onOpenLink(target);
      return true;
    },
  });
}

/** The target of the wiki-link around a position, without alias and heading. */
function linkAt(state: EditorState, position: number): string | undefined {
  const line = state.doc.lineAt(position);
  for (const match of line.text.matchAll(/\[\[([^\[\]|#]+)[^\[\]]*\]\]/g)) {
    const start = line.from + match.index;
    if (position >= start && position <= start + match[0].length) return match[1]?.trim();
  }
  return undefined;
}
