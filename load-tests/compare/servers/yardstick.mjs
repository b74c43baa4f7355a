// What Socket.IO and a disk can do without Yjs and a database: what gathered is appended to a log, synced, then acknowledged,
// and goes to the room as one binary frame that lists the updates.
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { say } from './say.mjs';

const [file] = process.argv.slice(2);
const log = await open(file, 'a');
const http = createServer();
const io = new Server(http, { serveClient: false, transports: ['websocket'] });
const rooms = new Map();
let waiting = [];
let isRunning = false;

io.on('connection', (socket) => {
  const { room } = socket.handshake.auth;
  const members = rooms.get(room) ?? new Set();
  rooms.set(room, members.add(socket));
  socket.on('update', (bytes, ack) => {
    waiting.push({ members, socket, bytes, ack });
    if (isRunning) return;
    isRunning = true;
    setImmediate(commit);
  });
  socket.on('disconnect', () => {
    members.delete(socket);
    if (members.size === 0) rooms.delete(room);
  });
});

async function commit() {
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    const gathered = new Map();
    for (const { members, socket, bytes } of batch) {
      const frame = gathered.get(members) ?? { authors: new Set(), parts: [] };
      gathered.set(members, frame);
      frame.authors.add(socket);
      frame.parts.push(varUint(bytes.length), bytes);
    }
    for (const frame of gathered.values()) frame.bytes = Buffer.concat(frame.parts);
    await log.appendFile(Buffer.concat([...gathered.values()].map(({ bytes }) => bytes)));
    await log.datasync();
    for (const { ack } of batch) ack();
    for (const [members, { authors, bytes }] of gathered) {
      const sole = authors.size === 1 ? [...authors][0] : undefined;
      for (const socket of members) if (socket !== sole) socket.conn.send(bytes);
    }
  }
  isRunning = false;
}

function varUint(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

http.listen(0, '127.0.0.1', () => say(http.address()));
