import type { Scope } from '../base/scope.js';
import type { OpenDocument } from '../workspace/open-document.js';

/** Calls `changed` at most once in `paceMs` while the text of a document changes, whichever `Y.Doc` holds it. */
export function followText(scope: Scope, { bound }: OpenDocument, paceMs: number, changed: () => void): void {
  let isWaiting = false;
  const soon = () => {
    if (isWaiting) return;
    isWaiting = true;
    scope.after(paceMs, () => {
      isWaiting = false;
      changed();
    });
  };
  let followed = bound.peek().text;
  followed.observe(soon);
  scope.add(() => followed.unobserve(soon));
  scope.watch(bound, ({ text }) => {
    if (text === followed) return;
    followed.unobserve(soon);
    followed = text;
    followed.observe(soon);
    soon();
  });
}
