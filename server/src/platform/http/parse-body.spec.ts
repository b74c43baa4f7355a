import { describe, expect, test } from '@jest/globals';
import { loginBody, profileBody, projectBody, registerBody } from '@tandem/protocol/http';
import { z } from 'zod';
import { parseBody } from './parse-body.js';

const REGISTER = { email: 'ada@example.org', password: 'correct horse battery staple', displayName: 'Ada' };

const refusal = (body: unknown, schema: z.ZodType = registerBody) => {
  try {
    parseBody(schema, body);
  } catch (error) {
    return error;
  }
  return undefined;
};
const badRequest = (...paths: string[]) =>
  expect.objectContaining({
    code: 'bad_request',
    details: { errors: paths.map((path) => ({ path, message: expect.any(String) })) },
  });

describe('a JSON body', () => {
  test('is what the schema makes of it', () => {
    expect(parseBody(registerBody, { ...REGISTER, email: ' ADA@Example.org ' })).toEqual(REGISTER);
  });

  test('A42 fields that the schema does not name are refused, not dropped', () => {
    for (const field of ['role', 'isAdmin', 'ownerId', 'id', 'passwordHash']) {
      expect(refusal({ ...REGISTER, [field]: 'owner' })).toEqual(badRequest(''));
    }
  });

  test('A41 an operator object, an array or a number where text is due', () => {
    for (const email of [{ $ne: null }, { $gt: '' }, ['ada@example.org'], 0, true, null, undefined]) {
      expect(refusal({ email, password: 'x' }, loginBody)).toEqual(badRequest('email'));
    }
  });

  test('names every wrong field at once', () => {
    expect(refusal({ email: 'nobody', password: 'short', displayName: '' })).toEqual(
      badRequest('email', 'password', 'displayName'),
    );
  });

  test('that is missing or no object is refused', () => {
    for (const body of [undefined, null, 'text', 7, []]) expect(refusal(body)).toEqual(badRequest(''));
  });

  test('A39 NUL and half surrogate pairs, which PostgreSQL cannot store, are refused wherever they are', () => {
    expect(refusal({ ...REGISTER, displayName: 'A\0da' })).toEqual(badRequest('displayName'));
    expect(refusal({ ...REGISTER, displayName: 'A\ud83d' })).toEqual(badRequest('displayName'));
    const project = { name: 'p', configuration: { analysisRules: { 'a\0b': true } } };
    expect(refusal(project, projectBody)).toEqual(badRequest('configuration.analysisRules'));
    expect(refusal({ ...REGISTER, displayName: 'Ada 🦦' })).toBeUndefined();
  });

  test('A9 A47 keys that reach into prototypes are refused at any depth', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const body: unknown = JSON.parse(`{"ideSettings":{"${key}":{"isAdmin":true}},"aiPreferences":{}}`);
      expect(refusal(body, profileBody)).toMatchObject({ code: 'bad_key' });
    }
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  test('nested 50,000 deep is refused without exhausting the stack', () => {
    const body: unknown = JSON.parse(`${'{"x":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
    expect(refusal(body)).toMatchObject({ code: 'bad_request' });
  });
});
