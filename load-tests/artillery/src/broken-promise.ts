/** The server did not keep what it promises. Thrown in a scenario, Artillery counts it as `errors.<code>`. */
export class BrokenPromise extends Error {
  readonly code: string;

  constructor(code: string, detail?: string) {
    super(detail === undefined ? code : `${code}: ${detail}`);
    this.code = code;
  }
}
