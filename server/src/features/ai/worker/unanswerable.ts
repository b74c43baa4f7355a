/** The request is not for a model: the asker is told why. */
export class Unanswerable extends Error {
  constructor(
    readonly reason: 'forbidden' | 'document_behind',
    message: string,
  ) {
    super(message);
  }
}
