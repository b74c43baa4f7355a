import { beforeEach, describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS, type DocumentUpdate, TandemError } from '@tandem/protocol';
import { SharedUploads, UploadBudget, Uploads } from './uploads.js';

const LIMITS = { ...DEFAULT_LIMITS, maxUpdateBytes: 4, maxUploadBytes: 10 };
const DOCUMENT = '00000000-0000-4000-8000-0000000000d1';

let uploads: Uploads;
beforeEach(() => {
  uploads = of(new SharedUploads(1000));
});

/** Those of a further connection. */
function of(shared: SharedUploads, userId = 'ada', now: () => number = () => 0): Uploads {
  return new Uploads(LIMITS, new UploadBudget(LIMITS.maxUploadBytes, userId), shared, now);
}

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

const firstPart = (uploadId: string, size: number) => ({
  documentId: DOCUMENT,
  update: new Uint8Array(size),
  uploadId,
  part: 0,
  parts: 2,
});

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
    const budget = new UploadBudget(10, 'ada');
    const shared = new SharedUploads(1000);
    const [one, other] = [new Uploads(LIMITS, budget, shared), new Uploads(LIMITS, budget, shared)];
    one.take(firstPart('a', 8));
    expect(() => other.take(firstPart('b', 8))).toThrow('Larger than the limit');
    one.abandon();
    expect(other.take(firstPart('b', 8))).toBeUndefined();
  });

  test('A21: those of all connections share a budget; who finds no room comes back, and one that stalls gives way', () => {
    const shared = new SharedUploads(20);
    let now = 0;
    const [one, two, three] = [0, 1, 2].map(() => of(shared, 'ada', () => now));
    one!.take(firstPart('a', 9));
    two!.take({ ...firstPart('b', 9), parts: 3 });
    expect(refusal(() => three!.take(firstPart('c', 9)))).toMatchObject({ code: 'overloaded', retry: 'later' });
    expect(refusal(() => three!.take(firstPart('c', 9))).retryAfterMs).toBeGreaterThanOrEqual(1000);
    now = 29_999;
    two!.take({ ...firstPart('b', 1), part: 1, parts: 3 });
    expect(refusal(() => three!.take(firstPart('c', 9))).code).toBe('overloaded');
    now = 30_000;
    expect(three!.take(firstPart('c', 9))).toBeUndefined();
    expect(refusal(() => one!.take({ ...firstPart('a', 1), part: 1 }))).toMatchObject({ retry: 'resync' });
    // What was whole has given its place back.
    expect(two!.take({ ...firstPart('b', 0), part: 2, parts: 3 })).toHaveLength(10);
    expect(one!.take(firstPart('d', 9))).toBeUndefined();
  });

  describe('A21: with a budget that all share', () => {
    let now = 0;
    const clock = () => now;
    const nextPart = (uploadId: string, size: number) => ({ ...firstPart(uploadId, size), part: 1 });
    beforeEach(() => {
      now = 0;
    });

    /** All of it is there again. */
    const expectFree = (shared: SharedUploads) => {
      expect(of(shared, 'x').take(firstPart('x', 10))).toBeUndefined();
      expect(of(shared, 'y').take(firstPart('y', 9))).toBeUndefined();
    };

    test('one that finds no room for its late part is given up for good, and holds nothing', () => {
      const shared = new SharedUploads(19);
      const [slow, other] = [of(shared, 'ada', clock), of(shared, 'bob', clock)];
      slow.take(firstPart('a', 6));
      now = 29_999;
      other.take(firstPart('b', 10));
      now = 30_000;
      expect(refusal(() => slow.take(nextPart('a', 4))).code).toBe('overloaded');
      other.abandon();
      expectFree(shared);
    });

    test('one whose late part comes has not stalled: only others give way to it', () => {
      const shared = new SharedUploads(19);
      const [slow, other] = [of(shared, 'ada', clock), of(shared, 'bob', clock)];
      slow.take(firstPart('a', 6));
      other.take(firstPart('b', 10));
      now = 30_000;
      expect(slow.take(nextPart('a', 4))).toHaveLength(10);
      expect(refusal(() => other.take(nextPart('b', 1)))).toMatchObject({ code: 'bad_request', retry: 'resync' });
      expectFree(shared);
    });

    test('one person has only a share of it with several uploads, and always one', () => {
      const shared = new SharedUploads(40, 12);
      const [one, two, three] = [of(shared), of(shared), of(shared)];
      expect(one.take(firstPart('a', 8))).toBeUndefined();
      expect(two.take(firstPart('b', 4))).toBeUndefined();
      expect(refusal(() => three.take(firstPart('c', 1)))).toMatchObject({ code: 'overloaded', retry: 'later' });
      expect(of(shared, 'bob').take(firstPart('d', 10))).toBeUndefined();
      one.abandon();
      two.abandon();
      const tight = new SharedUploads(40, 5);
      const alone = of(tight);
      expect(alone.take(firstPart('a', 8))).toBeUndefined();
      expect(alone.take(nextPart('a', 2))).toHaveLength(10);
    });

    test('empty parts keep none alive', () => {
      const shared = new SharedUploads(10);
      const idle = of(shared, 'ada', clock);
      idle.take({ ...firstPart('a', 10), parts: 1000 });
      for (let part = 1; part < 10; part++) {
        now += 10_000;
        idle.take({ ...firstPart('a', 0), part, parts: 1000 });
      }
      expect(of(shared, 'bob', clock).take(firstPart('b', 10))).toBeUndefined();
    });
  });

  test('A21: small parts do not keep the messages that they came in', () => {
    const shared = new SharedUploads(1000);
    const one = of(shared);
    const messages = Array.from({ length: 3 }, (_, part) => new Uint8Array(1024 * 1024).fill(part));
    for (const [part, message] of messages.entries()) {
      const whole = one.take({ ...firstPart('a', 0), update: message.subarray(5, 8), part, parts: 4 });
      expect(whole).toBeUndefined();
      message.fill(9);
    }
    expect([...one.take({ ...firstPart('a', 1), part: 3, parts: 4 })!]).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 0]);
  });
});
