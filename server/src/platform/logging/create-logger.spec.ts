import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from './create-logger.js';
import { NestLogger } from './nest-logger.js';

let lines: string[];
beforeEach(() => {
  lines = [];
});
const logger = (level: string) =>
  createLogger({ level, pretty: false, destination: { write: (line) => lines.push(line) } });
const last = () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;

describe('the log', () => {
  test('A50 a request is its method and path: no header, no query', () => {
    const request = new IncomingMessage(new Socket());
    request.method = 'GET';
    request.url = '/api/v1/users/me?token=canary';
    request.headers = { authorization: 'Bearer canary', cookie: 'canary' };
    logger('info').info({ req: request }, 'asked');
    expect(last()).toMatchObject({ req: { method: 'GET', path: '/api/v1/users/me' } });
    expect(lines.join()).not.toContain('canary');
  });

  test('A50 a failed query is logged without its parameters and the row it was about', () => {
    const cause = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (email)=(canary)' });
    const error = Object.assign(new Error('query failed', { cause }), { parameters: ['canary'], query: 'INSERT' });
    logger('info').error({ err: error }, 'failed');
    expect(last()).toMatchObject({ err: { message: 'query failed', cause: { code: '23505' } } });
    expect(lines.join()).not.toContain('canary');
  });

  test('A50 what is named like a secret is cut out, should a line ever carry it', () => {
    logger('info').info({ password: 'canary', body: { refreshToken: 'canary', secret: 'canary' } }, 'careless');
    expect(lines.join()).not.toContain('canary');
    expect(last()).toMatchObject({ password: '[redacted]' });
  });

  test('the framework is quiet about its start at info, and its warnings and errors are kept', () => {
    const nest = new NestLogger(logger('info'));
    nest.log('Mapped {/livez, GET} route', 'RouterExplorer');
    expect(lines).toEqual([]);
    nest.warn('something is odd', 'SomeModule');
    expect(last()).toMatchObject({ level: 40, context: 'SomeModule', msg: 'something is odd' });
    nest.error(new Error('boom'), 'SomeModule');
    expect(last()).toMatchObject({ level: 50, err: { message: 'boom' } });
    nest.error('boom', 'Error: boom\n    at somewhere', 'SomeModule');
    expect(last()).toMatchObject({ context: 'SomeModule', stack: expect.stringContaining('somewhere') });
  });
});
