// A process of its own that floods: bare TCP connections that write ready-made websocket frames as fast as they are taken.
// Told over IPC: { port, seats, kinds }; tells { closed, reasons, sent } now and then.
import { connect } from 'node:net';

/** A client's frame under the mask 0. */
function frame(data, opcode) {
  const { length } = data;
  const head =
    length < 126
      ? [0x80 | opcode, 0x80 | length]
      : length < 65_536
        ? [0x80 | opcode, 0x80 | 126, length >> 8, length & 255]
        : [
            0x80 | opcode,
            0x80 | 127,
            0,
            0,
            0,
            0,
            length >> 24,
            (length >> 16) & 255,
            (length >> 8) & 255,
            length & 255,
          ];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(4), data]);
}
const text = (words) => frame(Buffer.from(words), 1);

const totals = { sent: 0, closed: 0, reasons: {} };

/** What one round of a flood is made of. */
const KINDS = {
  /** Edits that do not decode, small ones. */
  malformed: ({ documentId }) =>
    Buffer.concat([
      text(`451-["document:update",{"documentId":"${documentId}","update":{"_placeholder":true,"num":0}}]`),
      frame(Buffer.from([1, 1, 1, 0, 4]), 2),
    ]),
  events: () => text('42["no such event",{}]'),
  cursors: ({ documentId }) =>
    Buffer.concat([
      text(`451-["awareness:update",{"documentId":"${documentId}","update":{"_placeholder":true,"num":0}}]`),
      frame(Buffer.from([1, 7, 1, 2, 0x7b, 0x7d]), 2),
    ]),
  opens: ({ documentId }) => text(`42["document:open",{"documentId":"${documentId}"}]`),
};

function flood(port, seat, kind) {
  const socket = connect(port, '127.0.0.1');
  const round = KINDS[kind]({ documentId: seat.documentIds[0] });
  const chunk = Buffer.concat(Array.from({ length: Math.max(1, Math.floor(65_536 / round.length)) }, () => round));
  let heard = '';
  let isIn = false;
  const write = () => {
    while (!socket.destroyed && socket.write(chunk)) totals.sent += chunk.length;
  };
  socket.on('connect', () =>
    socket.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: tandem\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    ),
  );
  socket.on('data', (data) => {
    if (isIn) {
      const [, reason] = /session:closed",\{"code":"(\w+)"/.exec(data.toString('latin1')) ?? [];
      if (reason) totals.reasons[reason] = (totals.reasons[reason] ?? 0) + 1;
      return;
    }
    const before = heard;
    heard += data.toString('latin1');
    if (!before.includes('pingInterval') && heard.includes('pingInterval')) {
      socket.write(text(`40${JSON.stringify({ token: seat.token, protocol: 1 })}`));
    }
    if (!heard.includes('server:hello')) return;
    isIn = true;
    socket.write(text(`42["document:open",{"documentId":"${seat.documentIds[0]}"}]`));
    write();
  });
  socket.on('drain', write);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    totals.closed++;
    setTimeout(() => flood(port, seat, kind), 200);
  });
}

process.on('message', ({ port, seats, kinds }) => {
  for (const [index, seat] of seats.entries()) flood(port, seat, kinds[index % kinds.length]);
});
setInterval(() => process.send(totals), 50);
process.on('disconnect', () => process.exit());
