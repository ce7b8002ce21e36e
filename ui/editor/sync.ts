// Keeps an editor's text and the core's text the same: one batch under way at a time, what is typed meanwhile waits,
// what others did is mapped over it. No keystroke is lost on an error: it stays, and is sent again.
//
// Knows nothing of CodeMirror's view, of documents or of the network; see sync.test.ts.

import { ChangeSet, Text } from "@codemirror/state";

/** Replaces `delete` UTF-16 units at `at` by `insert`; the changes of a list apply one after the other. */
export interface TextChange {
  at: number;
  delete: number;
  insert: string;
}

/** A text at a version, as `text/open` answers. */
export interface TextState {
  text: string;
  version: string;
}

/** What others did, to be applied after one's own, as `text/edit` answers. */
export interface TextEdited {
  version: string;
  changes: TextChange[];
}

export type Status = { state: "saved" } | { state: "saving" } | { state: "unsaved"; why: string };

export interface Core {
  open(): Promise<TextState>;
  edit(version: string, changes: TextChange[]): Promise<TextEdited>;
}

export interface Clock {
  /** Calls `action` after so many milliseconds; returns how to prevent that. */
  after(ms: number, action: () => void): () => void;
}

/** Waits this long after the first unsent keystroke. */
const COALESCE_MS = 400;
/** An event about one's own batch comes within this time, or not at all. */
const OWN_MS = 5_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

export function toTextChanges(set: ChangeSet): TextChange[] {
  const changes: TextChange[] = [];
  set.iterChanges((fromA, toA, fromB, _toB, inserted) => {
    changes.push({ at: fromB, delete: toA - fromA, insert: inserted.toString() });
  });
  return changes;
}

export function fromTextChanges(changes: TextChange[], length: number): ChangeSet {
  let set = ChangeSet.empty(length);
  for (const change of changes) {
    const one = { from: change.at, to: change.at + change.delete, insert: toText(change.insert) };
    set = set.compose(ChangeSet.of(one, set.newLength, "\n"));
  }
  return set;
}

/** Only `\n` ends a line here, so that positions are those of the core. */
export function toText(text: string): Text {
  return Text.of(text.split("\n"));
}

/** The smallest single replacement that turns one text into another; never splits a surrogate pair. */
export function difference(before: string, after: string): TextChange[] {
  if (before === after) return [];
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  if (start > 0 && isHighSurrogate(before.charCodeAt(start - 1))) start -= 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  if (end > 0 && isLowSurrogate(before.charCodeAt(before.length - end))) end -= 1;
  return [{ at: start, delete: before.length - end - start, insert: after.slice(start, after.length - end) }];
}

const size = (changes: TextChange[]) => changes.reduce((sum, change) => sum + change.delete + change.insert.length, 0);
const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit < 0xe000;

export class TextSync {
  /** The core's text at `version`. */
  private base: Text;
  private version: string;
  /** Sent, and not known to have arrived. */
  private underWay: ChangeSet | undefined;
  /** An answer is awaited. */
  private busy = false;
  /** Typed, and not sent. */
  private waiting: ChangeSet | undefined;
  private pullWanted = false;
  /** Own batches whose event was not heard yet. */
  private unheard = 0;
  private forget: (() => void) | undefined;
  private timer: (() => void) | undefined;
  private failures = 0;
  private shown = "";
  /** Applies what others did to what is shown. */
  onRemote: (changes: ChangeSet) => void = () => {};
  onStatus: (status: Status) => void = () => {};

  constructor(
    state: TextState,
    private core: Core,
    private clock: Clock,
  ) {
    this.base = toText(state.text);
    this.version = state.version;
  }

  /** The text with everything typed. */
  text(): Text {
    const sent = this.underWay ? this.underWay.apply(this.base) : this.base;
    return this.waiting ? this.waiting.apply(sent) : sent;
  }

  /** True while something typed is not known to be kept. */
  get dirty(): boolean {
    return this.waiting !== undefined || (this.underWay !== undefined && !this.underWay.empty);
  }

  /** The person typed. */
  local(changes: ChangeSet): void {
    this.waiting = this.waiting ? this.waiting.compose(changes) : changes;
    this.tell();
    this.schedule(COALESCE_MS);
  }

  /**
   * The core's text changed, says an event. `maybeOwn`: it may be about a batch of this editor, whose answer has told
   * everything already. Each batch has one event, so if the wrong one is passed over, the other one still comes.
   */
  pull(maybeOwn = false): void {
    if (maybeOwn && this.unheard > 0) {
      this.unheard -= 1;
      return;
    }
    this.pullWanted = true;
    if (!this.busy && this.failures === 0) void this.send();
  }

  /** Sends what waits at once: the window hides, the editor loses the focus. */
  flush(): void {
    if (this.waiting) void this.send();
  }

  /** Tries again now after a failure. */
  retry(): void {
    if (this.failures > 0) void this.send();
  }

  private schedule(ms: number): void {
    if (this.timer || this.busy) return;
    this.timer = this.clock.after(ms, () => {
      this.timer = undefined;
      void this.send();
    });
  }

  private expect(): void {
    this.unheard += 1;
    this.forget?.();
    this.forget = this.clock.after(OWN_MS, () => (this.unheard = 0));
  }

  private async send(): Promise<void> {
    this.timer?.();
    this.timer = undefined;
    if (this.busy || (!this.waiting && !this.underWay && !this.pullWanted)) return;
    this.busy = true;
    const pulled = this.pullWanted;
    this.pullWanted = false;
    this.tell();
    try {
      if (this.failures > 0) await this.catchUp();
      const before = this.underWay ?? ChangeSet.empty(this.base.length);
      this.underWay = this.waiting ? before.compose(this.waiting) : before;
      this.waiting = undefined;
      if (!this.underWay.empty) this.expect();
      const answer = await this.core.edit(this.version, toTextChanges(this.underWay));
      const sent = this.underWay.apply(this.base);
      this.underWay = undefined;
      this.failures = 0;
      this.take(sent, fromTextChanges(answer.changes, sent.length), answer.version);
      this.busy = false;
      this.tell();
      if (this.waiting) this.schedule(COALESCE_MS);
      else if (this.pullWanted) void this.send();
    } catch (error) {
      this.busy = false;
      // Nobody knows whether there will be an event.
      this.unheard = 0;
      this.pullWanted ||= pulled;
      if (this.underWay?.empty) this.underWay = undefined;
      const pause = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]!;
      this.failures += 1;
      this.tell(error);
      this.schedule(pause);
    }
  }

  /**
   * After a failure nobody knows whether the batch under way arrived, or whether the version still exists. The text
   * itself says it: what is closer to it, the text with the batch or the one without?
   */
  private async catchUp(): Promise<void> {
    const state = await this.core.open();
    if (state.version === this.version) return;
    const batch = this.underWay ?? ChangeSet.empty(this.base.length);
    const sent = batch.apply(this.base);
    const missed = difference(this.base.toString(), state.text);
    const missedAfter = difference(sent.toString(), state.text);
    if (!batch.empty && size(missedAfter) < size(missed)) {
      this.underWay = undefined;
      this.take(sent, fromTextChanges(missedAfter, sent.length), state.version);
      return;
    }
    const theirs = fromTextChanges(missed, this.base.length);
    this.underWay = batch.map(theirs, true);
    this.base = theirs.apply(this.base);
    this.version = state.version;
    this.show(theirs.map(batch));
  }

  private take(base: Text, remote: ChangeSet, version: string): void {
    this.base = remote.apply(base);
    this.version = version;
    this.show(remote);
  }

  /** Maps what others did over what was typed since, and shows it. */
  private show(remote: ChangeSet): void {
    if (remote.empty) return;
    let shown = remote;
    if (this.waiting) {
      shown = remote.map(this.waiting);
      this.waiting = this.waiting.map(remote, true);
    }
    this.onRemote(shown);
  }

  private tell(error?: unknown): void {
    const status: Status =
      error !== undefined ? { state: "unsaved", why: message(error) }
      : this.failures > 0 ? { state: "unsaved", why: this.shown.slice("unsaved".length) }
      : this.dirty ? { state: "saving" }
      : { state: "saved" };
    const shown = status.state === "unsaved" ? `unsaved${status.why}` : status.state;
    if (shown === this.shown) return;
    this.shown = shown;
    this.onStatus(status);
  }
}

function message(error: unknown): string {
  if (typeof error === "string") return error;
  const text = (error as { message?: unknown } | null)?.message;
  return typeof text === "string" ? text : String(error);
}
