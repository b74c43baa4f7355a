import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type SeededRandom, seededRandom } from '../../../../protocol/src/testing/seeded-random.js';
import { eventually } from '../../../src/testing/eventually.js';
import type { ModelScript } from '../../../src/testing/fake-model-server.js';
import { isDone } from '../support/ai-world.js';
import { FaultWorld } from './support/fault-world.js';
import { answerByPlan, askPatiently, type Lane, openLanes, words } from './support/lanes.js';
import { brokenRules, toldOf } from './support/stream-rules.js';

const LANES = 15;
const ROUNDS = Number(process.env.ROUNDS ?? 150);
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const TIMEOUTS = { firstTokenMs: 400, idleMs: 250, totalMs: 1_500 };

/** What a model may do, and whether the request can still be answered when it does so at every try. */
const SCRIPTS: Record<string, { script: (random: SeededRandom) => ModelScript; isFatal?: boolean }> = {
  ok: { script: (random) => ({ tokens: words(1 + random.integer(8)), splitBytes: random.pick([undefined, 1, 7]) }) },
  slow: { script: (random) => ({ tokens: words(1 + random.integer(8)), tokensPerSecond: 40, delayMs: 50 }) },
  endless: { script: () => ({ tokens: words(8), isEndless: true }) },
  'endless and slow': { script: () => ({ tokens: words(8), isEndless: true, tokensPerSecond: 20 }), isFatal: true },
  'hangs before the first byte': { script: () => ({ hang: true }), isFatal: true },
  'hangs after the head': { script: () => ({ hang: 0 }), isFatal: true },
  'hangs in the middle': {
    script: (random) => ({ tokens: words(8), hang: 1 + random.integer(6) }),
    isFatal: true,
  },
  '429': { script: () => ({ status: 429, body: 'slow down' }), isFatal: true },
  '429, soon': { script: () => ({ status: 429, headers: { 'retry-after': '0' } }), isFatal: true },
  '429, late': { script: () => ({ status: 429, headers: { 'retry-after': '30' } }), isFatal: true },
  '500': { script: () => ({ status: 500, body: '{"error":"oops"}' }), isFatal: true },
  'resets before the head': { script: () => ({ resetAfter: 0 }), isFatal: true },
  'resets in the middle': {
    script: (random) => ({ tokens: words(8), resetAfter: 1 + random.integer(6), tokensPerSecond: 200 }),
    isFatal: true,
  },
  garbage: { script: () => ({ body: Buffer.from('data: {"choices":[{"te\n\n\xff\xfe', 'latin1') }), isFatal: true },
  'an event of another shape': { script: () => ({ body: 'data: {"choices":"no"}\n\n' }), isFatal: true },
  'an error in the stream': { script: () => ({ body: 'data: {"error":{"code":"429"}}\n\n' }), isFatal: true },
  'another content type': {
    script: () => ({ body: '<html>', headers: { 'content-type': 'text/html' } }),
    isFatal: true,
  },
  'a redirect': { script: () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } }), isFatal: true },
  empty: { script: () => ({ body: '' }), isFatal: true },
};
const NAMES = Object.keys(SCRIPTS);
/** Tries of one request, restarts included, are fewer. */
const TRIES = 8;

describe(`a model at fault (SEED=${SEED})`, () => {
  let world: FaultWorld;
  beforeAll(async () => {
    world = await FaultWorld.start({ languageModel: { timeouts: TIMEOUTS } });
  });
  afterAll(() => world?.stop());

  it(
    `F29 CMP-4 CMP-13: ${ROUNDS} requests end exactly once each, whatever the model does`,
    async () => {
      const random = seededRandom(SEED);
      const each = Math.ceil(ROUNDS / LANES);
      const plans = Array.from({ length: LANES * each }, () => draw(random));
      answerByPlan(world, (tag) => plans[tag]!.scripts);
      const lanes = await openLanes(world, LANES, each);
      const asked = (await Promise.all(lanes.map(askAll))).flat();

      // What is still wrong then is told below.
      await eventually(
        'the other has heard every end',
        () => asked.every(({ lane, id }) => hasEnded(lane, id)),
        5_000,
      ).catch(() => undefined);
      const broken: unknown[] = [];
      const outcomes = new Map<string, number>();
      for (const { lane, id, tag } of asked) {
        const told = toldOf(lane.editor.client, id);
        const { outcome } = await isDone(lane.editor.client, id);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        const found = [...brokenRules(told, 'asker'), ...brokenRules(toldOf(lane.other, id), 'other')];
        if (plans[tag]!.isFatal && outcome !== 'failed') found.push(`${outcome} without an answer`);
        if (hasIdleRestart(told)) found.push('a restart before there was text');
        if (found.length > 0) broken.push({ plan: plans[tag]!.names, found, told: told.map(({ name }) => name) });
      }
      expect(broken).toEqual([]);
      expect([...outcomes.keys()].sort()).toEqual(['complete', 'failed']);
      expect(asked).toHaveLength(LANES * each);
    },
    180_000 + ROUNDS * 600,
  );

  it('F29: nothing is left open: no row under way, no connection to the model', async () => {
    const { rows } = await world.sync.sql.query(
      `SELECT state, count(*)::int FROM ai_requests WHERE state NOT IN ('complete', 'failed') GROUP BY state`,
    );
    expect(rows).toEqual([]);
    await eventually('every answer of the model has ended', () =>
      world.model.requests.every(({ abortedAt, endedAt }) => abortedAt !== undefined || endedAt !== undefined),
    );
    expect(world.model.live).toBe(0);
  });
});

function draw(random: SeededRandom): { names: string[]; scripts: ModelScript[]; isFatal: boolean } {
  // Half of them go on as they began, the others change their mind.
  const first = random.pick(NAMES);
  const isSteady = random.chance(0.5);
  const names = Array.from({ length: TRIES }, (_, n) => (n === 0 || isSteady ? first : random.pick(NAMES)));
  return {
    names,
    scripts: names.map((name) => SCRIPTS[name]!.script(random)),
    isFatal: names.every((name) => SCRIPTS[name]!.isFatal),
  };
}

async function askAll(lane: Lane): Promise<{ lane: Lane; id: string; tag: number }[]> {
  const asked: { lane: Lane; id: string; tag: number }[] = [];
  for (const { tag, at } of lane.carets) {
    const { id } = await askPatiently(lane.editor, { at });
    await isDone(lane.editor.client, id);
    asked.push({ lane, id, tag });
  }
  return asked;
}

function hasEnded({ other }: Lane, id: string): boolean {
  return toldOf(other, id).some(({ name }) => name === 'completion:done');
}

/** What failed before its first text is tried again in silence. */
function hasIdleRestart(told: readonly { name: string }[]): boolean {
  return told.some(({ name }, n) => name === 'completion:restarted' && told[n - 1]?.name !== 'completion:delta');
}
