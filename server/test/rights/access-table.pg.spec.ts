import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CLIENT_EVENTS, type ClientEvent, ERRORS } from '@tandem/protocol';
import { EVENT_SCOPES } from '../../src/platform/sockets/event-scopes.js';
import { eventually } from '../../src/testing/eventually.js';
import type { TestAnswer } from '../../src/testing/test-app.js';
import { accepted, type PlainClient } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { SyncWorld } from '../support/sync-world.js';
import { AccessScene, type Person, ROLES, type Values, WHO, type Who } from './support/access-scene.js';
import { EVENT_ACCESS, type EventLine } from './support/event-access.js';
import { type Least, ROUTE_ACCESS, type RouteLine } from './support/route-access.js';

let world: SyncWorld;
beforeAll(async () => {
  world = await SyncWorld.start();
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

/** `another`: somebody who asks for what is the owner's. */
type Caller = Who | 'another';
/** `whose`: of the one whom it belongs to. */
type Outcomes = Partial<Record<Caller | 'whose', string>>;

const isMember = (who: Caller): boolean => who === 'confined' || (ROLES as readonly string[]).includes(who);
/** Whom rules confine is outside of where they let write: the file of the scene is there. */
const rankOf = (who: Caller) => ROLES.indexOf(who === 'confined' ? 'commenter' : (who as (typeof ROLES)[number]));

/** Whether rights let the caller through. */
function may(who: Caller, least: Least): boolean {
  if (least === 'anyone') return true;
  if (who === 'anonymous' || who === 'expired' || who === 'another') return false;
  if (least === 'signed in' || least === 'whose it is') return true;
  return isMember(who) && rankOf(who) >= ROLES.indexOf(least);
}

describe('routes', () => {
  /** Whatever Express has: also what no description lists. */
  function routes(): string[] {
    const { router } = world.server.app.getHttpAdapter().getInstance() as {
      router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
    };
    const all = router.stack.flatMap(({ route }) =>
      route ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`) : [],
    );
    // The page that describes them, and what is answered where there is nothing.
    return all.filter((route) => !/\*| \/api\/(docs|openapi)/.test(route));
  }
  const shape = (route: string) => route.replace(/:\w+|\{\w+\}/g, '*');

  it('A43 A44: each has its line, and each line its route', () => {
    const known = new Set(routes().map(shape));
    expect(known.size).toBeGreaterThan(60);
    const listed = new Set(ROUTE_ACCESS.map(({ route }) => shape(route)));
    expect({
      withoutLine: [...known].filter((route) => !listed.has(route)),
      withoutRoute: [...listed].filter((route) => !known.has(route)),
    }).toEqual({ withoutLine: [], withoutRoute: [] });
  });

  function expected({ least, gives }: RouteLine, callers: readonly Caller[]): Outcomes {
    const granted = typeof gives === 'number' ? `${gives}` : `${ERRORS[gives].status} ${gives}`;
    const refused = (who: Caller) => {
      if (who === 'anonymous') return '401 unauthorized';
      if (who === 'expired') return '401 token_expired';
      return isMember(who) ? '403 forbidden' : '404 not_found';
    };
    return Object.fromEntries(callers.map((who) => [who, may(who, least) ? granted : refused(who)]));
  }

  const told = ({ status, text, json }: TestAnswer) =>
    status < 400 ? `${status}` : `${status} ${text.startsWith('{') ? json<{ code: string }>().code : text}`;

  it.each(ROUTE_ACCESS.map((line) => [line.least, line.route, JSON.stringify(line.body ?? ''), line] as const))(
    'A43 A44: %s: %s %s',
    async (_least, route, _body, line) => {
      const [method = '', path = ''] = route.split(' ');
      const callers: Caller[] = line.least === 'whose it is' ? [...WHO, 'another'] : [...WHO];
      const outcomes: Outcomes = {};
      let scene = await AccessScene.make(world.server);
      let values = await line.given?.(scene, 'owner');
      const ask = async (who: Caller) => {
        const answer = await scene.ask(who === 'another' ? 'stranger' : who, method, path, line.body, values);
        outcomes[who] = told(answer);
      };
      const before = await scene.digest();
      for (const who of callers.filter((one) => !may(one, line.least))) await ask(who);
      const isUnchanged = (await scene.digest()) === before;
      for (const who of callers.filter((one) => may(one, line.least))) {
        // Who was let in before may have used up what it is about.
        if (method !== 'GET' && typeof line.gives === 'number') {
          scene = await AccessScene.make(world.server);
          values = await line.given?.(scene, who in scene.values ? (who as Person) : 'owner');
        }
        await ask(who);
      }
      expect({ outcomes, isUnchanged }).toEqual({ outcomes: expected(line, callers), isUnchanged: true });
    },
  );
});

describe('events', () => {
  it('A43 A44: each has its line', () => {
    const events = Object.keys(CLIENT_EVENTS).sort();
    expect(Object.keys(EVENT_SCOPES).sort()).toEqual(events);
    expect(events.filter((event) => !Object.hasOwn(EVENT_ACCESS, event))).toEqual([]);
  });

  function expected({ least, stranger = 'not_found' }: EventLine): Outcomes {
    const outcome = (who: Who) => {
      if (who === 'anonymous') return 'unauthorized';
      if (who === 'expired') return 'token_expired';
      if (least === 'whose it is') return 'not_found';
      if (may(who, least)) return 'ok';
      return isMember(who) ? 'forbidden' : stranger;
    };
    const outcomes = Object.fromEntries(WHO.map((who) => [who, outcome(who)]));
    return least === 'whose it is' ? { ...outcomes, whose: 'ok' } : outcomes;
  }

  const dial = async (scene: AccessScene, who: Who | Person) =>
    world.dial({ token: await scene.tokenOf(who), protocol: 1 });

  async function opened(client: PlainClient, documentId: string): Promise<PlainEditor | undefined> {
    try {
      return await PlainEditor.open(client, documentId);
    } catch {
      return undefined;
    }
  }

  async function founderIn(scene: AccessScene): Promise<PlainEditor> {
    const client = await dial(scene, 'founder');
    await client.greeted();
    return PlainEditor.open(client, scene.values.document!);
  }

  async function suggestionOf({ client, documentId, opened: { stateVector } }: PlainEditor): Promise<Values> {
    const { completionId } = await accepted(client.ask('completion:start', { documentId, offset: 4, stateVector }));
    await client.hears('completion:done', (done) => done.completionId === completionId);
    return { completion: completionId };
  }

  /** What becomes of an event that has no answer when it is taken. */
  async function seenOrRefused(watcher: PlainClient, sender: PlainClient, userId: string): Promise<string> {
    const isSeen = () => watcher.told('awareness:update').some(({ update }) => Buffer.from(update).includes(userId));
    const refusals = () => sender.told('server:error');
    await eventually('it is seen or refused', () => isSeen() || refusals().length > 0);
    return refusals()[0]?.error.code ?? 'ok';
  }

  it.each((Object.keys(CLIENT_EVENTS) as ClientEvent[]).map((event) => [event, EVENT_ACCESS[event]?.least] as const))(
    'A43 A44: %s: %s',
    async (event) => {
      const line = EVENT_ACCESS[event];
      const scene = await AccessScene.make(world.server);
      const founder = await founderIn(scene);
      const values = { ...scene.values, ...(line.ofSuggestion ? await suggestionOf(founder) : {}) };
      const send = async (who: Who, client: PlainClient, editor: PlainEditor | undefined) => {
        const body = line.body({ ...values, token: (await scene.tokenOf(who))! }, editor);
        if (line.isShown) {
          client.sendRaw(event, body);
          return seenOrRefused(founder.client, client, values[who]!);
        }
        const answer = await client.askRaw(event, body);
        return answer.ok ? 'ok' : answer.error.code;
      };
      const ask = async (who: Who) => {
        const client = await dial(scene, who);
        if (who === 'anonymous' || who === 'expired') return (await client.refused()).code;
        await client.greeted();
        return send(who, client, line.inDocument ? await opened(client, scene.values.document!) : undefined);
      };
      const outcomes: Outcomes = {};
      const lets = (who: Who) => line.least !== 'whose it is' && may(who, line.least);
      const before = await scene.digest();
      for (const who of WHO.filter((one) => !lets(one))) outcomes[who] = await ask(who);
      // A suggestion goes on by itself meanwhile.
      const isUnchanged = line.ofSuggestion === true || (await scene.digest()) === before;
      for (const who of WHO.filter(lets)) outcomes[who] = await ask(who);
      if (line.least === 'whose it is') outcomes.whose = await send('owner', founder.client, founder);
      expect({ outcomes, isUnchanged }).toEqual({ outcomes: expected(line), isUnchanged: true });
    },
  );

  it('A43: nobody renews a connection with the token of another', async () => {
    const scene = await AccessScene.make(world.server);
    const client = await dial(scene, 'viewer');
    await client.greeted();
    expect(await client.askRaw('session:renew', { token: await scene.tokenOf('owner') })).toMatchObject({
      ok: false,
      error: { code: 'invalid_token' },
    });
  });
});
