import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/** Where a request comes from, as far as it says. */
export interface CallerOrigin {
  /** The `User-Agent` header as it came: anybody can write anything into it. */
  readonly agent?: string;
  /** Network address; behind a proxy, what TRUST_PROXY lets us believe. */
  readonly address?: string;
}

const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i;

/** The `CallerOrigin` of the request, for the list of sessions and the audit log. */
export const Caller = createParamDecorator((_data: undefined, context: ExecutionContext): CallerOrigin => {
  const { ip, headers } = context.switchToHttp().getRequest<Request>();
  const agent = headers['user-agent'];
  return {
    ...(agent === undefined ? {} : { agent }),
    ...(ip === undefined ? {} : { address: ip.replace(MAPPED_IPV4, '') }),
  };
});
