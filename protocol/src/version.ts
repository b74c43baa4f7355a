/** The version that a client names in `auth.protocol`. Version 1 keeps working; see PROTOCOL.md, "Versions". */
export const PROTOCOL_VERSION = 1;

/**
 * Each accepted form of the wire schemas, newest last: the hash that `wire/wire-hash.spec.ts` computes, and what
 * changed. A change that older peers cannot live with needs a new `PROTOCOL_VERSION`.
 */
export const WIRE_HISTORY: readonly { readonly version: number; readonly hash: string; readonly change: string }[] = [
  { version: 1, hash: 'b2071fcad81531ad', change: 'The first: sessions, projects, documents, awareness' },
  { version: 1, hash: 'afe833736c12b148', change: 'Added: completions, analysis' },
  {
    version: 1,
    hash: '4ae4ee12bd8140f9',
    change:
      'Added: packed frames, limits of rates, when to come back, damaged documents, refusals of accounts and sign-ins',
  },
];
