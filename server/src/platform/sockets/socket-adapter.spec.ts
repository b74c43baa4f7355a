import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { isOriginAllowed } from './socket-adapter.js';

const ALLOWED = ['https://ide.example.org', 'http://localhost:5173', 'tauri://localhost'];
const OWN = 'tandem.example.org:3000';

const from = (origin: string | undefined, host: string | undefined = OWN) =>
  isOriginAllowed({ headers: { origin, host } } as IncomingMessage, ALLOWED);

describe('A24 origins', () => {
  test.each([
    ['a program, which sends none', undefined],
    ['one of the list', 'https://ide.example.org'],
    ['one of the list, with its port', 'http://localhost:5173'],
    ['a desktop shell of the list', 'tauri://localhost'],
    ["the server's own page", `http://${OWN}`],
    ["the server's own page behind a proxy that ends TLS", `https://${OWN}`],
  ])('let in: %s', (_what, origin) => {
    expect(from(origin)).toBe(true);
  });

  test.each([
    ['a sandboxed frame or a file', 'null'],
    ['an empty one', ''],
    ['a lookalike that begins with one of the list', 'https://ide.example.org.evil.example'],
    ['a lookalike that ends with one of the list', 'https://evil-ide.example.org'],
    ['a subdomain of one of the list', 'https://sub.ide.example.org'],
    ['its parent domain', 'https://example.org'],
    ['another port', 'https://ide.example.org:8443'],
    ['no port, where the list has one', 'http://localhost'],
    ['another scheme', 'http://ide.example.org'],
    ['another scheme before our host', `ftp://${OWN}`],
    ['our host as user of another', `http://${OWN}@evil.example`],
    ['our host with another port', 'http://tandem.example.org:3001'],
    ['our host without its port', 'http://tandem.example.org'],
    ['a subdomain of our host', `http://evil.${OWN}`],
    ['a slash behind one of the list', 'https://ide.example.org/'],
    ['other letters', 'https://IDE.example.org'],
    ['several', 'https://ide.example.org https://evil.example'],
  ])('refused: %s', (_what, origin) => {
    expect(from(origin)).toBe(false);
  });

  test('a request without a host has no own page', () => {
    expect(isOriginAllowed({ headers: { origin: 'http://undefined' } } as IncomingMessage, ALLOWED)).toBe(false);
  });
});
