import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { StartError } from './start-error.js';

/** Opens the door; returns the address to type into a browser on this machine. */
export async function listen(app: INestApplication, port: number, host: string): Promise<string> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new StartError(`Port ${port} is taken: end the other program, or set PORT.`);
    if (code === 'EACCES')
      throw new StartError(`This user may not listen on port ${port}: set PORT to one above 1023.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') throw new StartError('HOST is no address of this machine.');
    throw error;
  }
  const bound = (app.getHttpServer().address() as AddressInfo).port;
  return `http://${reachable(host)}:${bound}`;
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
