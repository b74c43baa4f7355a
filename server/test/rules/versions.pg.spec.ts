import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { accepted } from '../support/plain-client.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

describe('protocol versions at the handshake', () => {
  let world: SyncWorld;
  let ada: Person;

  beforeAll(async () => {
    world = await SyncWorld.start();
    ada = await world.person('Ada');
  });
  afterEach(() => world?.hangUp());
  afterAll(() => world?.stop());

  it.each([0, 2, -1, 1.5, '1', 'latest', null, true, {}])(
    'VER-1 CON-2: %j is not spoken and is refused as unsupported_protocol',
    async (protocol) => {
      const client = world.dial({ token: ada.accessToken, protocol });
      expect(await client.refused()).toEqual({
        code: 'unsupported_protocol',
        message: 'This protocol version is not spoken here',
        retry: 'never',
      });
      expect(client.events).toEqual([]);
    },
  );

  it('VER-1: who names none speaks version 1 and is told so', async () => {
    const { documentId } = await world.share(ada, [], { text: 'same wire' });
    const client = world.dial({ token: ada.accessToken });
    expect((await client.greeted()).protocol).toBe(1);
    expect((await accepted(client.ask('document:open', { documentId }))).seq).toBe(1);
  });

  it('VER-1: fields of the handshake that this version does not know are ignored', async () => {
    const client = world.dial({ token: ada.accessToken, protocol: 1, colour: 'green', next: { much: true } });
    expect((await client.greeted()).userId).toBe(ada.user.id);
  });

  it('CON-13: without a token it is the token that is missed, whatever the version', async () => {
    for (const auth of [{}, { protocol: 1 }, { token: 7 }, { token: '' }, { token: 'x'.repeat(8193), protocol: 1 }]) {
      const { code } = await world.dial(auth).refused();
      expect(['unauthorized', 'invalid_token']).toContain(code);
    }
  });
});
