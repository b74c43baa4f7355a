/** Latencies in milliseconds, of which only order matters. */
export class Samples {
  private readonly values: number[] = [];

  add(milliseconds: number): void {
    this.values.push(milliseconds);
  }

  get count(): number {
    return this.values.length;
  }

  /** `share` from 0 to 1; NaN without samples. */
  quantile(share: number): number {
    const sorted = [...this.values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  }

  toString(): string {
    return `${this.quantile(0.5).toFixed(2)} / ${this.quantile(0.99).toFixed(2)}`;
  }
}
