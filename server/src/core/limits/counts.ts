/** How many there are of each key, none above a cap. */
export class Counts {
  private readonly counts = new Map<string, number>();

  constructor(private readonly cap: number) {}

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  /** False when there are as many as there may be. */
  add(key: string): boolean {
    const count = this.of(key);
    if (count >= this.cap) return false;
    this.counts.set(key, count + 1);
    return true;
  }

  remove(key: string): void {
    const count = this.of(key);
    if (count > 1) this.counts.set(key, count - 1);
    else this.counts.delete(key);
  }
}
