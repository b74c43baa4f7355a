import type { IncomingMessage } from 'node:http';
import { addressGroup } from '../../core/limits/address-group.js';

/** Whether to believe the proxy at this address, so many hops away, about who called it: Express's `trust proxy fn`. */
export type TrustsProxy = (address: string, hop: number) => boolean;

/** Whom a request is counted with: the first address that no trusted proxy speaks for (TRUST_PROXY). */
export function clientAddress({ socket, headers }: IncomingMessage, trusts: TrustsProxy): string {
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')
    .reverse();
  let address = socket.remoteAddress ?? '';
  for (const [hop, before] of forwarded.entries()) {
    if (!trusts(address, hop)) break;
    address = before;
  }
  return addressGroup(address);
}
