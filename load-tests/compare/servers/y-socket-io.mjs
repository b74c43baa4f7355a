// y-socket.io with its defaults: no storage.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { YSocketIO } from 'y-socket.io/dist/server';
import { say } from './say.mjs';

const http = createServer();
new YSocketIO(new Server(http)).initialize();
http.listen(0, '127.0.0.1', () => say(http.address()));
