import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { HistoryPage, Version, VersionList } from '@tandem/protocol/http';
import { historyPage, version } from '@tandem/protocol/http';
import { eventually } from '../../src/testing/eventually.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;
let vera: Person;
let mallory: Person;

beforeAll(async () => {
  world = await SyncWorld.start();
  [ada, bob, vera, mallory] = [
    await world.person('Ada'),
    await world.person('Bob'),
    await world.person('Vera'),
    await world.person('Mallory'),
  ];
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

/** A document that Ada has typed three words into. */
async function written() {
  const shared = await world.share(ada, [
    [bob, 'editor'],
    [vera, 'viewer'],
  ]);
  const editor = await PlainEditor.open(await world.connect(ada), shared.documentId);
  for (const word of ['one ', 'two ', 'three']) await editor.type(word);
  return { ...shared, editor };
}

const path = (documentId: string, rest: string) => `/documents/${documentId}/${rest}`;
const pageOf = async (documentId: string, query = '', who: Person = ada): Promise<HistoryPage> =>
  historyPage.strict().parse(await world.rest(who, 'GET', path(documentId, `history${query}`)));
const textAt = (documentId: string, query: string, who: Person = ada) =>
  world.rest(who, 'GET', path(documentId, `text?${query}`));
const refused = (code: string) => expect.objectContaining({ code });

/** Moves what was stored up to `seq` into the past. */
const age = (documentId: string, upTo: number, interval: string) =>
  world.sql.query(
    'UPDATE document_updates SET created_at = created_at - $3::interval WHERE document_id = $1 AND seq <= $2',
    [documentId, upTo, interval],
  );

describe('changes', () => {
  it('HIST-1: tells who wrote what part of the log and when, newest first', async () => {
    const { documentId, editor } = await written();
    await age(documentId, 3, '1 hour');
    const other = await PlainEditor.open(await world.connect(bob), documentId);
    const before = Date.now();
    await other.type('!');
    const { changes, ...page } = await pageOf(documentId);
    expect(page).toEqual({ before: null, oldestSeq: 0 });
    expect(changes.map(({ fromSeq, seq, updates, kind }) => [fromSeq, seq, updates, kind])).toEqual([
      [4, 4, 1, 'edit'],
      [1, 3, 3, 'edit'],
    ]);
    expect(changes.map(({ authors }) => authors)).toEqual([
      [{ userId: bob.user.id, displayName: 'Bob' }],
      [{ userId: ada.user.id, displayName: 'Ada' }],
    ]);
    const [newest, oldest] = changes as [HistoryPage['changes'][0], HistoryPage['changes'][0]];
    expect(newest.to).toBeGreaterThanOrEqual(before - 5_000);
    expect(newest.to - oldest.to).toBeGreaterThan(3_500_000);
    const rows = await world.rows(documentId);
    expect(oldest.bytes).toBe(rows.slice(0, 3).reduce((sum, { bytes }) => sum + bytes.length, 0));
    await editor.shows('one two three!');
  });

  it('HIST-1: comes in pages that join', async () => {
    const { documentId, editor } = await written();
    for (let i = 0; i < 7; i++) await editor.type(`${i}`);
    for (let seq = 1; seq <= 10; seq++) await age(documentId, seq, '1 hour');
    const paged: HistoryPage['changes'] = [];
    for (let before: number | null | undefined; before !== null; ) {
      const page: HistoryPage = await pageOf(documentId, `?limit=3${before ? `&before=${before}` : ''}`);
      expect(page.changes.length).toBeLessThanOrEqual(3);
      paged.push(...page.changes);
      before = page.before;
    }
    expect(paged.map(({ seq }) => seq)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(paged).toEqual((await pageOf(documentId)).changes);
  });

  it.each(['?limit=0', '?limit=201', '?before=-1', '?before=x', '?after=1', '?limit=1&limit=2'])(
    'refuses %s',
    async (query) => {
      const { documentId } = await written();
      await expect(world.rest(ada, 'GET', path(documentId, `history${query}`))).rejects.toEqual(refused('bad_request'));
    },
  );
});

describe('text at a moment', () => {
  it('HIST-2: is that of everything stored by then, by seq and by time', async () => {
    const { documentId, editor } = await written();
    editor.doc.getText('content').delete(0, 4);
    await editor.saved();
    expect(await Promise.all([0, 1, 2, 3, 4].map((seq) => textAt(documentId, `seq=${seq}`)))).toEqual([
      '',
      'one ',
      'one two ',
      'one two three',
      'two three',
    ]);
    for (let seq = 1; seq <= 3; seq++) await age(documentId, seq, '1 hour');
    const { changes } = await pageOf(documentId);
    const at = (index: number) => changes.find(({ seq }) => seq === index)!.to;
    expect(await Promise.all([1, 2, 3, 4].map((seq) => textAt(documentId, `at=${at(seq)}`)))).toEqual([
      'one ',
      'one two ',
      'one two three',
      'two three',
    ]);
    expect(await textAt(documentId, `at=${at(1) - 10}`)).toBe('');
    expect(await textAt(documentId, `at=${at(2) + 1_800_000}`)).toBe('one two ');
    expect(await textAt(documentId, `at=${Date.now() + 86_400_000}`)).toBe('two three');
  });

  it('HIST-2: over snapshots and between them', async () => {
    const { documentId, editor } = await written();
    const text = editor.doc.getText('content');
    const texts = [editor.text];
    for (let i = 0; i < 1_200; i++) {
      if (i % 4 === 3) text.delete((i * 7) % (text.length - 1), 1);
      else text.insert((i * 13) % text.length, `${i % 10}`);
      texts.push(editor.text);
      if (i % 100 === 99) await editor.saved();
    }
    await editor.saved();
    await eventually('there is a snapshot', async () => (await world.count('document_snapshots', documentId)) > 0);
    for (const i of [0, 1, 400, 499, 500, 777, 1_200]) expect(await textAt(documentId, `seq=${3 + i}`)).toBe(texts[i]);
  });

  it.each([
    ['seq=5', 'bad_request'],
    ['seq=1&at=1', 'bad_request'],
    ['seq=-1', 'bad_request'],
    ['at=yesterday', 'bad_request'],
  ])('refuses %s', async (query, code) => {
    const { documentId } = await written();
    await expect(textAt(documentId, query)).rejects.toEqual(refused(code));
  });

  it('is not for documents of kind free', async () => {
    const { documentId } = await world.share(ada, [], { kind: 'free' });
    await expect(textAt(documentId, 'seq=0')).rejects.toEqual(refused('schema_violation'));
  });
});

describe('named versions', () => {
  const versionsOf = async (documentId: string) =>
    ((await world.rest(ada, 'GET', path(documentId, 'versions'))) as VersionList).versions;

  it('HIST-3: a moment gets a name, is found by it, renamed, read and deleted', async () => {
    const { documentId, editor } = await written();
    const made = version
      .strict()
      .parse(await world.rest(bob, 'POST', path(documentId, 'versions'), { name: ' first ' }));
    expect(made).toMatchObject({
      documentId,
      name: 'first',
      seq: 3,
      createdBy: { userId: bob.user.id, displayName: 'Bob' },
    });
    await editor.type(' four');
    const earlier = (await world.rest(ada, 'POST', path(documentId, 'versions'), {
      name: 'before',
      seq: 1,
    })) as Version;
    expect(await versionsOf(documentId)).toEqual([made, earlier]);
    const text = (id: string) => world.rest(vera, 'GET', path(documentId, `versions/${id}/text`));
    expect(await Promise.all([made, earlier].map(({ id }) => text(id)))).toEqual(['one two three', 'one ']);
    const renamed = await world.rest(ada, 'PATCH', path(documentId, `versions/${made.id}`), { name: 'second' });
    expect(renamed).toEqual({ ...made, name: 'second' });
    await world.rest(ada, 'DELETE', path(documentId, `versions/${earlier.id}`));
    expect(await versionsOf(documentId)).toEqual([renamed]);
    await expect(text(earlier.id)).rejects.toEqual(refused('not_found'));
    await editor.shows('one two three four');
  });

  it('are bounded in number: each is a whole document', async () => {
    const { documentId } = await written();
    await world.rest(ada, 'POST', path(documentId, 'versions'), { name: 'one' });
    await world.sql.query(
      `INSERT INTO document_versions (document_id, name, seq, snapshot_id, created_by)
       SELECT document_id, n::text, seq, snapshot_id, created_by FROM document_versions, generate_series(2, 1000) n
       WHERE document_id = $1`,
      [documentId],
    );
    const another = world.rest(ada, 'POST', path(documentId, 'versions'), { name: 'too many' });
    await expect(another).rejects.toEqual(refused('too_large'));
    expect(await versionsOf(documentId)).toHaveLength(1000);
  });

  it('of another document are not found', async () => {
    const [here, there] = [await written(), await written()];
    const { id } = (await world.rest(ada, 'POST', path(there.documentId, 'versions'), { name: 'x' })) as Version;
    for (const [method, rest, body] of [
      ['GET', `versions/${id}/text`, undefined],
      ['PATCH', `versions/${id}`, { name: 'y' }],
      ['DELETE', `versions/${id}`, undefined],
      ['POST', 'restore', { versionId: id }],
      ['POST', 'reset', { versionId: id }],
    ] as const) {
      await expect(world.rest(ada, method, path(here.documentId, rest), body)).rejects.toEqual(refused('not_found'));
    }
  });

  it.each([{ name: '' }, { name: 'x'.repeat(121) }, { name: 'x', at: 3 }, { name: 'x', seq: 4 }, {}])(
    'refuses %j',
    async (body) => {
      const { documentId } = await written();
      await expect(world.rest(ada, 'POST', path(documentId, 'versions'), body)).rejects.toEqual(refused('bad_request'));
    },
  );
});

describe('HIST-6: who may do what', () => {
  const ROUTES: [
    method: string,
    rest: string,
    body: object | undefined,
    viewer: string | undefined,
    editor: string | undefined,
  ][] = [
    ['GET', 'history', undefined, undefined, undefined],
    ['GET', 'text?seq=1', undefined, undefined, undefined],
    ['GET', 'versions', undefined, undefined, undefined],
    ['GET', 'versions/{version}/text', undefined, undefined, undefined],
    ['POST', 'versions', { name: 'x' }, 'forbidden', undefined],
    ['PATCH', 'versions/{version}', { name: 'x' }, 'forbidden', undefined],
    ['POST', 'restore', { seq: 2 }, 'forbidden', undefined],
    ['POST', 'reset', { seq: 2 }, 'forbidden', 'forbidden'],
    ['POST', 'reset', { empty: true }, 'forbidden', 'forbidden'],
    ['DELETE', 'versions/{version}', undefined, 'forbidden', undefined],
  ];

  it.each(ROUTES)('HIST-6: %s %s %j', async (method, rest, body, viewer, editor) => {
    const { documentId } = await written();
    const { id } = (await world.rest(ada, 'POST', path(documentId, 'versions'), { name: 'v' })) as Version;
    const ask = async (who: Person | undefined) => {
      try {
        await world.rest(who, method, path(documentId, rest.replace('{version}', id)), body);
        return undefined;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect([await ask(undefined), await ask(mallory), await ask(vera), await ask(bob)]).toEqual([
      'unauthorized',
      'not_found',
      viewer,
      editor,
    ]);
    expect(await ask(ada)).toBe(method === 'DELETE' ? 'not_found' : undefined);
  });
});
