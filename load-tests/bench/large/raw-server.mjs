// The yardstick: sends the same bytes in pieces of the same size to whoever asks, out of memory.
import { WebSocketServer } from 'ws';

const PIECE = 256 * 1024;
const chunks = [];
process.stdin.on('data', (chunk) => chunks.push(chunk));
process.stdin.once('end', () => {
  const bytes = Buffer.concat(chunks);
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () =>
    console.log(`listening on ${server.address().port}`),
  );
  server.on('connection', (socket) => {
    socket.on('message', () => {
      for (let at = 0; at < bytes.length; at += PIECE) socket.send(bytes.subarray(at, at + PIECE));
    });
  });
});
