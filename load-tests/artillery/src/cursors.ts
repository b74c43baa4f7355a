import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/** One state of a y-protocols awareness update. */
export interface CursorState {
  readonly client: number;
  readonly clock: number;
  /** `null`: the client is not there any more. */
  readonly state: { readonly cursor?: number } | null;
}

export function encodeCursor(client: number, clock: number, state: object | null): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, JSON.stringify(state));
  });
}

export function decodeCursors(update: Uint8Array): CursorState[] {
  const decoder = decoding.createDecoder(update);
  return Array.from({ length: decoding.readVarUint(decoder) }, () => ({
    client: decoding.readVarUint(decoder),
    clock: decoding.readVarUint(decoder),
    state: JSON.parse(decoding.readVarString(decoder)),
  }));
}
