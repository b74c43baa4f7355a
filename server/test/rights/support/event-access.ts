import type { ClientEvent, ErrorCode } from '@tandem/protocol';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { craftUpdate, string } from '../../support/craft-update.js';
import type { PlainEditor } from '../../support/plain-editor.js';
import type { Values } from './access-scene.js';
import type { Least } from './route-access.js';

export interface EventLine {
  readonly least: Exclude<Least, 'anyone'>;
  /** What a stranger is told; `not_found` by default. */
  readonly stranger?: ErrorCode;
  /** It is sent by who has tried to open the document. */
  readonly inDocument?: true;
  /** One that is taken has no answer: those who are in the document see whose it is. */
  readonly isShown?: true;
  /** It names a suggestion that the founder has asked for. */
  readonly ofSuggestion?: true;
  /** `editor`: where the document was opened. */
  body(values: Values, editor: PlainEditor | undefined): object;
}

/** Every event that a client may send. */
export const EVENT_ACCESS: Record<ClientEvent, EventLine> = {
  'project:open': { least: 'viewer', body: ({ project }) => ({ projectId: project }) },
  // Closing what is not open is no news.
  'project:close': { least: 'signed in', body: ({ project }) => ({ projectId: project }) },
  'document:open': { least: 'viewer', body: ({ document }) => ({ documentId: document }) },
  'document:close': { least: 'signed in', inDocument: true, body: ({ document }) => ({ documentId: document }) },
  'document:update': {
    least: 'editor',
    stranger: 'not_open',
    inDocument: true,
    body: ({ document }, editor) => ({
      documentId: document,
      update: editor?.prepare((text) => text.insert(0, 'x')) ?? craftUpdate([{ client: 5, structs: [string('x')] }]),
    }),
  },
  'awareness:update': {
    least: 'viewer',
    stranger: 'not_open',
    inDocument: true,
    isShown: true,
    body: ({ document }, editor) => ({ documentId: document, update: presence(editor?.doc ?? new Y.Doc()) }),
  },
  'completion:start': {
    least: 'editor',
    stranger: 'not_open',
    inDocument: true,
    body: ({ document }, editor) => ({
      documentId: document,
      offset: 0,
      stateVector: editor?.opened.stateVector ?? Y.encodeStateVector(new Y.Doc()),
    }),
  },
  'completion:cancel': {
    least: 'whose it is',
    inDocument: true,
    ofSuggestion: true,
    body: ({ completion }) => ({ completionId: completion }),
  },
  'completion:resume': {
    least: 'viewer',
    inDocument: true,
    ofSuggestion: true,
    body: ({ completion }) => ({ completionId: completion, attempt: 0, index: -1 }),
  },
  'completion:resolve': {
    least: 'whose it is',
    inDocument: true,
    ofSuggestion: true,
    body: ({ completion }) => ({ completionId: completion, outcome: 'rejected' }),
  },
  'analysis:start': { least: 'editor', body: ({ document }) => ({ documentId: document }) },
  'session:renew': { least: 'signed in', body: ({ token }) => ({ token }) },
};

function presence(doc: Y.Doc): Uint8Array {
  const awareness = new Awareness(doc);
  try {
    return encodeAwarenessUpdate(awareness, [doc.clientID]);
  } finally {
    // It keeps a timer.
    awareness.destroy();
  }
}
