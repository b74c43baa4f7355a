import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request: no header, no body, and no query, where old clients put tokens. */
function requestRecord(request: IncomingMessage & { id?: unknown; originalUrl?: string }) {
  const [path] = (request.originalUrl ?? request.url ?? '').split('?');
  return { id: request.id, method: request.method, path, from: request.socket.remoteAddress };
}

function responseRecord(response: ServerResponse) {
  return { status: response.statusCode };
}

/**
 * What is known of an error without the values it was about: a failed query carries its parameters (hashes, addresses), a
 * violated constraint the row in `detail`, a body that is no JSON a piece of itself.
 */
function errorRecord(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack, cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { type: name, code, message, stack, ...(cause === undefined ? {} : { cause: errorRecord(cause) }) };
}

/** How things that know secrets appear in the log. */
export const RECORDS = { req: requestRecord, res: responseRecord, err: errorRecord };
