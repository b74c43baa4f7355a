import { ModelError } from '../../core/ai/model-provider.js';

/** What a try is worth waiting for. */
const LONGEST_WAIT_MS = 1_000;

/** Errors of the connection after which the request may go through: the others (DNS, TLS, no route) stay. */
const PASSING = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'UND_ERR_SOCKET']);

/** Codes that say what to repair. Nothing else of an answer is told: it may repeat the key or the prompt. */
const TOLD = ['model_not_found', 'context_length_exceeded', 'insufficient_quota', 'invalid_api_key'];
const TOLD_BYTES = 16_384;

/** A request that the server did not understand as it is; in another shape it may. */
export class NotUnderstood extends ModelError {}

/** The error that an answer is; undefined for an event stream. The body of an error is given up. */
export async function fromAnswer(response: Response): Promise<ModelError | undefined> {
  const { status } = response;
  const type = response.headers.get('content-type') ?? '';
  if (status === 200 && /^text\/event-stream\b/i.test(type) && response.body !== null) return undefined;
  const code = status >= 400 && status < 500 ? await codeIn(response) : undefined;
  await response.body?.cancel().catch(() => undefined);
  const answered = `The model's server answered with status ${status}${code === undefined ? '' : ` (${code})`}`;
  const retryAfterMs = readRetryAfter(response.headers.get('retry-after'), Date.now());
  if (status === 429) return new ModelError('rate_limited', `${answered}.`, retryAfterMs);
  if (status >= 500 || status === 408) return new ModelError('provider_error', `${answered}.`, retryAfterMs);
  if ((status === 400 || status === 422) && code === undefined) {
    return new NotUnderstood('provider_refused', `${answered}.`);
  }
  if (status >= 400) return new ModelError('provider_refused', `${answered}.`);
  if (status >= 300) return new ModelError('provider_refused', `${answered}: redirects are not followed.`);
  return new ModelError('bad_answer', `${answered}, and no event stream.`);
}

/** An error that came in the middle of a stream, whose head said that all was well. */
export function fromEvent(error: unknown): ModelError {
  const { code, type } = Object(error) as { code?: unknown; type?: unknown };
  const isRefusal = [code, type].some((word) => String(word) === '429' || String(word).startsWith('rate_limit'));
  return isRefusal
    ? new ModelError('rate_limited', 'The model refused in the middle of its answer.')
    : new ModelError('provider_error', 'The model failed in the middle of its answer.');
}

/** A connection that failed. */
export function fromNetwork(error: unknown): ModelError {
  const code = codeOf(error);
  const told = code === undefined ? '' : ` (${code})`;
  return new ModelError('provider_error', `The connection to the model failed${told}.`, undefined, { cause: error });
}

/** Whether the same request may be answered if it is made again soon. */
export function isWorthAnotherTry({ reason, retryAfterMs, cause }: ModelError): boolean {
  if (retryAfterMs !== undefined) return retryAfterMs <= LONGEST_WAIT_MS;
  return reason === 'provider_error' && (cause === undefined || PASSING.has(codeOf(cause) ?? ''));
}

/** Milliseconds, from seconds or an HTTP date (RFC 9110, 10.2.3). */
function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms)) : undefined;
}

/** undici hides the error of the socket behind "fetch failed" and "terminated". */
function codeOf(error: unknown): string | undefined {
  for (let at = error; typeof at === 'object' && at !== null; at = (at as Error).cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
  }
  return undefined;
}

async function codeIn(response: Response): Promise<string | undefined> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece as Uint8Array, { stream: true });
      if (text.length > TOLD_BYTES) break;
    }
  } catch {
    return undefined;
  }
  return TOLD.find((code) => text.includes(`"${code}"`));
}
