import { expect, it } from '@jest/globals';
import type { Quarantine } from '../core/document/quarantine.js';
import { type Damage, EMPTY_UPDATE, StoredDataCorrupt, type UpdateLog } from '../core/document/update-log.js';

export interface QuarantineUnderTest {
  readonly log: UpdateLog;
  readonly quarantine: Quarantine;
  readonly userId: string;
  /** A new empty document of kind `text`. */
  createDocument(): Promise<string>;
  /** The bytes of a stored row are others; a second time they are as before. */
  flip(documentId: string, seq: number): Promise<void>;
}

/** What every log and the quarantine beside it promise of damaged documents; each adapter's spec runs it. */
export function quarantineContract(open: () => QuarantineUnderTest): void {
  /** A document of so many rows. */
  const written = async (rows: number) => {
    const { log, userId, createDocument } = open();
    const documentId = await createDocument();
    const batch = Array.from({ length: rows }, (_, i) => ({
      userId,
      bytes: Buffer.from([i + 1]),
      provenance: { completionId: `c${i}`, client: 1, clock: i, length: 1 },
    }));
    await log.append([{ documentId, epoch: 1, accessVersion: 1, rows: batch }], 0);
    return documentId;
  };
  const isFlagged = async (documentId: string) => (await open().log.heads([documentId])).get(documentId)!.isDamaged;
  const row = (seq: number, reason: Damage['reason'] = 'checksum'): Damage => ({ part: 'row', seq, reason });

  it('names a row whose bytes changed, in whose place an empty one stands; who reads on is told', async () => {
    const { log, flip } = open();
    const documentId = await written(3);
    await flip(documentId, 2);
    const document = (await log.load(documentId))!;
    expect(document).toMatchObject({ damage: [row(2)], isDamaged: false, isBaseLost: false, after: 0 });
    expect(document.rows.map(({ seq, bytes }) => [seq, [...bytes]])).toEqual([
      [1, [1]],
      [2, [...EMPTY_UPDATE]],
      [3, [3]],
    ]);
    await expect(log.rowsAfter(documentId, 1)).rejects.toBeInstanceOf(StoredDataCorrupt);
    expect(await log.rowsAfter(documentId, 2)).toHaveLength(1);
  });

  it('sets rows aside once, with their bytes where they are sound, and flags the document', async () => {
    const { log, quarantine, flip, userId } = open();
    const documentId = await written(3);
    await flip(documentId, 2);
    expect(await isFlagged(documentId)).toBe(false);
    const aside = await quarantine.setAside(documentId, [row(2), row(3, 'orphaned')]);
    expect(aside.recorded).toBe(2);
    expect(aside.rows).toEqual([
      { seq: 2, userId, provenance: expect.objectContaining({ clock: 1 }), bytes: undefined },
      { seq: 3, userId, provenance: expect.objectContaining({ clock: 2 }), bytes: expect.anything() },
    ]);
    expect([...aside.rows[1]!.bytes!]).toEqual([3]);
    expect(await isFlagged(documentId)).toBe(true);
    expect((await log.load(documentId))!.isDamaged).toBe(true);
    expect(await quarantine.setAside(documentId, [row(2)])).toEqual({ ...aside, recorded: 0 });
    expect(await quarantine.setAside(documentId, [])).toEqual({ ...aside, recorded: 0 });
  });

  it('gives a row that was repaired in its place with its bytes', async () => {
    const { quarantine, flip } = open();
    const documentId = await written(2);
    await flip(documentId, 2);
    await quarantine.setAside(documentId, [row(2)]);
    await flip(documentId, 2);
    const { rows } = await quarantine.setAside(documentId, []);
    expect([...rows[0]!.bytes!]).toEqual([2]);
  });

  it('takes the flag away when all is healed, and not when something was set aside since', async () => {
    const { quarantine } = open();
    const documentId = await written(3);
    const { mark } = await quarantine.setAside(documentId, [row(1)]);
    const later = await quarantine.setAside(documentId, [row(2)]);
    await quarantine.healed(documentId, mark);
    expect(await isFlagged(documentId)).toBe(true);
    expect((await quarantine.setAside(documentId, [])).rows.map(({ seq }) => seq)).toEqual([2]);
    await quarantine.healed(documentId, later.mark);
    await quarantine.healed(documentId, later.mark);
    expect(await isFlagged(documentId)).toBe(false);
    // What goes bad again is found again.
    expect((await quarantine.setAside(documentId, [row(1)])).recorded).toBe(1);
    expect(await isFlagged(documentId)).toBe(true);
  });

  it('flags a document for a snapshot of it, too', async () => {
    const { quarantine } = open();
    const documentId = await written(1);
    const damage = [{ part: 'snapshot', seq: 1, reason: 'missing' }] as const;
    expect(await quarantine.setAside(documentId, damage)).toMatchObject({ rows: [], recorded: 1 });
    expect(await isFlagged(documentId)).toBe(true);
  });

  it('knows whose each client id is', async () => {
    const { log, quarantine, userId } = open();
    const documentId = await written(1);
    await log.bindClients(documentId, [7, 2 ** 53 - 1], userId);
    expect(await quarantine.owners(documentId)).toEqual(
      new Map([
        [7, userId],
        [2 ** 53 - 1, userId],
      ]),
    );
  });
}
