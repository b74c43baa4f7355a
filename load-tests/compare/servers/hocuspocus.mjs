// Hocuspocus with its defaults; with SQLite when a file is named.
import { SQLite } from '@hocuspocus/extension-sqlite';
import { Server } from '@hocuspocus/server';
import { say } from './say.mjs';

const [file] = process.argv.slice(2);
const server = new Server({
  address: '127.0.0.1',
  port: 0,
  quiet: true,
  extensions: file ? [new SQLite({ database: file })] : [],
});
await server.listen();
say(server.address);
