// The page's only entry: offers the editor as a module that is loaded on first use, then starts the interface.
// It is a file of its own because the content security policy allows no inline script.

import start from "groundplan-bindings";

/** Resolves to the editor's module (see `editor/editor.ts`); the interface calls this when it first needs it. */
globalThis.groundplanLoadEditor = () => import("../editor/editor.ts");

await start({ module_or_path: new URL(GROUNDPLAN_WASM, import.meta.url) });
