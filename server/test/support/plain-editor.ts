import type { DocumentOpenAnswer, EventOf, RequestOf } from '@tandem/protocol';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { accepted, type PlainClient } from './plain-client.js';

type OpenOptions = Omit<RequestOf<'document:open'>, 'documentId'>;
type Frame = EventOf<'document:update'>;

/** The least that an editor without the SDK does: one `Y.Doc`, open, send what was typed, apply what others typed. */
export class PlainEditor {
  /** Frames of others, in order. */
  readonly frames: Frame[] = [];
  private readonly sent: Promise<number>[] = [];
  private sending = true;

  private constructor(
    readonly client: PlainClient,
    readonly documentId: string,
    readonly doc: Y.Doc,
    readonly opened: DocumentOpenAnswer,
  ) {}

  static async open(
    client: PlainClient,
    documentId: string,
    { doc = new Y.Doc(), ...options }: OpenOptions & { doc?: Y.Doc } = {},
  ): Promise<PlainEditor> {
    const early: Frame[] = [];
    let editor: PlainEditor | undefined;
    const take = (frame: Frame) => (editor ? editor.take(frame) : early.push(frame));
    client.on('document:update', (frame) => frame.documentId === documentId && take(frame));
    client.on('document:resync', ({ documentId: of, update }) => of === documentId && editor?.apply(update));
    client.on('document:status', ({ documentId: of, reopen }) => {
      if (of === documentId && reopen) editor?.openAgain(options);
    });
    const answer = await accepted(client.ask('document:open', { documentId, clientId: doc.clientID, ...options }));
    editor = new PlainEditor(client, documentId, doc, answer);
    editor.apply(await wholeAnswer(client, documentId, answer));
    for (const frame of early) editor.take(frame);
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'server' && editor!.sending) editor!.send(update);
    });
    return editor;
  }

  get text(): string {
    return this.doc.getText('content').toString();
  }

  get fingerprint(): ReturnType<typeof fingerprint> {
    return fingerprint(this.doc);
  }

  /** Types; resolves to the `seq` under which it was stored. */
  async type(text: string, at = this.doc.getText('content').length): Promise<number> {
    this.doc.getText('content').insert(at, text);
    return this.sent.at(-1)!;
  }

  /** Changes the document without sending it; resolves to what would have been sent. */
  prepare(change: (text: Y.Text) => void): Uint8Array {
    const before = Y.encodeStateVector(this.doc);
    this.sending = false;
    change(this.doc.getText('content'));
    this.sending = true;
    return Y.encodeStateAsUpdate(this.doc, before);
  }

  send(update: Uint8Array): void {
    const answer = accepted(this.client.ask('document:update', { documentId: this.documentId, update }));
    const stored = answer.then(({ seq }) => seq!);
    stored.catch(() => {});
    this.sent.push(stored);
  }

  /** Resolves when all that was typed is stored; rejects when something of it was refused. */
  async saved(): Promise<number[]> {
    return Promise.all(this.sent);
  }

  async shows(text: string | ((text: string) => boolean), timeoutMs?: number): Promise<void> {
    const fits = typeof text === 'string' ? (now: string) => now === text : text;
    await eventually(
      `the editor shows ${text}, not ${JSON.stringify(this.text.slice(0, 200))}`,
      () => fits(this.text),
      timeoutMs,
    );
  }

  apply(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, 'server');
  }

  /** The server said so. Until it lets us: a busy one may ask to come back later. */
  private openAgain(options: OpenOptions): void {
    const { client, doc, documentId } = this;
    const attempt = async () => {
      const before = client.told('document:piece').length;
      const stateVector = Y.encodeStateVector(doc);
      const body = { documentId, ...options, clientId: doc.clientID, stateVector };
      const opened = await client.ask('document:open', body);
      if (opened.ok) this.apply(await wholeAnswer(client, documentId, opened, before));
      else if (opened.error.retry === 'later') setTimeout(run, opened.error.retryAfterMs ?? 500).unref();
    };
    // Its connection may end meanwhile.
    const run = () => void attempt().catch(() => {});
    run();
  }

  private take(frame: Frame): void {
    this.frames.push(frame);
    this.apply(frame.update);
  }
}

/** The update of an open answer, also when it comes in pieces. */
export async function wholeAnswer(
  client: PlainClient,
  documentId: string,
  { update, pieces }: DocumentOpenAnswer,
  /** Pieces that the client was told before it opened. */
  before = 0,
): Promise<Uint8Array> {
  if (update) return update;
  const mine = () =>
    client
      .told('document:piece')
      .slice(before)
      .filter((piece) => piece.documentId === documentId);
  await eventually('all pieces arrive', () => mine().length >= pieces!);
  return Buffer.concat(mine().map(({ bytes }) => bytes));
}
