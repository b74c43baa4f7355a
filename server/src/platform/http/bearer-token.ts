/** The token of an `Authorization: Bearer` header (RFC 6750); the scheme's case does not matter. */
export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +([\w.~+/=-]+) *$/i.exec(header)?.[1];
}
