import { createServer, type Server } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';

export interface HttpBounds {
  /** TCP connections, those of sockets among them. */
  readonly maxConnections: number;
}

/**
 * How long a request may take to arrive, headers and whole, and how often it is looked, in milliseconds. Node's own values,
 * looked at every 30 s, let somebody who sends one byte at a time hold a connection for a minute and a half (A22). Sockets
 * are past this: it ends with their upgrade.
 */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const LOOK_MS = 2000;
/**
 * How long a connection without a request is kept, in milliseconds, nginx' own value. It must be longer than what the load
 * balancers before us keep it (60 s at AWS and in nginx' `proxy_read_timeout`), or they send a request on one that we close at
 * that moment, and answer somebody 502. At Node's 5 s a browser that was busy for as long lost a request the same way.
 */
const IDLE_MS = 75_000;
/**
 * Connections that the kernel holds until Node takes them. At Node's 511, of 5,000 editors who came back at once some were
 * dropped and tried again by TCP alone, after 1, 3, 7, 15 and 31 s.
 */
const BACKLOG = 4096;

/** Express behind a server that does not wait for slow requests. */
export class HttpAdapter extends ExpressAdapter {
  constructor(private readonly bounds: HttpBounds) {
    super();
  }

  override listen(port: number | string, ...more: readonly unknown[]): Server {
    const [host] = more.filter((value): value is string => typeof value === 'string');
    const [callback] = more.filter((value): value is () => void => typeof value === 'function');
    const server = this.getHttpServer() as Server;
    return server.listen({ port, ...(host === undefined ? {} : { host }), backlog: BACKLOG }, callback);
  }

  override initHttpServer(): void {
    const timeouts = { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, connectionsCheckingInterval: LOOK_MS };
    const server = createServer({ ...timeouts, keepAliveTimeout: IDLE_MS }, this.getInstance());
    server.maxConnections = this.bounds.maxConnections;
    this.httpServer = server;
  }
}
