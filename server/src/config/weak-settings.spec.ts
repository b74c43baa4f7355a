import { describe, expect, test } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { loadConfig } from './load-config.js';

const RANDOM = '9f2c41d07be85a63f1d04c7792ab3e58';
const PRODUCTION = { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/tandem', TANDEM_SECRET: RANDOM };

function refusal(change: Record<string, string>): ConfigError | undefined {
  try {
    loadConfig({ ...PRODUCTION, ...change });
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

describe('A32 a production server does not start', () => {
  test.each([
    ['TANDEM_SECRET', 'x'.repeat(64)],
    ['TANDEM_SECRET', 'change-me-change-me-change-me-now'],
    ['TANDEM_SECRET', 'this is the secret of our server!!'],
    ['TANDEM_SECRET', 'abcdabcdabcdabcdabcdabcdabcdabcd'],
    ['TANDEM_SECRET', '0123456789abcdefghijklmnopqrstuv'],
    ['TANDEM_SECRET', '11111111111111112222222222222222'],
    ['METRICS_TOKEN', '0000000000000000'],
    ['METRICS_TOKEN', 'metrics-password'],
    ['METRICS_TOKEN', 'short'],
    ['ALLOWED_ORIGINS', '*'],
    ['PUBLIC_URL', 'http://ide.example.org'],
    ['PUBLIC_URL', 'http://192.168.1.7:3000'],
  ])('with %s=%s, and names the key and not the value', (key, value) => {
    const error = refusal({ [key]: value });
    expect(error?.settings.map((setting) => setting.key)).toEqual([key]);
    expect(error?.message.replace('no *', '')).not.toContain(value);
  });

  test('but starts with strong ones, on loopback, and in clear text where it is told to', () => {
    expect(refusal({})).toBeUndefined();
    expect(
      refusal({ TANDEM_SECRET: 'kX3v9ZrQ0pLw7TnYb2Fd5HsJc8MgAeUi', METRICS_TOKEN: 'q8Zr1vKx0LmW3tYb' }),
    ).toBeUndefined();
    expect(refusal({ PUBLIC_URL: 'https://ide.example.org' })).toBeUndefined();
    expect(refusal({ PUBLIC_URL: 'http://localhost:3000' })).toBeUndefined();
    expect(refusal({ PUBLIC_URL: 'http://127.0.0.1:3000' })).toBeUndefined();
    expect(refusal({ PUBLIC_URL: 'http://192.168.1.7:3000', ALLOW_PLAIN_HTTP: 'true' })).toBeUndefined();
  });

  test('while a machine of a developer starts with any', () => {
    expect(loadConfig({ TANDEM_SECRET: 'x'.repeat(32), PUBLIC_URL: 'http://ide.example.org' }).secret).toBeDefined();
  });
});

test('mail needs a sender, and an address for its links', () => {
  const smtp = { SMTP_URL: 'smtps://user:pass@mail.example.org' };
  expect(refusal(smtp)?.settings.map(({ key }) => key)).toEqual(['MAIL_FROM', 'PUBLIC_URL']);
  const whole = { ...smtp, MAIL_FROM: 'Tandem <tandem@example.org>', PUBLIC_URL: 'https://ide.example.org' };
  expect(loadConfig({ ...PRODUCTION, ...whole }).mail).toEqual({ smtpUrl: smtp.SMTP_URL, from: whole.MAIL_FROM });
  expect(refusal({ ...whole, MAIL_FROM: 'Tandem' })?.settings.map(({ key }) => key)).toEqual(['MAIL_FROM']);
  expect(loadConfig({}).mail).toBeUndefined();
});
