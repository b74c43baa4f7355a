import { beforeEach, describe, expect, test } from '@jest/globals';
import * as Y from 'yjs';
import { Ledger, type Token } from './support/ledger.js';
import { areEqual, isGapFree, keepsPromises } from './support/oracle.js';
import { viewOf } from './support/view.js';

const DOCUMENT = 'document';

/** A judge that sees nothing would let every crash test pass. */
describe('the judge of the crash tests sees', () => {
  let ledger: Ledger;
  let author: Y.Doc;
  let typed: number;

  beforeEach(() => {
    ledger = new Ledger();
    author = new Y.Doc();
    typed = 0;
  });

  test('nothing wrong where nothing is wrong', () => {
    const [first, second] = [type(), type()];
    ledger.acked({ inserted: first });
    const stored = Y.encodeStateAsUpdate(author);
    remove(second);
    ledger.acked({ inserted: second, deleted: second });
    expect(rulesFor(copy())).toEqual([]);
    // Deleted, but nobody was told.
    ledger.acked({ inserted: first });
    remove(first);
    const before = copy(stored);
    before.getText('content').delete(first.name.length, second.name.length);
    expect(rulesFor(before)).toEqual([]);
    expect(rulesFor(copy())).toEqual([]);
  });

  test('what was acknowledged, or seen, and is missing', () => {
    const [acked, seen] = [type(), type()];
    ledger.acked({ inserted: acked });
    ledger.seenText(seen.name);
    expect(rulesFor(new Y.Doc())).toEqual([
      'an acknowledged update is missing',
      'an update that somebody saw is missing',
    ]);
  });

  test('a loss behind a delete that never arrived either', () => {
    const token = type();
    ledger.acked({ inserted: token });
    remove(token);
    expect(rulesFor(new Y.Doc())).toEqual(['an acknowledged update is missing']);
  });

  test('a delete that came back: state vectors do not tell it', () => {
    const token = type();
    const before = copy();
    remove(token);
    ledger.acked({ inserted: token, deleted: token });
    expect(rulesFor(before)).toEqual(['an acknowledged delete came back']);
    ledger.seenDelete(token.client, token.clock, token.name.length);
    expect(rulesFor(before)).toContain('a delete that somebody saw came back');
    expect(Y.encodeStateVector(before)).toEqual(Y.encodeStateVector(author));
    expect(areEqual([viewOf(author, 'the author'), viewOf(before, 'another')])).toMatchObject([
      { rule: 'replicas differ', examples: [expect.stringContaining(token.name)] },
    ]);
  });

  test('text that stands twice, is torn, or was written by nobody', () => {
    const token = type();
    const text = author.getText('content');
    text.insert(0, token.name);
    expect(rulesFor(author)).toEqual(['text stands twice']);
    text.insert(1, 'x');
    expect(rulesFor(author)).toEqual(['text is torn or made up']);
    text.delete(0, text.length);
    text.insert(0, '<999.999>');
    expect(rulesFor(author)).toContain('text is torn or made up');
  });

  test('updates that Yjs holds back, and holes in seq', () => {
    type();
    const start = Y.encodeStateVector(author);
    type();
    const reader = new Y.Doc();
    Y.applyUpdate(reader, Y.encodeStateAsUpdate(author, start));
    expect(rulesFor(reader)).toEqual(['updates are held back by a gap']);
    expect(isGapFree('rows', [1, 2, 3], 3)).toEqual([]);
    expect(isGapFree('rows', [1, 3, 4], 3)).toHaveLength(1);
    expect(isGapFree('rows', [1, 2], 3)).toHaveLength(1);
  });

  test('replicas of equal text and unequal deletes', () => {
    const token = type();
    const other = copy();
    for (const doc of [author, other]) doc.getText('content').delete(0, token.name.length);
    other.getText('content').insert(0, 'x');
    other.getText('content').delete(0, 1);
    expect(areEqual([viewOf(author, 'one'), viewOf(other, 'other')])).toHaveLength(1);
    expect(areEqual([viewOf(author, 'one'), viewOf(copy(), 'its copy')])).toEqual([]);
  });

  function type(): Token {
    const clock = Y.getState(author.store, author.clientID);
    const token = { name: `<1.${++typed}>`, documentId: DOCUMENT, client: author.clientID, clock };
    ledger.invoked({ inserted: token });
    author.getText('content').insert(author.getText('content').length, token.name);
    return token;
  }

  function remove(token: Token): void {
    ledger.invoked({ deleted: token });
    const text = author.getText('content');
    text.delete(text.toString().indexOf(token.name), token.name.length);
  }

  function copy(update: Uint8Array = Y.encodeStateAsUpdate(author)): Y.Doc {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, update);
    return doc;
  }

  function rulesFor(doc: Y.Doc): string[] {
    return keepsPromises(viewOf(doc, 'a replica'), ledger.promises(DOCUMENT), ledger).map(({ rule }) => rule);
  }
});
