// How the editor looks: only custom properties of the page, so that light, dark and high contrast come from there.
// Each has a fallback, because the editor must stay readable without the page's style sheet.

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const MONO = "var(--font-mono, ui-monospace, monospace)";

export const theme = EditorView.theme({
  "&": { color: "var(--text, CanvasText)", backgroundColor: "transparent", fontSize: "inherit", minHeight: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "1.6", overflow: "visible" },
  ".cm-content": {
    padding: "4px 0 24px",
    caretColor: "var(--accent, CanvasText)",
    // A click anywhere in the box around begins to write.
    minHeight: "var(--text-min-height, 96px)",
    boxSizing: "border-box",
  },
  ".cm-line": { padding: "0 2px" },
  ".cm-cursor": { borderLeftColor: "var(--accent, CanvasText)", borderLeftWidth: "1.5px" },
  "& > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    background: "var(--selection, Highlight)",
  },
  ".cm-placeholder": { color: "var(--text-muted, GrayText)" },
  ".cm-wiki-link": {
    color: "var(--accent-strong, LinkText)",
    textDecoration: "underline",
    textDecorationColor: "color-mix(in srgb, currentColor 35%, transparent)",
    textUnderlineOffset: "3px",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { background: "var(--hover, transparent)" },
  ".cm-searchMatch": { background: "var(--mark, Mark)" },
  ".cm-tooltip, .cm-panels": {
    color: "var(--text, CanvasText)",
    backgroundColor: "var(--surface-raised, Canvas)",
    border: "1px solid var(--border, GrayText)",
    borderRadius: "var(--radius, 5px)",
    boxShadow: "var(--shadow, none)",
    fontSize: "var(--size-s, 12px)",
  },
  ".cm-panels": { boxShadow: "none", padding: "4px" },
  ".cm-panels button, .cm-panels input": {
    font: "inherit",
    color: "inherit",
    background: "var(--surface, Canvas)",
    border: "1px solid var(--border-strong, GrayText)",
    borderRadius: "4px",
    padding: "3px 8px",
    minHeight: "24px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "inherit", maxHeight: "18em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    justifyContent: "space-between",
    gap: "16px",
    padding: "4px 10px",
    minHeight: "26px",
  },
  ".cm-completionDetail": { fontStyle: "normal", color: "var(--text-muted, GrayText)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    color: "var(--text, HighlightText)",
    background: "var(--selection, Highlight)",
  },
});

export const highlighting = HighlightStyle.define([
  { tag: tags.heading1, fontSize: "1.35em", fontWeight: "600", letterSpacing: "-0.01em" },
  { tag: tags.heading2, fontSize: "1.18em", fontWeight: "600" },
  { tag: tags.heading, fontWeight: "600" },
  { tag: tags.strong, fontWeight: "600" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: [tags.link, tags.url], color: "var(--accent-strong, LinkText)" },
  { tag: tags.quote, color: "var(--text-muted, GrayText)" },
  { tag: [tags.processingInstruction, tags.contentSeparator, tags.comment, tags.labelName], color: "var(--text-faint, GrayText)" },
  { tag: tags.monospace, color: "var(--code, inherit)", fontFamily: MONO, fontSize: "0.94em" },
]);
