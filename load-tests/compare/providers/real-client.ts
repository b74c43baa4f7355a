/** A client as its makers ship it, in one document. */
export interface RealClient {
  text(): string;
  insert(index: number, text: string): void;
  close(): unknown;
}

export interface Joining {
  readonly port: number;
  /** Of the document. */
  readonly name: string;
  /** Yjs client id to write under. */
  readonly clientId: number;
}

/** Resolves when it has what the server holds. */
export type Join = (joining: Joining) => Promise<RealClient>;

/** One of the modules in this folder that load packages of `load-tests/compare`. */
export async function joinWith(module: string, joining: Joining): Promise<RealClient> {
  const { join } = (await import(`./${module}`)) as { join: Join };
  return join(joining);
}
