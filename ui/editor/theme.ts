// How the editor looks: only custom properties of the page, so that light, dark and high contrast come from there.
// Each has a fallback, because the editor must stay readable without the page's style sheet.

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const theme = EditorView.theme({
  "&": { color: "var(--text, CanvasText)", backgroundColor: "transparent", fontSize: "inherit" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: "var(--font-mono, 'JetBrains Mono', monospace)", padding: "12px 0", caretColor: "var(--text, CanvasText)" },
  ".cm-line": { padding: "0 4px", lineHeight: "1.6" },
  ".cm-cursor": { borderLeftColor: "var(--text, CanvasText)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selection, Highlight)" },
  ".cm-placeholder": { color: "var(--text-muted, GrayText)" },
  ".cm-tooltip, .cm-panels": {
    color: "var(--text, CanvasText)",
    backgroundColor: "var(--surface-raised, Canvas)",
    border: "1px solid var(--border, GrayText)",
    borderRadius: "4px",
  },
  ".cm-tooltip-autocomplete ul li": { padding: "4px 8px", minHeight: "24px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    color: "var(--accent-text, HighlightText)",
    backgroundColor: "var(--accent, Highlight)",
  },
});

export const highlighting = HighlightStyle.define([
  { tag: tags.heading, fontWeight: "600" },
  { tag: tags.strong, fontWeight: "600" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: [tags.link, tags.url], color: "var(--accent-strong, LinkText)" },
  { tag: [tags.processingInstruction, tags.contentSeparator, tags.comment], color: "var(--text-muted, GrayText)" },
  { tag: tags.monospace, color: "var(--code, inherit)" },
]);
