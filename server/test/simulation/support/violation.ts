/** A promise that was not kept. `kind` is what shrinking holds on to. */
export class Violation extends Error {
  constructor(
    readonly kind: string,
    detail: string,
  ) {
    super(`${kind}: ${detail}`);
  }
}
