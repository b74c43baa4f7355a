/** The server did not keep what it promises. Artillery counts these by their code, in `errors.<code>`. */
export class BrokenPromise extends Error {
  readonly code: string;

  constructor(code: string, detail?: string) {
    super(detail === undefined ? code : `${code}: ${detail}`);
    this.code = code;
  }
}
