import { io, type Socket } from 'socket.io-client';
import * as Y from 'yjs';
import type { Answer, Asker, Heard } from './asker.ts';
import { now } from './clock.ts';
import { caretOf, fileOf } from './script.ts';

interface Said {
  readonly name: string;
  readonly at: number;
  readonly body: {
    completionId: string;
    attempt?: number;
    index?: number;
    text?: string;
    outcome?: string;
    reason?: string;
  };
}

type Reply<Body> = ({ ok: true } & Body) | { ok: false; error: { code: string } };

const TIMEOUT_MS = 30_000;

/** Asks Tandem, with a stock client in a document of its own. */
export class TandemAsker implements Asker {
  readonly mark: string;
  private readonly documentId: string;
  private readonly socket: Socket;
  private readonly doc = new Y.Doc();
  private said = new Map<string, Said[]>();
  private onSaid: () => void = () => undefined;

  private constructor(mark: string, documentId: string, socket: Socket) {
    this.mark = mark;
    this.documentId = documentId;
    this.socket = socket;
    socket.onAny((name: string, body: Said['body']) => {
      if (!name.startsWith('completion:') && name !== 'ai:unavailable') return;
      const { completionId } = body;
      const said = this.of(completionId);
      said.push({ name, at: now(), body });
      this.said.set(completionId, said);
      this.onSaid();
    });
  }

  static async open(mark: string, url: string, token: string, documentId: string): Promise<TandemAsker> {
    const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token, protocol: 1 } });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    const asker = new TandemAsker(mark, documentId, socket);
    await asker.request('document:open', { documentId, clientId: asker.doc.clientID });
    asker.text.insert(0, fileOf(mark));
    await asker.request('document:update', { documentId, update: Y.encodeStateAsUpdate(asker.doc) });
    return asker;
  }

  async ask(n: number, cancelAfter?: number): Promise<Answer> {
    this.said.clear();
    const position = Y.createRelativePositionFromTypeIndex(this.text, caretOf(this.text.toString(), n), -1);
    const question = {
      documentId: this.documentId,
      stateVector: Y.encodeStateVector(this.doc),
      anchor: Y.encodeRelativePosition(position),
      trigger: 'automatic',
    };
    const askedAt = now();
    const { completionId } = await this.request<{ completionId: string }>('completion:start', question);
    const cancelledAt = cancelAfter === undefined ? undefined : await this.cancel(completionId, cancelAfter);
    await this.until(() => this.of(completionId).some(({ name }) => name === 'completion:done'));
    // What comes after the end would be wrong, and comes before this is answered.
    await this.request('completion:resolve', { completionId, outcome: 'rejected' });
    return {
      askedAt,
      completionId,
      ...this.judge(completionId),
      ...(cancelledAt === undefined ? {} : { cancelledAt }),
    };
  }

  close(): void {
    this.socket.disconnect();
  }

  private get text(): Y.Text {
    return this.doc.getText('content');
  }

  private async cancel(completionId: string, after: number): Promise<number> {
    await this.until(() => this.of(completionId).filter(({ name }) => name === 'completion:delta').length >= after);
    const at = now();
    this.socket.emit('completion:cancel', { completionId }, () => undefined);
    return at;
  }

  private judge(completionId: string): Pick<Answer, 'heard' | 'finalText' | 'fault'> {
    const mine = this.of(completionId);
    const heard: Heard[] = mine
      .filter(({ name, body }) => name === 'completion:delta' && body.attempt === 1)
      .map(({ body, at }) => ({ index: body.index ?? -1, text: body.text ?? '', at }));
    const fault = faultOf(mine.map(({ name }) => name));
    const { outcome, text } = mine.find(({ name }) => name === 'completion:done')!.body;
    return {
      heard,
      ...(outcome === 'complete' ? { finalText: text ?? '' } : {}),
      ...(fault === undefined ? {} : { fault }),
    };
  }

  private of(completionId: string): Said[] {
    return this.said.get(completionId) ?? [];
  }

  private async until(holds: () => boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.onSaid = () => holds() && resolve();
        timer = setTimeout(() => reject(new Error(`${this.mark}: no answer`)), TIMEOUT_MS);
        this.onSaid();
      });
    } finally {
      clearTimeout(timer);
      this.onSaid = () => undefined;
    }
  }

  private async request<Body>(event: string, body: object): Promise<Body> {
    const reply = (await this.socket.timeout(TIMEOUT_MS).emitWithAck(event, body)) as Reply<Body>;
    if (!reply.ok) throw new Error(`${event}: ${reply.error.code}`);
    return reply;
  }
}

/** What is wrong with the order of the events of one completion. */
function faultOf(names: readonly string[]): string | undefined {
  const rest = names.slice(names.indexOf('completion:done') + 1);
  if (names[0] !== 'completion:started') return `began with ${names[0]}`;
  if (rest.some((name) => name !== 'completion:closed')) return `had ${rest.join(', ')} after its end`;
  return names.find((name) => /restarted|retracted|unavailable/.test(name));
}
