// The Markdown editor: CodeMirror bound to a text of the core. It is loaded on first use.
//
// The caller gives a way to open and edit the text and is told how saving stands. Knows nothing of documents, pages
// or the network.

import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { markdown, markdownLanguage } from "@codemirror/lang-markdown";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { search, searchKeymap } from "@codemirror/search";
import { Annotation, type ChangeSet, Compartment, EditorState, type Extension, Transaction } from "@codemirror/state";
import { EditorView, drawSelection, keymap, placeholder } from "@codemirror/view";
import { fileTaking } from "./files.ts";
import { type LinkTarget, linkCompletion, linkFollowing, linkMarks } from "./links.ts";
import { type Peer, cursorTelling, peers, show } from "./peers.ts";
import { type Core, type Status, type TextState, TextSync } from "./sync.ts";
import { highlighting, theme } from "./theme.ts";
import { writingKeys } from "./writing.ts";

export interface EditorOptions extends Core {
  /** Names the text, so that what could not be saved is still there when the text is opened again. */
  key: string;
  state: TextState;
  /** The accessible name. */
  label: string;
  placeholder?: string;
  readOnly?: boolean;
  onStatus(status: Status): void;
  /** Asked while the person types after `[[`. */
  completeLink?(query: string): Promise<LinkTarget[]> | LinkTarget[];
  /** Called with a link's target on Ctrl/Cmd-click. */
  onOpenLink?(target: string): void;
  /** Keeps a file that was pasted or dropped; answers with what is written in its place, or nothing if it failed. */
  attach?(file: File): Promise<string | null>;
  /** Told where the cursor is, in UTF-16 code units; nothing while the text has no focus. */
  onCursor?(anchor: number | null, head: number | null): void;
}

export interface Editor {
  /** The core's text changed, says an event, which may be about this editor's own batch. */
  pull(maybeOwn: boolean): void;
  flush(): void;
  retry(): void;
  /** Shows where others are in the text. */
  setPeers(others: Peer[]): void;
  setReadOnly(readOnly: boolean): void;
  focus(): void;
  text(): string;
  destroy(): void;
}

const fromElsewhere = Annotation.define<boolean>();
const clock = {
  after(ms: number, action: () => void) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** Texts of closed editors that are not saved yet; they keep trying. */
const unsaved = new Map<string, TextSync>();
/** Texts of open editors. */
const open = new Set<TextSync>();

addEventListener("beforeunload", (event) => {
  const dirty = [...open, ...unsaved.values()].filter((sync) => sync.dirty);
  dirty.forEach((sync) => sync.flush());
  if (dirty.length > 0) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") open.forEach((sync) => sync.flush());
});

/**
 * Creates an editor below `parent`. It lives in a shadow root: there CodeMirror puts its rules into constructed
 * style sheets, which the content security policy allows, and not into style elements, which it does not.
 */
export function createEditor(parent: HTMLElement, options: EditorOptions): Editor {
  const sync = unsaved.get(options.key) ?? new TextSync(options.state, options, clock);
  unsaved.delete(options.key);
  open.add(sync);
  const host = document.createElement("div");
  host.className = "editor-host";
  parent.append(host);
  const root = host.attachShadow({ mode: "open", delegatesFocus: true });
  const writable = new Compartment();
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: sync.text(),
      extensions: [
        // Positions must be the core's: nothing but \n ends a line, and nothing else is pasted as one.
        EditorState.lineSeparator.of("\n"),
        EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, "\n")),
        history(),
        options.completeLink ? linkCompletion((query) => options.completeLink!(query)) : [],
        options.onOpenLink ? linkFollowing((target) => options.onOpenLink!(target)) : [],
        options.attach ? fileTaking((file) => options.attach!(file)) : [],
        options.onCursor ? cursorTelling((anchor, head) => options.onCursor!(anchor, head)) : [],
        peers(),
        linkMarks(),
        markdown({ base: markdownLanguage, addKeymap: true }),
        closeBrackets(),
        keymap.of([
          ...writingKeys,
          ...completionKeymap,
          ...closeBracketsKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        search({ top: true }),
        bracketMatching(),
        drawSelection(),
        syntaxHighlighting(highlighting),
        theme,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": options.label, spellcheck: "true" }),
        options.placeholder ? placeholder(options.placeholder) : [],
        writable.of(readOnly(options.readOnly ?? false)),
        EditorView.updateListener.of((update) => {
          for (const transaction of update.transactions) {
            if (transaction.docChanged && !transaction.annotation(fromElsewhere)) sync.local(transaction.changes);
          }
        }),
        EditorView.domEventHandlers({ blur: () => sync.flush() }),
      ],
    }),
  });
  sync.onStatus = (status) => options.onStatus(status);
  sync.onRemote = (changes: ChangeSet) =>
    view.dispatch({ changes, annotations: [fromElsewhere.of(true), Transaction.addToHistory.of(false)] });
  if (sync.dirty) sync.retry();
  return {
    pull: (maybeOwn) => sync.pull(maybeOwn),
    flush: () => sync.flush(),
    retry: () => sync.retry(),
    setPeers: (others) => show(view, others),
    setReadOnly: (value) => view.dispatch({ effects: writable.reconfigure(readOnly(value)) }),
    focus: () => view.focus(),
    text: () => view.state.doc.toString(),
    destroy() {
      open.delete(sync);
      sync.onRemote = () => {};
      sync.onStatus = (status) => {
        if (status.state === "saved" && unsaved.get(options.key) === sync) unsaved.delete(options.key);
      };
      if (sync.dirty) {
        unsaved.set(options.key, sync);
        sync.flush();
      }
      view.destroy();
      host.remove();
    },
  };
}

function readOnly(value: boolean): Extension {
  return [EditorState.readOnly.of(value), EditorView.editable.of(!value)];
}
