import { beforeEach, describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS, type DocumentUpdate, TandemError } from '@tandem/protocol';
import { UploadBudget, Uploads } from './uploads.js';

const LIMITS = { ...DEFAULT_LIMITS, maxUpdateBytes: 4, maxUploadBytes: 10 };
const DOCUMENT = '00000000-0000-4000-8000-0000000000d1';

let uploads: Uploads;
beforeEach(() => {
  uploads = new Uploads(LIMITS, new UploadBudget(LIMITS.maxUploadBytes));
});

const bytes = (text: string) => new TextEncoder().encode(text);

function take(text: string, about: Partial<DocumentUpdate> = {}): string | undefined {
  const update = uploads.take({ documentId: DOCUMENT, update: bytes(text), ...about });
  return update && Buffer.from(update).toString();
}

const part = (uploadId: string, part: number, parts: number, text: string) => take(text, { uploadId, part, parts });

function refusal(run: () => unknown): TandemError {
  try {
    run();
  } catch (error) {
    if (error instanceof TandemError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('an update in one message', () => {
  test('is taken up to its limit', () => {
    expect(take('abcd')).toBe('abcd');
    expect(refusal(() => take('abcde'))).toMatchObject({ code: 'too_large', details: { limit: 4 } });
  });

  test('does not disturb an upload', () => {
    part('u', 0, 2, 'ab');
    expect(take('x')).toBe('x');
    expect(part('u', 1, 2, 'cd')).toBe('abcd');
  });
});

describe('an update in parts', () => {
  test('is whole with its last part, in their order', () => {
    expect(part('u', 0, 3, 'ab')).toBeUndefined();
    expect(part('u', 1, 3, 'cd')).toBeUndefined();
    expect(part('u', 2, 3, 'ef')).toBe('abcdef');
  });

  test('may have one part', () => {
    expect(part('u', 0, 1, 'ab')).toBe('ab');
  });

  test('is followed by another', () => {
    for (const name of ['u', 'v', 'u']) {
      expect(part(name, 0, 2, name)).toBeUndefined();
      expect(part(name, 1, 2, name)).toBe(name + name);
    }
  });

  test.each<[string, () => unknown]>([
    ['one is left out', () => part('u', 2, 3, 'x')],
    ['one comes again', () => part('u', 0, 3, 'ab') ?? (part('u', 1, 3, 'x') || part('u', 1, 3, 'x'))],
    ['one is of another upload', () => part('v', 1, 3, 'x')],
    ['their number changes', () => part('u', 1, 4, 'x')],
  ])('ends when %s, and is sent again from its start', (_what, wrong) => {
    part('u', 0, 3, 'ab');
    expect(refusal(wrong)).toMatchObject({ code: 'bad_request', retry: 'resync' });
    expect(refusal(() => part('u', 1, 3, 'cd'))).toMatchObject({ code: 'bad_request', retry: 'resync' });
    part('u', 0, 3, 'ab');
    part('u', 1, 3, 'cd');
    expect(part('u', 2, 3, 'ef')).toBe('abcdef');
  });

  test('begins anew with its first part: what came before is forgotten', () => {
    part('u', 0, 2, 'old');
    part('u', 0, 2, 'ne');
    expect(part('u', 1, 2, 'w')).toBe('new');
    part('u', 0, 2, 'old');
    part('v', 0, 2, 'ne');
    expect(part('v', 1, 2, 'w')).toBe('new');
    expect(refusal(() => part('u', 1, 2, 'x'))).toMatchObject({ code: 'bad_request' });
  });

  test('is taken up to its limit, by the bytes of all parts', () => {
    part('u', 0, 2, '12345');
    expect(part('u', 1, 2, '67890')).toBe('1234567890');
    part('u', 0, 3, '12345');
    expect(refusal(() => part('u', 1, 3, '678901'))).toMatchObject({ code: 'too_large', details: { limit: 10 } });
    expect(refusal(() => part('u', 2, 3, 'x'))).toMatchObject({ code: 'bad_request' });
    // The bytes of one that was given up do not count for the next.
    part('u', 0, 2, '12345');
    expect(part('u', 1, 2, '67890')).toBe('1234567890');
  });

  test.each<Partial<DocumentUpdate>>([
    { uploadId: 'u' },
    { part: 0, parts: 1 },
    { uploadId: 'u', part: 0 },
    { uploadId: 'u', part: 2, parts: 2 },
  ])('that is half described (%j) is refused for good', (about) => {
    expect(refusal(() => take('x', about))).toMatchObject({ code: 'bad_request', retry: 'never' });
  });

  test('A21: unfinished uploads of one connection share a budget, and give it back', () => {
    const budget = new UploadBudget(10);
    const [one, other] = [new Uploads(LIMITS, budget), new Uploads(LIMITS, budget)];
    const part = (uploadId: string, bytes: number) => ({
      documentId: '00000000-0000-4000-8000-000000000001',
      update: new Uint8Array(bytes),
      uploadId,
      part: 0,
      parts: 2,
    });
    one.take(part('a', 8));
    expect(() => other.take(part('b', 8))).toThrow('Larger than the limit');
    one.abandon();
    expect(other.take(part('b', 8))).toBeUndefined();
  });
});
