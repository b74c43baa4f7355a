import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Shutdown } from './shutdown.js';

function setUp() {
  const events: string[] = [];
  const shutdown = new Shutdown({
    totalMs: 1_000,
    say: (line) => events.push(line.replace(/[\d.]+ s/, 'n s')),
    logFatal: (error) => events.push(`fatal: ${(error as Error).message}`),
    exit: (code) => events.push(`exit ${code}`),
  });
  const target = new EventEmitter();
  shutdown.listen(target);
  const step = (name: string, work: () => Promise<void> = async () => {}) =>
    shutdown.onStop(name, 500, () => {
      events.push(name);
      return work();
    });
  return { events, shutdown, step, target };
}

describe('Shutdown', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s stops the last thing first and exits 0', async (signal) => {
    const { events, step, target } = setUp();
    step('first');
    step('second');
    target.emit(signal);
    await jest.runAllTimersAsync();
    expect(events).toEqual(['Stopping ...', 'second', 'first', 'Stopped after n s', 'exit 0']);
  });

  test('what hangs is passed over after its limit, and the exit code tells', async () => {
    const { events, step, target } = setUp();
    step('first');
    step('hangs', () => new Promise(() => {}));
    target.emit('SIGTERM');
    await jest.runAllTimersAsync();
    expect(events).toEqual([
      'Stopping ...',
      'hangs',
      'hangs did not stop in time',
      'first',
      'Stopped after n s',
      'exit 1',
    ]);
  });

  test('what throws does not keep the others from being stopped', async () => {
    const { events, step, target } = setUp();
    step('first');
    step('throws', () => Promise.reject(new Error('broken')));
    target.emit('SIGTERM');
    await jest.runAllTimersAsync();
    expect(events).toEqual(['Stopping ...', 'throws', 'fatal: broken', 'first', 'Stopped after n s', 'exit 1']);
  });

  test('two signals of one press are one; a second press ends at once', async () => {
    const { events, step, target } = setUp();
    step('slow', () => new Promise(() => {}));
    target.emit('SIGINT');
    target.emit('SIGINT');
    await jest.advanceTimersByTimeAsync(400);
    expect(events).toEqual(['Stopping ...', 'slow']);
    await jest.advanceTimersByTimeAsync(99);
    target.emit('SIGINT');
    expect(events).not.toContain('exit 130');
    await jest.advanceTimersByTimeAsync(2);
    target.emit('SIGINT');
    expect(events).toContain('exit 130');
  });

  test.each(['uncaughtException', 'unhandledRejection'])(
    '%s is logged, everything is stopped, and it exits 1',
    async (event) => {
      const { events, step, target } = setUp();
      step('only');
      target.emit(event, new Error('bug'));
      await jest.runAllTimersAsync();
      expect(events).toEqual(['fatal: bug', 'only', 'exit 1']);
    },
  );
});
