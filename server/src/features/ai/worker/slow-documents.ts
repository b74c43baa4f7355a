const FORGET_MS = 10 * 60_000;
const MAX_DOCUMENTS = 1_000;

/** Documents that took too long to parse. Edits do not make one quicker; another epoch is another document. */
export class SlowDocuments {
  private readonly found = new Map<string, { readonly epoch: number | undefined; readonly until: number }>();

  /** `epochOf`: of the document now. */
  constructor(
    private readonly epochOf: (documentId: string) => Promise<number | undefined>,
    private readonly now: () => number,
  ) {}

  async has(documentId: string): Promise<boolean> {
    const slow = this.found.get(documentId);
    if (!slow) return false;
    if (this.now() < slow.until && (await this.epochOf(documentId)) === slow.epoch) return true;
    this.found.delete(documentId);
    return false;
  }

  async add(documentId: string): Promise<void> {
    const epoch = await this.epochOf(documentId);
    this.found.delete(documentId);
    this.found.set(documentId, { epoch, until: this.now() + FORGET_MS });
    const [oldest] = this.found.keys();
    if (this.found.size > MAX_DOCUMENTS && oldest !== undefined) this.found.delete(oldest);
  }
}
