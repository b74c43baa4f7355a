/** All that is kept of one user, and nothing of others. */
export abstract class AccountExport {
  /**
   * The text of a JSON document (`accountExport` of the protocol), piece by piece: a long life does not fit into memory
   * at once. Fails where the database does; what was written until then is no JSON.
   */
  abstract of(userId: string): AsyncIterable<string>;
}
