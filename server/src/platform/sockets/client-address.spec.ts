import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { clientAddress } from './client-address.js';

const request = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

/** As Express makes of `TRUST_PROXY=2` and of a list. */
const twoHops = (_address: string, hop: number) => hop < 2;
const nobody = () => false;
const listed = (address: string) => ['10.0.0.1', '10.0.0.2'].includes(address);

describe('A22 A23: whom a connection is counted with', () => {
  it.each([
    ['without a proxy the header is nothing', request('192.0.2.1', '198.51.100.1'), nobody, '192.0.2.1'],
    ['so many proxies are believed', request('10.0.0.1', '192.0.2.1, 10.0.0.2'), twoHops, '192.0.2.1'],
    [
      'what stands before them was written by the client',
      request('10.0.0.1', '6.6.6.6, 192.0.2.1, 10.0.0.2'),
      twoHops,
      '192.0.2.1',
    ],
    ['proxies are known by their address', request('10.0.0.1', '6.6.6.6, 192.0.2.1, 10.0.0.2'), listed, '192.0.2.1'],
    ['a proxy that says nothing is the client', request('10.0.0.1'), twoHops, '10.0.0.1'],
    ['an IPv6 client is its /64', request('10.0.0.1', '2001:db8::7'), listed, '2001:db8:0:0::/64'],
    ['an IPv4 address in IPv6 form is itself', request('::ffff:192.0.2.1'), nobody, '192.0.2.1'],
  ])('%s', (_what, from, trusts, address) => {
    expect(clientAddress(from, trusts)).toBe(address);
  });
});
