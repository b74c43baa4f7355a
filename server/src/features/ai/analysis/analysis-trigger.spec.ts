import { afterEach, describe, expect, it, jest } from '@jest/globals';
import pino from 'pino';
import type { Room } from '../../../core/document/room/room.js';
import { eventually } from '../../../testing/eventually.js';
import { AnalysisTrigger } from './analysis-trigger.js';

describe('AnalysisTrigger', () => {
  const afterEdits = jest.fn(async (_projectId: string, _documentId: string) => {});
  const trigger = new AnalysisTrigger({ afterEdits }, true, pino({ level: 'silent' }));
  afterEach(() => {
    trigger.stop();
    afterEdits.mockReset();
  });

  it('asks once for a state of which there are no results, however many open it', async () => {
    const room = { kind: 'text', documentId: 'a', projectId: 'p', state: { seq: 4 } };
    const missing = () => trigger.missing(room as unknown as Room);
    const asked = (documentId: string) => afterEdits.mock.calls.filter(([, of]) => of === documentId).length;
    missing();
    await eventually('a run is asked for', () => asked('a') === 1);
    for (let n = 0; n < 20; n++) missing();
    trigger.missing({ ...room, documentId: 'later' } as unknown as Room);
    await eventually('its turn has passed', () => asked('later') === 1);
    expect(asked('a')).toBe(1);
    room.state = { seq: 5 };
    missing();
    await eventually('one for the next state', () => asked('a') === 2);
    room.state = { seq: 6 };
    afterEdits.mockRejectedValueOnce(new Error('the database is away'));
    missing();
    await eventually('it could not be asked for', () => asked('a') === 3);
    missing();
    await eventually('it is asked for again', () => asked('a') === 4);
  });
});
