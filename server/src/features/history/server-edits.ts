import { randomInt } from 'node:crypto';
import { TandemError } from '@tandem/protocol';
import type { Identity, RoomPeer } from '../../core/document/room/room-session.js';
import type { RowProvenance } from '../../core/document/update-log.js';
import type { RoomEngine } from '../documents/room-engine.js';

/** Reads nothing: what it would be shown, it has asked for. */
const PEER: RoomPeer = { write: () => true };
/** The room may be loaded anew under an edit, after a fault of the database; each time the edit is made again. */
const ATTEMPTS = 3;

export interface Edited {
  /** Where the edit stands; of one that changes nothing, what it was made on. */
  readonly seq: number;
  readonly changed: boolean;
}

/**
 * Edits that the server makes for somebody who has no editor: admitted, fenced, committed and shown as everybody's are, in
 * the room of this node.
 */
export class ServerEdits {
  constructor(private readonly engine: RoomEngine) {}

  /**
   * `make` is given the whole document and a client id of its own, and resolves to the edit, or undefined for none. Rejects
   * with TandemError: `not_found`, `forbidden`, `doc_full`, `epoch_mismatch`, `store_unavailable`.
   */
  async edit(
    identity: Identity,
    documentId: string,
    make: (update: Uint8Array, clientId: number) => Promise<Uint8Array | undefined>,
    provenance: RowProvenance,
  ): Promise<Edited> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.attempt(identity, documentId, make, provenance);
      if (!(outcome instanceof TandemError)) return outcome;
      if (!isPassing(outcome) || attempt === ATTEMPTS) throw outcome;
    }
  }

  private async attempt(
    identity: Identity,
    documentId: string,
    make: (update: Uint8Array, clientId: number) => Promise<Uint8Array | undefined>,
    provenance: RowProvenance,
  ): Promise<Edited | TandemError> {
    const { host } = this.engine;
    const clientId = randomInt(2 ** 32);
    const { room, session, seq } = await host.open(PEER, identity, documentId, { clientId }, async () => undefined);
    try {
      const update = await make(room.state.encode(), clientId);
      if (!update) return { seq, changed: false };
      return await new Promise<Edited | TandemError>((resolve, reject) => {
        const options = { resync: true, provenance };
        const edited = host.edit(room, session, update, options, (answer) => {
          resolve(answer instanceof TandemError ? answer : { seq: answer.seq, changed: answer.stored });
        });
        edited?.catch(reject);
      });
    } finally {
      host.leave(room, session);
    }
  }
}

/** Of the room, or of the client id that was drawn; another attempt has another. */
function isPassing({ code }: TandemError): boolean {
  return code === 'gap_resync' || code === 'not_open' || code === 'not_your_client_id' || code === 'client_id_taken';
}
