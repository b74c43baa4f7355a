import { type Outgoing, textsByTopic } from '../../../core/bus/outbox.js';

/** PostgreSQL refuses payloads of 8000 bytes and more. */
const MAX_PAYLOAD = 7900;

/**
 * The payloads of a batch: `<sender> <batch>.<number> <part>/<parts> <topic> <JSON array>`. Consecutive messages of a topic
 * share one; a message too large for one is cut to parts, of which each is a payload. All differ, since PostgreSQL delivers
 * equal payloads of a transaction once.
 *
 * The order is kept for each topic.
 */
export function toPayloads(batch: readonly Outgoing[], sender: string, batchNumber: number): Outgoing[] {
  const payloads: Outgoing[] = [];
  for (const [topic, texts] of textsByTopic(batch)) {
    const room = MAX_PAYLOAD - HEADER_ROOM - topic.length;
    for (const body of bodies(texts, room)) {
      const parts = cut(body, room);
      const id = `${sender} ${batchNumber}.${payloads.length}`;
      for (const [index, part] of parts.entries()) {
        payloads.push({ topic, text: `${id} ${index}/${parts.length} ${topic} ${part}` });
      }
    }
  }
  return payloads;
}

/** Sender, three numbers and spaces. */
const HEADER_ROOM = 60;

/** JSON arrays, each as long as the room allows; one of a single message may be longer. */
function* bodies(texts: readonly string[], room: number): Iterable<string> {
  let open: string[] = [];
  let size = 2;
  for (const text of texts) {
    const bytes = Buffer.byteLength(text) + 1;
    if (open.length > 0 && size + bytes > room) {
      yield `[${open.join()}]`;
      open = [];
      size = 2;
    }
    open.push(text);
    size += bytes;
  }
  if (open.length > 0) yield `[${open.join()}]`;
}

/** Pieces of at most `room` bytes, cut between characters. */
function cut(text: string, room: number): string[] {
  if (Buffer.byteLength(text) <= room) return [text];
  const bytes = Buffer.from(text);
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(from + room, bytes.length);
    while (to < bytes.length && isContinuation(bytes[to]!)) to--;
    parts.push(bytes.toString('utf8', from, to));
    from = to;
  }
  return parts;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

interface Payload {
  readonly sender: string;
  readonly id: string;
  readonly part: number;
  readonly parts: number;
  readonly topic: string;
  readonly body: string;
}

const PAYLOAD = /^(\S+) (\S+) (\d+)\/(\d+) (\S+) ([\s\S]*)$/;

function parse(payload: string): Payload | undefined {
  const [, sender, id, part, parts, topic, body] = PAYLOAD.exec(payload) ?? [];
  if (!sender || !id || !topic || body === undefined) return undefined;
  return { sender, id, part: Number(part), parts: Number(parts), topic, body };
}

interface Unfinished {
  readonly id: string;
  readonly since: number;
  readonly bodies: string[];
}

/** A message's parts come in one transaction; a sender that has sent none for so long will not send the rest. */
const GIVEN_UP_MS = 5000;
const MAX_UNFINISHED = 64;
const MAX_PARTS = 2000;

/**
 * Reads payloads in the order of arrival. The parts of a message arrive one after the other among those of their sender, so
 * that one unfinished message for each sender is all there can be.
 */
export class PayloadReader {
  private readonly unfinished = new Map<string, Unfinished>();

  constructor(
    private readonly self: string,
    private readonly isWanted: (topic: string) => boolean,
  ) {}

  get unfinishedCount(): number {
    return this.unfinished.size;
  }

  /** What it brings or completes: a JSON array. The reader's own, unwanted and unreadable ones bring nothing. */
  read(text: string, now: number): { readonly topic: string; readonly texts: string } | undefined {
    if (text.startsWith(`${this.self} `)) return undefined;
    const payload = parse(text);
    if (!payload || !this.isWanted(payload.topic)) return undefined;
    const texts = payload.parts === 1 ? payload.body : this.join(payload, now);
    return texts === undefined ? undefined : { topic: payload.topic, texts };
  }

  private join({ sender, id, part, parts, body }: Payload, now: number): string | undefined {
    if (part === 0) this.begin(sender, id, now);
    const found = this.unfinished.get(sender);
    // Its beginning was missed, as when it was not yet wanted.
    if (found?.id !== id || found.bodies.length !== part || parts > MAX_PARTS) return undefined;
    found.bodies.push(body);
    if (found.bodies.length < parts) return undefined;
    this.unfinished.delete(sender);
    return found.bodies.join('');
  }

  private begin(sender: string, id: string, now: number): void {
    for (const [of, { since }] of this.unfinished) if (now - since > GIVEN_UP_MS) this.unfinished.delete(of);
    if (this.unfinished.size < MAX_UNFINISHED) this.unfinished.set(sender, { id, since: now, bodies: [] });
  }
}
