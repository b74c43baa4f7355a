import { lookup } from 'node:dns/promises';
import { BlockList } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** The origin of `url`. Rejects when any address of its host is not this machine's own: load goes nowhere else. */
export async function loopbackOrigin(url: string): Promise<string> {
  const { protocol, hostname, origin } = new URL(url);
  if (protocol !== 'http:') throw new Error(`URL must begin with http://, not ${protocol}//`);
  const addresses = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true });
  if (!addresses.every(({ address, family }) => loopback.check(address, family === 6 ? 'ipv6' : 'ipv4'))) {
    throw new Error(`${hostname} is not this machine: load tests go to loopback only`);
  }
  return origin;
}
