import { describe, expect, it, jest } from '@jest/globals';
import pino from 'pino';
import type { AiMessage, AiRelay } from '../../../core/ai/ai-relay.js';
import type { DiagnosticsStore, SourceResult } from '../../../core/ai/diagnostics-store.js';
import type { Room } from '../../../core/document/room/room.js';
import type { RoomSession } from '../../../core/document/room/room-session.js';
import type { RoomFrames } from '../../../core/document/room-frames.js';
import { eventually } from '../../../testing/eventually.js';
import type { RoomDirectory } from '../../documents/room-directory.js';
import type { ProjectAudience } from '../../projects/project-audience.js';
import { AnalysisResults } from './analysis-results.js';

const RESULT: SourceResult = {
  documentId: 'document',
  source: 'oxlint',
  runId: 'run',
  seq: 1,
  stateVector: new Uint8Array([0]),
  diagnostics: [],
};

/** Results over ports of which only those parts are there that are used; the store answers when it is told to. */
function scene() {
  const waiting: ((results: SourceResult[]) => void)[] = [];
  const ofDocument = jest.fn(() => new Promise<SourceResult[]>((resolve) => waiting.push(resolve)));
  const sessions = new Set<RoomSession>();
  const room = { kind: 'text', documentId: 'document', projectId: 'project', state: { seq: 1 }, sessions };
  const audience = new Set<{ peer: RoomSession['peer'] }>();
  const outdated = jest.fn();
  let publish = (_message: AiMessage) => {};
  const results = new AnalysisResults(
    {
      subscribe: (listener: typeof publish) => {
        publish = listener;
        return () => {};
      },
    } as unknown as AiRelay,
    { ofDocument } as unknown as DiagnosticsStore,
    { get: () => room } as unknown as RoomDirectory,
    { of: () => audience, onChange: () => {} } as unknown as ProjectAudience,
    {
      encode: (event: string, body: { state?: string }) => [event, body.state].join(' ').trim(),
    } as unknown as RoomFrames,
    outdated,
    pino({ level: 'silent' }),
  );
  results.start();
  const session = () => {
    const told: unknown[] = [];
    const peer = { write: (frame: unknown) => told.push(frame) > 0 };
    return { told, isClosed: false, peer } as unknown as RoomSession & { told: string[] };
  };
  const open = () => {
    const opener = session();
    sessions.add(opener);
    results.opened(room as unknown as Room, opener);
    return opener;
  };
  const answer = (found: SourceResult[]) => {
    for (const resolve of waiting.splice(0)) resolve(found);
  };
  const stored = () => publish({ type: 'analysis', projectId: 'project', documentId: 'document', runId: 'run' });
  const progress = (runId: string, state: 'running' | 'complete' | 'cancelled') =>
    publish({ type: 'progress', projectId: 'project', runId, done: 0, total: 1, state });
  return { ofDocument, sessions, audience, outdated, session, open, answer, stored, progress };
}

describe('AnalysisResults', () => {
  it('who has left, or lost the right to read, while the store was asked is told nothing', async () => {
    const { open, answer, sessions } = scene();
    const [gone, stays] = [open(), open()];
    gone.isClosed = true;
    sessions.delete(gone);
    answer([RESULT]);
    await eventually('the other is told', () => stays.told.length > 0);
    expect(gone.told).toEqual([]);
  });

  it('results of a run reach who is there when they are known', async () => {
    const { session, answer, sessions, audience, stored } = scene();
    const [leaves, stays, comes, looks] = [session(), session(), session(), session()];
    for (const early of [leaves, stays]) sessions.add(early);
    audience.add(looks);
    stored();
    sessions.delete(leaves);
    audience.delete(looks);
    sessions.add(comes);
    answer([RESULT]);
    await eventually('one who came is told', () => comes.told.length > 0);
    expect([leaves.told, stays.told, looks.told]).toEqual([[], ['analysis:result'], []]);
  });

  it('openers of one moment cost one query, unless something new was stored between them', async () => {
    const { open, answer, stored, ofDocument } = scene();
    const openers = [open(), open(), open()];
    expect(ofDocument).toHaveBeenCalledTimes(1);
    answer([RESULT]);
    await eventually('all are told', () => openers.every(({ told }) => told.length === 1));
    stored();
    const late = open();
    expect(ofDocument).toHaveBeenCalledTimes(3);
    answer([RESULT, RESULT]);
    await eventually('the late one is told', () => late.told.length >= 2);
  });

  it('asks for a run where nobody looked at the state that is shown', async () => {
    const { open, answer, outdated } = scene();
    open();
    answer([RESULT, { ...RESULT, source: 'review', seq: 0 }]);
    const { open: openOther, answer: answerOther, outdated: other } = scene();
    openOther();
    answerOther([{ ...RESULT, seq: 0 }]);
    await eventually('a run is asked for', () => other.mock.calls.length === 1);
    expect(outdated).not.toHaveBeenCalled();
  });

  it('a run that has ended is not under way again', () => {
    const { audience, session, progress } = scene();
    const looks = session();
    audience.add(looks);
    progress('first', 'running');
    progress('first', 'cancelled');
    progress('first', 'running');
    progress('second', 'running');
    expect(looks.told).toEqual(['running', 'cancelled', 'running'].map((state) => `analysis:progress ${state}`));
  });
});
