import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { TextIds } from './text-ids.js';

/** Runs of ids as the replica thread tells them. */
function idsOf(doc: Y.Doc): Float64Array {
  const ids: number[] = [];
  let offset = 0;
  for (let item = doc.getText('content')._start; item; item = item.right) {
    if (item.deleted) continue;
    ids.push(offset, item.id.client, item.id.clock);
    offset += item.length;
  }
  return Float64Array.from(ids);
}

function index(doc: Y.Doc, base64: string): number {
  const position = Y.decodeRelativePosition(Buffer.from(base64, 'base64'));
  return Y.createAbsolutePositionFromRelativePosition(position, doc)!.index;
}

describe('TextIds', () => {
  const doc = new Y.Doc();
  const text = doc.getText('content');
  text.insert(0, 'one three');
  text.insert(4, 'two ');
  text.delete(0, 1);
  text.insert(0, '🙂');
  const { length } = text;
  const ids = new TextIds(idsOf(doc), length);

  it('names every position so that Yjs finds it again', () => {
    for (let offset = 0; offset <= length; offset++) {
      expect([index(doc, ids.anchor(offset, 0)), index(doc, ids.anchor(offset, -1))]).toEqual([offset, offset]);
    }
  });

  it('a range goes with its text, and takes in nothing that is written beside it', () => {
    const whole = text.toString();
    const start = whole.indexOf('two');
    const { start: from, end: to } = ids.anchors(start, start + 3);
    text.insert(start, '<<');
    text.insert(start + 5, '>>');
    text.insert(0, 'before ');
    expect(text.toString().slice(index(doc, from), index(doc, to))).toBe('two');
    text.delete(text.toString().indexOf('two'), 3);
    expect(index(doc, from)).toBeGreaterThanOrEqual(index(doc, to));
  });

  it('an empty text has a beginning and an end', () => {
    const empty = new TextIds(new Float64Array(), 0);
    const { start, end } = empty.anchors(0, 0);
    const fresh = new Y.Doc();
    expect([index(fresh, start), index(fresh, end)]).toEqual([0, 0]);
  });
});
