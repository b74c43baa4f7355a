// A process of its own that plays many stock clients over bare websockets: the driver must not cost more than the server.
// Told over IPC: { seats, port } to connect and to keep connected; { report: true } to be asked when all are synced.
import { WebSocket } from 'ws';

/** As the SDK: full jitter, 2.5 s at most (CON-4). */
const backoff = (attempt) => Math.random() * Math.min(2500, 100 * 2 ** attempt);

const totals = { refusals: {}, opens: 0, handshakes: 0, dials: 0 };
let port = 0;

class Seat {
  constructor({ token, documentIds }, index) {
    this.token = token;
    this.documents = documentIds.map((documentId, n) => ({
      documentId,
      clientId: 1 + index * 8 + n,
      known: undefined,
      synced: false,
    }));
    this.attempt = 0;
    this.dial();
  }

  get isSynced() {
    return this.documents.every(({ synced }) => synced);
  }

  dial() {
    totals.dials++;
    this.pending = new Map();
    this.nextId = 0;
    this.frames = 0;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    });
    this.socket = socket;
    let over = false;
    this.lost = (afterMs) => {
      if (over) return;
      over = true;
      socket.terminate();
      for (const document of this.documents) document.synced = false;
      setTimeout(() => this.dial(), Math.max(afterMs ?? 0, backoff(this.attempt++)));
    };
    socket.on('error', () => this.lost());
    socket.on('close', () => this.lost());
    socket.on('message', (data, isBinary) => this.receive(data, isBinary));
  }

  receive(data, isBinary) {
    if (isBinary) {
      if (this.expected > 0 && --this.expected === 0) this.answered(this.header);
      return;
    }
    const text = data.toString();
    if (text[0] === '0') this.socket.send(`40${JSON.stringify({ token: this.token, protocol: 1 })}`);
    else if (text === '2') this.socket.send('3');
    else if (text.startsWith('40')) totals.handshakes++;
    else if (text.startsWith('44')) this.refused(JSON.parse(text.slice(2)).data);
    else if (text.startsWith('42["server:hello"')) {
      this.attempt = 0;
      for (const document of this.documents) this.open(document);
    } else {
      const [, kind, count, id] = /^4([356])(?:(\d+)-)?(\d+)?/.exec(text) ?? [];
      this.expected = Number(count ?? 0);
      this.header = kind === '5' ? undefined : { id: Number(id), body: text.slice(text.indexOf('[')) };
      if (this.expected === 0) this.answered(this.header);
    }
  }

  refused(error) {
    const code = error?.code ?? 'unknown';
    totals.refusals[code] = (totals.refusals[code] ?? 0) + 1;
    this.lost(error?.retryAfterMs);
  }

  open(document) {
    const id = this.nextId++;
    this.pending.set(id, document);
    const { documentId, clientId, known } = document;
    const body = { documentId, clientId, instance: `i${clientId}`, ...known };
    this.socket.send(`42${id}${JSON.stringify(['document:open', body])}`);
  }

  answered(header) {
    const document = header && this.pending.get(header.id);
    if (!document) return;
    this.pending.delete(header.id);
    const [answer] = JSON.parse(header.body);
    if (answer.ok) {
      totals.opens++;
      document.known = { seq: answer.seq, epoch: answer.epoch };
      document.synced = true;
      return;
    }
    const { code, retryAfterMs } = answer.error;
    totals.refusals[code] = (totals.refusals[code] ?? 0) + 1;
    const { socket } = this;
    setTimeout(() => socket === this.socket && socket.readyState === 1 && this.open(document), retryAfterMs ?? 250);
  }
}

const seats = [];
process.on('message', (message) => {
  port = message.port ?? port;
  if (message.seats) for (const [index, seat] of message.seats.entries()) seats.push(new Seat(seat, index));
});
setInterval(() => {
  const synced = seats.filter((seat) => seat.isSynced).length;
  process.send({ at: Date.now(), synced, seats: seats.length, ...totals });
}, 10);
process.on('disconnect', () => process.exit());
