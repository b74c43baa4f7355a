import type { Compactor } from '../../core/document/compactor.js';
import { DocumentContents } from '../../core/document/document-contents.js';
import type { RoomDirectory } from './room-directory.js';

/** Text for REST, from the room if the document is open, else from the log. */
export class RoomContents extends DocumentContents {
  constructor(
    private readonly rooms: RoomDirectory,
    private readonly compactor: Compactor,
  ) {
    super();
  }

  override encode(text: string): Promise<{ update: Uint8Array; clientId: number }> {
    return this.compactor.encodeText(text);
  }

  override async text(documentId: string): Promise<{ text: string; seq: number }> {
    const { state } = await this.rooms.open(documentId);
    const { seq } = state;
    return { text: await this.compactor.textOf(state.encode()), seq };
  }
}
