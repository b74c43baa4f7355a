import { ERRORS, type ErrorCode, handshakeAuth, PROTOCOL_VERSION, TandemError } from '@tandem/protocol';
import type { Socket } from 'socket.io';
import type { AccessTokens, TokenClaims } from '../../core/access/access-tokens.js';

/** Socket.IO middleware: a connection without a valid token never exists. The refusal is the client's `connect_error`. */
export function authenticate(tokens: AccessTokens) {
  return (socket: Socket, next: (error?: Error) => void): void => {
    verify(socket, tokens).then(
      (claims) => {
        (socket.data as { claims: TokenClaims }).claims = claims;
        next();
      },
      (error: unknown) => next(refusal(error)),
    );
  };
}

async function verify(socket: Socket, tokens: AccessTokens): Promise<TokenClaims> {
  const auth = handshakeAuth.safeParse(socket.handshake.auth);
  if (!auth.success) {
    const isVersion = auth.error.issues.every(({ path }) => path[0] === 'protocol');
    throw new TandemError(isVersion ? 'unsupported_protocol' : 'unauthorized');
  }
  const version = auth.data.protocol ?? PROTOCOL_VERSION;
  if (version !== PROTOCOL_VERSION) throw new TandemError('unsupported_protocol');
  return tokens.verify(auth.data.token);
}

function refusal(error: unknown): Error {
  const code: ErrorCode = error instanceof TandemError ? error.code : 'internal';
  const { message, retry } = ERRORS[code];
  return Object.assign(new Error(message), { data: { code, message, retry } });
}
