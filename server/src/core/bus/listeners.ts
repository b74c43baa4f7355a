/** Who is told. One that throws is reported, and does not keep the others from hearing. */
export class Listeners<News extends unknown[]> {
  private readonly entries = new Set<(...news: News) => void>();

  constructor(private readonly report: (error: unknown) => void) {}

  /** Returns the call that ends it, which may be repeated. Who enters twice is told twice and leaves twice. */
  add(listener: (...news: News) => void): () => void {
    const entry = (...news: News) => listener(...news);
    this.entries.add(entry);
    return () => {
      this.entries.delete(entry);
    };
  }

  tell(...news: News): void {
    for (const listener of this.entries) {
      try {
        listener(...news);
      } catch (error) {
        this.report(error);
      }
    }
  }
}
