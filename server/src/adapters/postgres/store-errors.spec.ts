import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { TandemError } from '@tandem/protocol';
import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { makeTempDir, removeTempDir } from '../../testing/temp-dir.js';
import { TranslatesOutages } from './store-errors.js';

const folder = makeTempDir();
afterAll(() => removeTempDir(folder));

abstract class Port {
  abstract run(error: unknown): Promise<string>;
}

@TranslatesOutages
class Adapter extends Port {
  constructor(private readonly name: string) {
    super();
  }

  override async run(error: unknown): Promise<string> {
    return this.answer(error);
  }

  private async answer(error: unknown): Promise<string> {
    if (error !== undefined) throw error;
    return this.name;
  }
}

const adapter = new Adapter('adapter');
const fromServer = (code: string) =>
  new QueryFailedError('SELECT 1', [], Object.assign(new Error('refused'), { code }));

/** The error of a socket file that nobody listens at. */
const missingSocket = () =>
  new Promise((resolve) => createConnection(join(folder, '.s.PGSQL.5432')).once('error', resolve));

describe('TranslatesOutages', () => {
  test('leaves answers as they are', async () => {
    expect(await adapter.run(undefined)).toBe('adapter');
  });

  test.each<[string, () => unknown]>([
    ['nobody listens', () => Object.assign(new Error(), { code: 'ECONNREFUSED' })],
    ['the connection broke', () => new Error('Connection terminated unexpectedly')],
    ['PostgreSQL is stopping', () => fromServer('57P01')],
    ['PostgreSQL is starting', () => fromServer('57P03')],
    ['the disk is full', () => fromServer('53100')],
    ['the database is a standby', () => fromServer('25006')],
    ['PostgreSQL has ended a transaction in which this process slept', () => fromServer('25P03')],
    ['the connection was lost in the middle of a transaction', () => new QueryRunnerAlreadyReleasedError()],
    ['somebody else holds it for too long', () => fromServer('55P03')],
    ['the socket file is missing', missingSocket],
  ])('%s: store_unavailable, to be asked again later', async (_what, make) => {
    const refusal = await adapter.run(await make()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TandemError);
    expect(refusal).toMatchObject({ code: 'store_unavailable', retry: 'later' });
    // Spread, so that those who were refused together do not come back together.
    expect((refusal as TandemError).retryAfterMs).toBeGreaterThanOrEqual(1000);
  });

  test.each<[string, () => unknown]>([
    ['a wrong query', () => fromServer('42P01')],
    ['a taken key', () => fromServer('23505')],
    ['a refusal', () => new TandemError('not_found')],
    ['a file that is missing', () => readFile(join(folder, 'nothing')).catch((error: unknown) => error)],
  ])('%s is no outage', async (_what, make) => {
    const error = await make();
    await expect(adapter.run(error)).rejects.toBe(error);
  });
});
