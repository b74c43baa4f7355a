import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { NoMailer } from './no-mailer.js';
import { type SmtpFailure, SmtpMailer } from './smtp-mailer.js';

const MAIL = { to: 'ada@example.org', subject: 'Grüße', text: 'Line one\nLine two with ünicode\n' };
const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function listening(server: Server | SMTPServer): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = ('server' in server ? server.server : server).address() as AddressInfo;
      resolve(port);
    });
  });
}

async function smtp(options: ConstructorParameters<typeof SMTPServer>[0] = {}): Promise<string> {
  const server = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], ...options });
  // A client that goes away is no fault of the server.
  server.on('error', () => {});
  stops.push(() => new Promise((resolve) => server.close(() => resolve())));
  return `127.0.0.1:${await listening(server)}`;
}

function mailer(url: string): { mailer: SmtpMailer; failures: SmtpFailure[] } {
  const failures: SmtpFailure[] = [];
  const made = new SmtpMailer({ url, from: 'Tandem <tandem@example.org>', report: (what) => failures.push(what) });
  stops.push(() => made.close());
  return { mailer: made, failures };
}

describe('a mail server', () => {
  test('gets plain text for one person', async () => {
    const taken: { raw: string; to: string[] }[] = [];
    const host = await smtp({
      onData: (stream, { envelope }, done) => {
        text(stream).then((raw) => {
          taken.push({ raw, to: envelope.rcptTo.map(({ address }) => address) });
          done();
        }, done);
      },
    });
    await mailer(`smtp://${host}`).mailer.send(MAIL);
    expect(taken.map(({ to }) => to)).toEqual([['ada@example.org']]);
    expect(taken[0]?.raw).toMatch(/^From: Tandem <tandem@example\.org>/m);
    expect(taken[0]?.raw).toMatch(/^Content-Type: text\/plain; charset=utf-8/m);
    expect(taken[0]?.raw).not.toMatch(/html/i);
  });

  test('is never given a list of people, nor a header, in place of an address', async () => {
    const recipients: string[] = [];
    const host = await smtp({
      onRcptTo: ({ address }, _session, done) => {
        recipients.push(address);
        done();
      },
    });
    const { mailer: made } = mailer(`smtp://${host}`);
    for (const to of ['ada@example.org, eve@example.org', 'ada@example.org\r\nBcc: eve@example.org']) {
      await made.send({ ...MAIL, to }).catch(() => {});
    }
    await made.send({ ...MAIL, subject: 'Hello\r\nBcc: eve@example.org' });
    expect(recipients.filter((address) => address === 'eve@example.org')).toEqual([]);
  });

  test('that refuses is reported by its code, without a word of the mail', async () => {
    const host = await smtp({
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no such canary'), { responseCode: 550 })),
    });
    const { mailer: made, failures } = mailer(`smtp://${host}`);
    await expect(made.send(MAIL)).rejects.toMatchObject({ code: 'mail_unavailable', retry: 'never' });
    expect(failures).toEqual([{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550 }]);
  });

  test('that is not there is reported, and mails are sent once it is', async () => {
    const gone = createServer();
    const port = await listening(gone);
    await new Promise((resolve) => gone.close(resolve));
    const { mailer: made, failures } = mailer(`smtp://user:canary@127.0.0.1:${port}`);
    await expect(made.send(MAIL)).rejects.toMatchObject({ code: 'mail_unavailable' });
    expect(failures[0]?.code).toBe('ESOCKET');
    expect(JSON.stringify(failures)).not.toContain('canary');
  });

  test('that says nothing is given up', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    stops.push(() => new Promise((resolve) => silent.close(() => resolve())));
    stops.push(() => {
      for (const socket of sockets) socket.destroy();
    });
    const { mailer: made, failures } = mailer(`smtp://127.0.0.1:${await listening(silent)}`);
    await expect(made.send(MAIL)).rejects.toMatchObject({ code: 'mail_unavailable' });
    expect(failures).toHaveLength(1);
  });

  test('gets no password without TLS, but for one on this machine', async () => {
    const given: (string | undefined)[] = [];
    const options = {
      authMethods: ['PLAIN'],
      onAuth: (auth: { username?: string }, _session: unknown, done: (e: null, r: { user: string }) => void) => {
        given.push(auth.username);
        done(null, { user: 'u' });
      },
      allowInsecureAuth: true,
      hideSTARTTLS: true,
    };
    const host = await smtp(options as never);
    await mailer(`smtp://ada:canary@${host}`).mailer.send(MAIL);
    expect(given).toEqual(['ada']);
    // The same server, by an address that is not known to be this machine.
    const { mailer: made, failures } = mailer(`smtp://ada:canary@[::ffff:127.0.0.1]:${host.split(':')[1]}`);
    await expect(made.send(MAIL)).rejects.toMatchObject({ code: 'mail_unavailable' });
    expect(failures).toMatchObject([{ code: 'ETLS' }]);
    expect(given).toEqual(['ada']);
  });
});

test('without one nothing is sent, and it says so', async () => {
  const none = new NoMailer();
  expect(none.isConfigured).toBe(false);
  await expect(none.send()).rejects.toMatchObject({ code: 'mail_unavailable' });
});
