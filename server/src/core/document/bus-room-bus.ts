import type { NodeBus, PublishOptions } from '../bus/node-bus.js';
import { type CommittedEdits, type CursorNews, type CursorsWanted, RoomBus, type RoomNews } from './room-bus.js';

const FAMILY = 'room:';
/** What is larger is read from the log: it would hold up the cursors and tokens behind it. In bytes. */
const MAX_UPDATE = 32_768;

/** Bytes are base64. */
type RoomMessage =
  | (Omit<CommittedEdits, 'update'> & { readonly update?: string })
  | (Omit<CursorNews, 'update'> & { readonly update: string })
  | CursorsWanted;

/**
 * The doorbell over a bus between nodes.
 *
 * Edits without their bytes say only how far the log goes: `fromSeq` is `seq`, and of those that wait the newest replaces the
 * others. Edits and cursors are the first to be dropped when the bus is away, since the log and the next move make up for
 * them: so they do not push out what only a message can tell.
 */
export class BusRoomBus extends RoomBus {
  constructor(private readonly bus: NodeBus) {
    super();
  }

  override publish(news: RoomNews): void {
    const [message, options] = this.toMessage(news);
    this.bus.publish(FAMILY + news.documentId, message, options);
  }

  override subscribe(listener: (news: RoomNews) => void): () => void {
    return this.bus.subscribe((topic, message) => {
      if (topic.startsWith(FAMILY)) listener(toNews(message as RoomMessage));
    });
  }

  override watch(documentId: string): () => void {
    return this.bus.watch(FAMILY + documentId);
  }

  private toMessage(news: RoomNews): [RoomMessage, PublishOptions] {
    switch (news.type) {
      case 'edits':
        return this.toEdits(news);
      case 'cursors':
        return [{ ...news, update: toBase64(news.update) }, { isExpendable: true }];
      case 'cursors-wanted':
        return [news, { key: news.type }];
    }
  }

  private toEdits({ update, ...edits }: CommittedEdits): [RoomMessage, PublishOptions] {
    if (update && update.length <= MAX_UPDATE && this.bus.takesBulk) {
      return [{ ...edits, update: toBase64(update) }, { isExpendable: true }];
    }
    return [
      { ...edits, fromSeq: edits.seq },
      { isExpendable: true, key: edits.type },
    ];
  }
}

function toNews(message: RoomMessage): RoomNews {
  switch (message.type) {
    case 'edits':
      return { ...message, update: message.update === undefined ? undefined : fromBase64(message.update) };
    case 'cursors':
      return { ...message, update: fromBase64(message.update) };
    case 'cursors-wanted':
      return message;
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Memory of its own: a room keeps it, and would keep the pool that Buffer cuts small ones from. */
function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
