// A whole editor without the SDK: sign in, open a document, edit it, see what others edit.
//   node protocol/examples/plain-client.mjs http://127.0.0.1:3000 LINK_TOKEN
import { io } from 'socket.io-client';
import * as Y from 'yjs';

const [url, link] = process.argv.slice(2);
const signIn = await fetch(`${url}/api/v1/auth/link`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ token: link }),
});
if (!signIn.ok) throw new Error(`${signIn.status} ${await signIn.text()}`);
const { accessToken, documentId, user } = await signIn.json();

const doc = new Y.Doc();
const text = doc.getText('content');
const socket = io(url, { transports: ['websocket'], auth: { token: accessToken, protocol: 1 } });
socket.on('connect_error', (error) => {
  console.error('refused:', error.data ?? error.message);
  process.exit(1);
});

// What others edit arrives after it was stored.
socket.on('document:update', ({ update, fromSeq, seq }) => {
  Y.applyUpdate(doc, new Uint8Array(update), 'server');
  console.log(`edits ${fromSeq} to ${seq} of somebody else; the first line is now: ${text.toString().split('\n')[0]}`);
});

const opened = await socket.emitWithAck('document:open', { documentId, clientId: doc.clientID });
if (!opened.ok) throw new Error(opened.error.message);
Y.applyUpdate(doc, new Uint8Array(opened.update), 'server');
console.log(`${user.displayName} opened ${text.length} characters at seq ${opened.seq} as ${opened.role}`);

// What happens here goes out, and is safe when the answer comes.
doc.on('update', async (update, origin) => {
  if (origin === 'server') return;
  const answer = await socket.emitWithAck('document:update', { documentId, update });
  console.log(answer.ok ? `saved as ${answer.seq}` : `refused: ${answer.error.code}`);
});
text.insert(0, `Hello from ${user.displayName}\n`);
