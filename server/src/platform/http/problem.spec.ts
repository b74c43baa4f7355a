import { describe, expect, test } from '@jest/globals';
import { ForbiddenException, HttpException, NotFoundException } from '@nestjs/common';
import { ERROR_CODES, TandemError } from '@tandem/protocol';
import { problem } from '@tandem/protocol/http';
import { problemOf, refusalOf } from './problem.js';

describe('problem documents', () => {
  test.each(ERROR_CODES)('%s has the shape that the protocol promises', (code) => {
    const made = problemOf(new TandemError(code, undefined, undefined, 1500.2));
    expect(problem.parse(made)).toEqual(made);
    expect(made).toMatchObject({ code, retryAfterMs: 1501 });
  });

  test('wrong fields stand in errors, everything else in details', () => {
    const errors = [{ path: 'email', message: 'Invalid' }];
    expect(problemOf(new TandemError('bad_request', undefined, { errors }))).toMatchObject({ errors });
    expect(problemOf(new TandemError('bad_request', undefined, { errors }))).not.toHaveProperty('details');
    expect(problemOf(new TandemError('too_large', undefined, { limit: 7 }))).toMatchObject({ details: { limit: 7 } });
  });

  test('what was thrown becomes a code by its status, and never lends its message', () => {
    const parseError = Object.assign(new SyntaxError('Unexpected token in "password":"hunter2'), {
      status: 400,
      expose: true,
    });
    const cases: [unknown, string][] = [
      [parseError, 'bad_request'],
      [Object.assign(new Error('too big'), { status: 413, expose: true }), 'too_large'],
      [new NotFoundException('Cannot GET /secret'), 'not_found'],
      [new ForbiddenException('because'), 'forbidden'],
      [new HttpException('why', 418), 'bad_request'],
    ];
    for (const [thrown, code] of cases) {
      const refusal = refusalOf(thrown);
      expect(refusal?.code).toBe(code);
      expect(refusal?.message).not.toContain((thrown as Error).message);
    }
  });

  test.each([
    new Error('boom'),
    { status: 400 },
    'text',
    undefined,
    Object.assign(new Error(), { status: 500, expose: true }),
  ])('anything else is a fault of the server', (thrown) => {
    expect(refusalOf(thrown)).toBeUndefined();
  });
});
