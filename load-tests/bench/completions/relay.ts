// A process of its own: the yardstick. The least that brings tokens to a stock client: fetch, and emit each.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { streamTokens } from './model-stream.ts';

const provider = process.env.PROVIDER ?? '';
const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false });
io.on('connection', (socket) => {
  let abort = new AbortController();
  socket.on('start', async (body: object) => {
    abort = new AbortController();
    let index = 0;
    try {
      await streamTokens(provider, body, (text) => socket.emit('delta', { index: index++, text }), abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
    socket.emit('done');
  });
  socket.on('cancel', () => abort.abort());
});
process.on('disconnect', () => process.exit());
http.listen(0, '127.0.0.1');
await once(http, 'listening');
process.send?.({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
