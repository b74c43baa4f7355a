import { type ErrorCode, handshakeAuth, PROTOCOL_VERSION, TandemError } from '@tandem/protocol';
import type { Socket } from 'socket.io';
import type { AccessTokens, TokenClaims } from '../../core/access/access-tokens.js';
import type { AdmissionGate } from '../limits/admission-gate.js';
import { DoorWebSocket } from './door-websocket.js';
import { visitOf } from './websocket-engine.js';

/**
 * Socket.IO middleware: a connection without a valid token never exists. The refusal is the client's `connect_error`, and
 * the connection ends. Addresses take turns at `gate`, so that a wave from one does not keep out the others.
 */
export function authenticate(
  tokens: AccessTokens,
  gate: AdmissionGate<string>,
  refused: (code: ErrorCode) => void = () => undefined,
) {
  return (socket: Socket, next: (error?: Error) => void): void => {
    signIn(socket, tokens, gate).then(
      (claims) => {
        (socket.data as { claims: TokenClaims }).claims = claims;
        next();
      },
      (error: unknown) => {
        const refusal = error instanceof TandemError ? error : new TandemError('internal');
        refused(refusal.code);
        next(asConnectError(refusal));
        // Behind Socket.IO's answer.
        setImmediate(() => DoorWebSocket.of(socket)?.close(CLOSE_POLICY, refusal.code));
      },
    );
  };
}

/** 1008 would be answered with a second refusal. */
const CLOSE_POLICY = 4008;

async function signIn(socket: Socket, tokens: AccessTokens, gate: AdmissionGate<string>): Promise<TokenClaims> {
  const token = tokenOf(socket);
  const visit = visitOf(socket.request);
  const tooFast = visit?.knock(performance.now());
  if (tooFast) throw tooFast;
  const leave = await gate.enter(visit?.address ?? '');
  try {
    // It may have given up while it waited.
    if (!DoorWebSocket.of(socket)?.isOpen) throw new TandemError('unauthorized');
    const claims = await tokens.verify(token);
    const tooMany = visit?.enter(claims.userId);
    if (tooMany) throw tooMany;
    return claims;
  } finally {
    leave();
  }
}

function tokenOf(socket: Socket): string {
  const auth = handshakeAuth.safeParse(socket.handshake.auth);
  if (!auth.success) {
    const isVersion = auth.error.issues.every(({ path }) => path[0] === 'protocol');
    throw new TandemError(isVersion ? 'unsupported_protocol' : 'unauthorized');
  }
  const version = auth.data.protocol ?? PROTOCOL_VERSION;
  if (version !== PROTOCOL_VERSION) throw new TandemError('unsupported_protocol');
  return auth.data.token;
}

function asConnectError({ code, message, retry, retryAfterMs }: TandemError): Error {
  const later = retryAfterMs === undefined ? {} : { retryAfterMs };
  return Object.assign(new Error(message), { data: { code, message, retry, ...later } });
}
