/** What a client does about a refusal: give up, repeat at once, repeat later, or open the document again and repeat. */
export type Retry = 'never' | 'now' | 'later' | 'resync';

interface ErrorKind {
  readonly retry: Retry;
  /** HTTP status of the same refusal over REST. */
  readonly status: number;
  /** Whether the server ends the connection after it. */
  readonly close?: true;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** The one table of refusals. A code is never renamed; new ones are added. */
export const ERRORS = {
  // Bytes and bodies
  malformed_update: { retry: 'never', status: 400, level: 'warn', message: 'The update does not decode to its end' },
  unsupported_encoding: { retry: 'never', status: 400, level: 'info', message: 'Updates are in Yjs v1 encoding' },
  schema_violation: {
    retry: 'never',
    status: 400,
    level: 'info',
    message: 'The content does not fit the kind of the document',
  },
  bad_key: { retry: 'never', status: 400, level: 'warn', message: 'A key is not allowed' },
  bad_request: { retry: 'never', status: 400, level: 'info', message: 'The request does not have the expected form' },
  unknown_message: { retry: 'never', status: 400, level: 'info', message: 'There is no such message' },
  bad_path: { retry: 'never', status: 400, level: 'info', message: 'The path is not allowed' },
  too_large: { retry: 'never', status: 413, level: 'info', message: 'Larger than the limit' },
  doc_full: { retry: 'never', status: 413, level: 'info', message: 'The document has reached its limit' },
  // Order and identity of edits
  gap_resync: { retry: 'resync', status: 409, level: 'info', message: 'Edits before this one are missing' },
  epoch_mismatch: { retry: 'never', status: 409, level: 'info', message: 'The document was reset meanwhile' },
  not_your_client_id: { retry: 'never', status: 403, level: 'warn', message: 'The client id belongs to another user' },
  client_id_taken: {
    retry: 'never',
    status: 409,
    level: 'info',
    message: 'Another live editor writes under this client id',
  },
  not_open: { retry: 'resync', status: 409, level: 'debug', message: 'Open the document first' },
  // Rights
  unauthorized: { retry: 'never', status: 401, close: true, level: 'info', message: 'Sign in first' },
  invalid_token: { retry: 'never', status: 401, close: true, level: 'info', message: 'The token is not valid' },
  token_expired: { retry: 'now', status: 401, close: true, level: 'info', message: 'The token has expired' },
  invalid_credentials: {
    retry: 'never',
    status: 401,
    level: 'info',
    message: 'Unknown e-mail address or wrong password',
  },
  second_factor_required: {
    retry: 'never',
    status: 401,
    level: 'info',
    message: 'Enter the code of your authenticator app, or a recovery code',
  },
  link_expired: { retry: 'never', status: 401, level: 'info', message: 'The link is unknown or has expired' },
  oauth_failed: {
    retry: 'never',
    status: 400,
    level: 'info',
    message: 'The sign-in with the identity provider did not succeed; start it again',
  },
  provider_unavailable: {
    retry: 'later',
    status: 503,
    level: 'warn',
    message: 'The identity provider cannot be reached right now',
  },
  sign_up_closed: { retry: 'never', status: 403, level: 'info', message: 'New accounts are not open to this identity' },
  weak_password: { retry: 'never', status: 400, level: 'info', message: 'This password is easy to guess' },
  mail_unavailable: { retry: 'never', status: 503, level: 'info', message: 'This server sends no mail' },
  origin_not_allowed: {
    retry: 'never',
    status: 403,
    close: true,
    level: 'warn',
    message: 'This origin is not allowed',
  },
  forbidden: { retry: 'never', status: 403, level: 'info', message: 'Your role does not allow this' },
  guests_off: {
    retry: 'never',
    status: 409,
    level: 'info',
    message: 'This project takes no guests; its settings say so',
  },
  insufficient_scope: {
    retry: 'never',
    status: 403,
    level: 'info',
    message: 'The token was not made for this',
  },
  fresh_sign_in_required: {
    retry: 'never',
    status: 403,
    level: 'info',
    message: 'Sign in again before you do this',
  },
  not_found: { retry: 'never', status: 404, level: 'info', message: 'Not found' },
  history_gone: { retry: 'never', status: 410, level: 'info', message: 'History does not go back that far' },
  // Conflicts of REST
  email_taken: { retry: 'never', status: 409, level: 'info', message: 'This e-mail address is already registered' },
  identity_taken: {
    retry: 'never',
    status: 409,
    level: 'info',
    message: 'This identity, or its e-mail address, belongs to another account',
  },
  last_sign_in: { retry: 'never', status: 409, level: 'info', message: 'The last way to sign in stays' },
  factor_exists: { retry: 'never', status: 409, level: 'info', message: 'Two-step sign-in is on already' },
  path_taken: { retry: 'never', status: 409, level: 'info', message: 'There is already a file at this path' },
  outdated: { retry: 'never', status: 409, level: 'info', message: 'Somebody changed this meanwhile; read it again' },
  already_member: { retry: 'never', status: 409, level: 'info', message: 'Already a member' },
  last_owner: { retry: 'never', status: 409, level: 'info', message: 'A project keeps at least one owner' },
  too_many_tokens: { retry: 'never', status: 409, level: 'info', message: 'No more tokens: revoke one first' },
  // Load and state of the server
  rate_limited: { retry: 'later', status: 429, level: 'info', message: 'Too many requests' },
  overloaded: {
    retry: 'later',
    status: 503,
    level: 'warn',
    message: 'The server has too much to do; try again in a moment',
  },
  too_many_connections: { retry: 'later', status: 429, close: true, level: 'warn', message: 'Too many connections' },
  unsupported_protocol: {
    retry: 'never',
    status: 400,
    close: true,
    level: 'info',
    message: 'This protocol version is not spoken here',
  },
  store_unavailable: { retry: 'resync', status: 503, level: 'error', message: 'Nothing can be stored right now' },
  /** Made by the SDK, never sent: no connection, or no answer in time. */
  unreachable: { retry: 'later', status: 503, level: 'debug', message: 'The server cannot be reached' },
  internal: { retry: 'later', status: 500, level: 'error', message: 'Something went wrong on the server' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/**
 * A refusal that a peer can cause; carries what goes on the wire. Thrown at the doors and by the SDK; core returns
 * the plain code instead.
 */
export class TandemError extends Error {
  readonly retry: Retry;

  constructor(
    readonly code: ErrorCode,
    message: string = ERRORS[code].message,
    readonly details?: Record<string, unknown>,
    readonly retryAfterMs?: number,
    retry?: Retry,
  ) {
    super(message);
    this.name = 'TandemError';
    this.retry = retry ?? ERRORS[code].retry;
  }
}
