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
    missing();
    await eventually('a run is asked for', () => afterEdits.mock.calls.length === 1);
    for (let n = 0; n < 20; n++) missing();
    room.state = { seq: 5 };
    missing();
    await eventually('one for the next state', () => afterEdits.mock.calls.length === 2);
    room.state = { seq: 6 };
    afterEdits.mockRejectedValueOnce(new Error('the database is away'));
    missing();
    await eventually('it could not be asked for', () => afterEdits.mock.calls.length === 3);
    missing();
    await eventually('it is asked for again', () => afterEdits.mock.calls.length === 4);
    expect(afterEdits.mock.calls).toEqual(Array(4).fill(['p', 'a']));
  });
});
