import { TandemError } from '@tandem/protocol';
import type { Compactor } from '../../core/document/compactor.js';
import { DocumentContents } from '../../core/document/document-contents.js';
import type { RoomDirectory } from './room-directory.js';
import type { RoomHost } from './room-host.js';

/** Text for REST, from the room if the document is open, else from the log. */
export class RoomContents extends DocumentContents {
  constructor(
    private readonly rooms: Pick<RoomDirectory, 'open'>,
    private readonly host: Pick<RoomHost, 'catchUpAfterPause'>,
    private readonly compactor: Pick<Compactor, 'encodeText' | 'textOf'>,
  ) {
    super();
  }

  override encode(text: string): Promise<{ update: Uint8Array; clientId: number }> {
    return this.compactor.encodeText(text);
  }

  override async text(documentId: string): Promise<{ text: string; seq: number }> {
    await this.host.catchUpAfterPause(documentId);
    const { state, damage } = await this.rooms.open(documentId);
    if (damage?.isHollow) throw new TandemError('store_unavailable', undefined, undefined, 1000, 'later');
    const { seq } = state;
    return { text: await this.compactor.textOf(state.encode()), seq };
  }
}
