import { eventually } from '../../../src/testing/eventually.js';
import type { PlainEditor } from '../../support/plain-editor.js';

export interface Hammer {
  /** Resolves when some edits are stored, and goes on. */
  some(): Promise<void>;
  /** Resolves to what each edit was answered, in order: `ok` or the code of its refusal. Rejects when one had no answer. */
  stop(): Promise<string[]>;
}

/** Types as fast as answers come. */
export function hammer(editor: PlainEditor): Hammer {
  const outcomes: Promise<string>[] = [];
  let goesOn = true;
  const running = (async () => {
    for (let i = 0; goesOn; i++) {
      const update = editor.prepare((text) => text.insert(text.length, `${i} `));
      const answer = editor.client.ask('document:update', { documentId: editor.documentId, update });
      const outcome = answer.then((body) => (body.ok ? 'ok' : body.error.code));
      outcome.catch(() => undefined);
      outcomes.push(outcome);
      if (i % 8 === 7) await outcome;
    }
  })();
  return {
    some: () => eventually('some edits are stored', async () => outcomes.length > 30 && (await outcomes[0]) === 'ok'),
    stop: async () => {
      goesOn = false;
      await running;
      return Promise.all(outcomes);
    },
  };
}
