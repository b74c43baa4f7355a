import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { UpdateLog } from '../../src/core/document/update-log.js';
import type { HeadWatch } from '../../src/features/documents/head-watch.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;

beforeAll(async () => {
  world = await SyncWorld.start();
  ada = await world.person('Ada');
});
afterAll(() => world?.stop());

/** As after a pause of the process: its last look at the log is long ago. */
function pause(): void {
  const { heads } = world.engine as unknown as { heads: HeadWatch };
  Object.assign(heads, { lookedAt: performance.now() - 60_000 });
}

it('D5 D8: the text of an open document is not the one of before a pause of its node', async () => {
  const { documentId } = await world.share(ada);
  const editor = await PlainEditor.open(await world.connect(ada), documentId);
  await editor.type('before');
  const text = () => world.rest(ada, 'GET', `/documents/${documentId}/text`);
  expect(await text()).toBe('before');
  // By another node, whose bell nobody heard.
  const log = world.server.app.get(UpdateLog, { strict: false });
  const { epoch, accessVersion } = (await log.load(documentId))!;
  const bytes = editor.prepare((content) => content.insert(6, ' and after'));
  const rows = [{ userId: ada.user.id, bytes, provenance: undefined }];
  expect(await log.append([{ documentId, epoch, accessVersion, rows }], 0)).toMatchObject([{ type: 'stored' }]);
  pause();
  expect(await text()).toBe('before and after');
});
