// A process of its own: the scripted provider. Tells its parent of every answer when it has ended.
import { FakeModelServer, type SeenRequest } from '../../../server/dist/testing/fake-model-server.js';
import { now } from './clock.ts';
import type { Served } from './provider-process.ts';
import { markOf, TOKENS, TOKENS_PER_SECOND } from './script.ts';

const POLL_MS = 2;
const offset = now() - performance.now();
const open = new Map<SeenRequest, number[]>();

const server = await FakeModelServer.start((request) => {
  const sentAt: number[] = [];
  open.set(request, sentAt);
  return { tokens: noting(TOKENS, sentAt), tokensPerSecond: TOKENS_PER_SECOND };
});

/** The server takes each token when it sends it. */
function noting(tokens: readonly string[], sentAt: number[]): readonly string[] {
  return new Proxy(tokens, {
    get(list, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) sentAt[Number(key)] = now();
      return Reflect.get(list, key);
    },
  });
}

setInterval(() => {
  for (const [request, sentAt] of open) {
    const { abortedAt, endedAt, body, at } = request;
    if (abortedAt === undefined && endedAt === undefined) continue;
    open.delete(request);
    const served: Served = {
      mark: markOf(body),
      requestedAt: at + offset,
      sentAt,
      ...(abortedAt === undefined ? {} : { abortedAt: abortedAt + offset }),
    };
    process.send?.(served);
  }
}, POLL_MS);
process.on('disconnect', () => process.exit());
process.send?.({ url: server.url });
