/** How much an update may bring for it to be read on: 16 MiB are 2.4 million structs, or as many clients. */
export interface DecodeBounds {
  /** Structs that are new. */
  readonly structs: number;
  /** Clients of whom something is new. */
  readonly authors: number;
  /** Clients whose ids it deletes, and of whom nothing is known. */
  readonly strangers: number;
  /** The first clock of `client` that is not known. */
  end(client: number): number;
}

/** There is more of something than may be. */
export class Excess extends Error {
  constructor(readonly limit: number) {
    super(`more than ${limit}`);
  }
}

/** Counts what a decoder comes across; throws Excess. */
export class Allowance {
  private structs = 0;
  private authors = 0;
  private strangers = 0;

  constructor(private readonly bounds: DecodeBounds) {}

  /** The first clock of the client that counts. */
  from(client: number): number {
    return this.bounds.end(client);
  }

  struct(): void {
    if (++this.structs > this.bounds.structs) throw new Excess(this.bounds.structs);
  }

  author(): void {
    if (++this.authors > this.bounds.authors) throw new Excess(this.bounds.authors);
  }

  deleted(client: number): void {
    const { strangers } = this.bounds;
    if (this.bounds.end(client) === 0 && ++this.strangers > strangers) throw new Excess(strangers);
  }
}
