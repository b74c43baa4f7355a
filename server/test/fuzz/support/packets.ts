import { randomUUID } from 'node:crypto';
import { CLIENT_EVENTS, type ClientEvent, encodePackedAwareness, encodePackedUpdate } from '@tandem/protocol';
import type { SeededRandom } from '@tandem/protocol/testing';
import * as encoding from 'lib0/encoding';
import { Encoder, PacketType } from 'socket.io-parser';
import * as Y from 'yjs';
import { mutateBytes, mutateText, mutateValue } from './mutate.js';

/** One websocket message. */
export type Message = string | Buffer;

export interface Scene {
  readonly documentId: string;
  readonly projectId: string;
  readonly token: string;
}

const encoder = new Encoder();
let acks = 0;

function update(random: SeededRandom): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = 1 + random.integer(2 ** 31);
  doc.getText('content').insert(0, 'mutated '.repeat(1 + random.integer(3)));
  return Y.encodeStateAsUpdate(doc);
}

function awareness(random: SeededRandom): Uint8Array {
  return encoding.encode((to) => {
    encoding.writeVarUint(to, 1);
    encoding.writeVarUint(to, 1 + random.integer(2 ** 31));
    encoding.writeVarUint(to, random.integer(100));
    encoding.writeVarString(to, JSON.stringify({ user: { name: 'Mallory' }, cursor: { anchor: 1 } }));
  });
}

/** A body that the server takes, or would take if there were such a suggestion. */
function bodyOf(event: ClientEvent, { documentId, projectId, token }: Scene, random: SeededRandom): object {
  const completionId = randomUUID();
  const clientId = 1 + random.integer(2 ** 31);
  switch (event) {
    case 'project:open':
    case 'project:close':
      return { projectId };
    case 'document:open':
      return { documentId, clientId, instance: randomUUID(), stateVector: new Uint8Array([0]), seq: 0, epoch: 1 };
    case 'document:update':
      return random.chance(0.3)
        ? { documentId, update: update(random), uploadId: 'u', part: random.integer(3), parts: 3 }
        : { documentId, update: update(random), resync: random.chance(0.3) };
    case 'document:close':
      return { documentId };
    case 'awareness:update':
      return { documentId, update: awareness(random) };
    case 'completion:start':
      return { documentId, offset: 0, stateVector: new Uint8Array([0]) };
    case 'completion:cancel':
      return { completionId };
    case 'completion:resume':
      return { completionId, attempt: 1, index: 0 };
    case 'completion:resolve':
      return { completionId, outcome: 'rejected' };
    case 'analysis:start':
      return { documentId };
    case 'session:renew':
      return { token };
    default:
      return event satisfies never;
  }
}

const EVENTS = Object.keys(CLIENT_EVENTS) as ClientEvent[];

/** A packet as a client would send it, with bodies that were changed where the schemas look. */
function requestPacket(scene: Scene, random: SeededRandom): Message[] {
  const event = random.pick(EVENTS);
  const body = bodyOf(event, scene, random);
  const data = [event, random.chance(0.7) ? mutateValue(body, random) : body];
  if (random.chance(0.05)) data.push(mutateValue({}, random));
  const id = random.chance(0.8) ? acks++ : undefined;
  const packet = { type: PacketType.EVENT, nsp: '/', data, ...(id === undefined ? {} : { id }) };
  const [text, ...attachments] = encoder.encode(packet) as [string, ...Uint8Array[]];
  return [`4${text}`, ...attachments.map((bytes) => Buffer.from(bytes))];
}

function packed({ documentId }: Scene, random: SeededRandom): Buffer {
  const parts = Array.from({ length: 1 + random.integer(3) }, () =>
    random.chance(0.7)
      ? encodePackedUpdate(acks++, documentId, update(random))
      : encodePackedAwareness(documentId, awareness(random)),
  );
  return Buffer.concat(parts);
}

const mutateMessage = (message: Message, random: SeededRandom): Message =>
  typeof message === 'string' ? mutateText(message, random) : mutateBytes(message, random);

/** What goes over an open connection next: mostly well formed as far as one layer, and wrong in the next. */
export function hostileMessages(scene: Scene, random: SeededRandom): Message[] {
  const request = requestPacket(scene, random);
  switch (random.integer(10)) {
    case 0:
      return request.map((message) => mutateMessage(message, random));
    case 1:
      // Attachments that are missing, doubled, or in the place of the packet.
      return random.chance(0.5) ? request.slice(0, -1) : [...request, ...request.slice(1)];
    case 2:
      return [packed(scene, random)];
    case 3:
      return [mutateBytes(packed(scene, random), random)];
    case 4:
      return request.map((message) => (typeof message === 'string' ? message : mutateBytes(message, random)));
    case 5:
      return [String(random.integer(100)) + mutateText(String(request[0]).slice(2), random)];
    default:
      return request;
  }
}

/** A client's websocket frame (RFC 6455, 5.2), as sent by one who keeps the rules. */
export function frameOf(message: Message, random: SeededRandom): Buffer {
  const data = Buffer.from(message as string);
  const opcode = typeof message === 'string' ? 1 : 2;
  const { length } = data;
  const head =
    length < 126
      ? [length]
      : length < 65_536
        ? [126, length >> 8, length & 255]
        : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  head[0]! |= 0x80;
  const mask = Buffer.from([0, 1, 2, 3].map(() => random.integer(256)));
  const masked = Buffer.from(data.map((byte, at) => byte ^ mask[at % 4]!));
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head]), mask, masked]);
}
