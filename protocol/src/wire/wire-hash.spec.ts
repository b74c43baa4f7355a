import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { PROTOCOL_VERSION, WIRE_HISTORY } from '../version.js';
import { CLIENT_EVENTS, SERVER_EVENTS } from './events.js';

const form = (schema: z.ZodType) => z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' });

/** Keys in order, so that moving a line in a schema is no change. */
const stable = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(stable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, field]) => [key, stable(field)]));
};

it('VER-2: the wire is the one that version.ts names', () => {
  const wire = {
    client: Object.fromEntries(
      Object.entries(CLIENT_EVENTS).map(([name, { body, answer }]) => [
        name,
        { body: form(body), answer: form(answer) },
      ]),
    ),
    server: Object.fromEntries(Object.entries(SERVER_EVENTS).map(([name, body]) => [name, form(body)])),
  };
  const hash = createHash('sha256')
    .update(JSON.stringify(stable(wire)))
    .digest('hex')
    .slice(0, 16);
  const last = WIRE_HISTORY.at(-1);
  if (last?.hash !== hash) {
    throw new Error(`The wire schemas changed (${hash}): bump version.ts and write one line of history`);
  }
  expect(last.version).toBe(PROTOCOL_VERSION);
});
