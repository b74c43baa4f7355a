/** The tag of a document's text: the same text has it, as long as the document is not reset. */
export function entityTag(epoch: number, seq: number): string {
  return `"${epoch}-${seq}"`;
}

/**
 * Whether `If-None-Match` names the tag (RFC 9110 13.1.2, weak comparison). Not left to Express: it takes a request's
 * `Cache-Control: no-cache`, which every `fetch` with this header sends along, as a wish for the whole answer.
 */
export function isKnown(ifNoneMatch: string | undefined, tag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((known) => ['*', tag].includes(known.trim().replace(/^W\//, '')));
}
