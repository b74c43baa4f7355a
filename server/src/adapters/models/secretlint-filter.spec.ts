import { describe, expect, it } from '@jest/globals';
import type { CompletionPrompt } from '../../core/ai/model-provider.js';
import { patience } from '../../testing/patience.js';
import { SecretlintFilter } from './secretlint-filter.js';

const filter = new SecretlintFilter(5_000);

// Put together here, so that no scanner of repositories takes them for real.
const GITHUB = `ghp_${'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'}`;
const BASE64 = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
const KEY_LINES = Array.from({ length: 6 }, () => BASE64).join('\n');
const PEM = `-----BEGIN ${'PRIVATE'} KEY-----\n${KEY_LINES}\n-----END ${'PRIVATE'} KEY-----`;
const JWT = `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWIiOiIxMjM0NTY3ODkwIn0'}.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U`;

const PROMPT: CompletionPrompt = {
  projectId: 'p',
  documentId: 'd',
  path: 'a.ts',
  prefix: '',
  suffix: '',
  snippets: [],
  instructions: '',
  trigger: 'manual',
  alternatives: 1,
  lines: 'single',
  maxTokens: 64,
};

describe('SecretlintFilter', () => {
  it.each([
    ['a GitHub token', `const t = "${GITHUB}";`, GITHUB],
    ['a token in spite of a comment', `// secretlint-disable\nconst t = "${GITHUB}";`, GITHUB],
    ['a database URL', 'const u = "postgres://app:s3cr3tPa55@db.example.org:5432/app";', 's3cr3tPa55'],
    ['a URL with a password', 'git clone https://me:hunter2x@git.example.org/a.git', 'hunter2x'],
    [
      'a webhook',
      `post('https://hooks.slack.com/${'services'}/T0A1B2C3D/B0E1F2G3H/kT8vQz2LmN4pR6sW9xY1aB3c')`,
      'kT8vQz2LmN4pR6sW9xY1aB3c',
    ],
    [
      'a SendGrid key',
      `send('SG.${'ngeVfQFYQlKU0ufo8x5d1A'}.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc-1s5cr0')`,
      'ngeVfQFYQlKU0ufo8x5d1A',
    ],
    ['an AWS key id', 'aws AKIAQYLPMN5HHHFPZAM2 x', 'AKIAQYLPMN5HHHFPZAM2'],
    ['what looks like one', 'id = AKIAQYLPMN5HHHF', 'AKIAQYLPMN5HHHF'],
    ['a private key', PEM, BASE64],
    ['a private key without its end', PEM.slice(0, -100), BASE64.slice(0, 40)],
    ['a private key without its beginning', PEM.slice(80), BASE64.slice(0, 40)],
    ['a private key without its end, and code', `${PEM.slice(0, -60)}\nfoo();`, BASE64],
    ['a private key in a string', JSON.stringify({ private_key: PEM }), BASE64],
    ['a password', 'const password = "hunter2";', 'hunter2'],
    ['a password in YAML', '  db_password: hunter2!x', 'hunter2!x'],
    ['a password in an environment', 'export DB_PASS=hunter22', 'hunter22'],
    ['a password in JSON', '{"password": "correct horse 1"}', 'correct horse 1'],
    ['an API key', "apiKey: 'k3jh4kj5h3k4j5h'", 'k3jh4kj5h3k4j5h'],
    ['a header', 'curl -H "Authorization: Bearer abcdef0123456789abcdef"', 'abcdef0123456789abcdef'],
    ['a JSON web token', `x(${JWT})`, JWT],
    ['a key by chance', 'SESSION_KEY_2 = f3Kd92lmZx81QpwoE7Rt', 'f3Kd92lmZx81QpwoE7Rt'],
  ])('redacts %s, and keeps its length', async (_, text, secret) => {
    const redacted = (await filter.redactText(text))!;
    expect(redacted).not.toContain(secret);
    expect(redacted).toHaveLength(text.length);
    expect(redacted.split('\n').map((line) => line.length)).toEqual(text.split('\n').map((line) => line.length));
  });

  it.each([
    'const password = process.env.DB_PASSWORD;',
    'password: string;',
    'token = request.headers.authorization',
    'const token = await readToken();',
    'passwordLabel: "Your password"',
    '<input type="password" name="password">',
    `password: "$\{DB_PASSWORD}"`,
    'const passenger = "Alice Smith"; bypass = "no"',
    'tokenizer: "bert-base"',
    'if (token === undefined) return;',
    'const tokenizer = new Tokenizer(vocabulary);',
    'import { keyRing } from "../../crypto/key-ring.js";',
    'https://example.org:8080/path?q=1',
    '// The token is checked before the password is.',
    'const authenticationConfiguration = loadConfiguration();',
    'keys.map((key) => key.toLowerCase())',
  ])('leaves alone: %s', async (text) => {
    expect(await filter.redactText(text)).toBe(text);
  });

  it('redacts each part of a prompt', async () => {
    const secret = `a "${GITHUB}" b`;
    const clean = `a "${'*'.repeat(GITHUB.length)}" b`;
    const parts = { prefix: secret, suffix: secret, instructions: secret, snippets: [{ path: 'b.ts', text: secret }] };
    expect(await filter.redact({ ...PROMPT, ...parts })).toEqual({
      ...PROMPT,
      ...{ prefix: clean, suffix: clean, instructions: clean, snippets: [{ path: 'b.ts', text: clean }] },
    });
  });

  it('finds a secret that the caret stands in', async () => {
    const { prefix, suffix } = await filter.redact({ ...PROMPT, prefix: 'password = "hun', suffix: 'ter2";\n' });
    expect([prefix, suffix]).toEqual(['password = "***', '****";\n']);
  });

  it('sends nothing of what it could not look at', async () => {
    const late = new SecretlintFilter(-1);
    const parts = { prefix: 'a', suffix: 'b', instructions: 'c', snippets: [{ path: 'b.ts', text: 'd' }] };
    expect(await late.redact({ ...PROMPT, ...parts })).toEqual({ ...PROMPT, path: 'a.ts' });
    expect(await late.redactText('x')).toBeUndefined();
  });

  it('leaves the code around a key', async () => {
    const redacted = await filter.redactText(`before();\nconst key = \`${PEM.slice(0, 310)}\nafter();\n`);
    expect(redacted).toMatch(/^before\(\);\nconst key = `\*+\n[*\n]+\nafter\(\);\n$/);
  });

  it('finds secrets anywhere in a long text', async () => {
    const line = `const a = 1;\n`.repeat(333);
    const text = Array.from({ length: 40 }, () => `${line}const t = "${GITHUB}";\n${PEM}\n`).join('');
    const redacted = (await filter.redactText(text))!;
    expect(redacted).toHaveLength(text.length);
    expect(redacted).not.toMatch(/ghp_|MII/);
    expect(redacted.split('const a = 1;')).toHaveLength(333 * 40 + 1);
  });

  it.each([
    ['letters', 'a'.repeat(16_000)],
    ['a name without end', 'password'.repeat(2_000)],
    ['colons and slashes', 'a://'.repeat(4_000)],
    ['beginnings of keys', `-----BEGIN ${'PRIVATE'} KEY-----`.repeat(570)],
    ['beginnings of tokens', 'eyJaaaaaaaaaaaa.'.repeat(1_000)],
    ['assignments without a value', 'token = '.repeat(2_000)],
    ['users without hosts', 'https://a:b@'.repeat(1_300)],
    ['blanks', `password${' '.repeat(15_000)}`],
    ['dashes', '-'.repeat(16_000)],
    ['database URLs', 'postgres://a:b@c,'.repeat(900)],
    ['base64', `${'QUJD'.repeat(4_000)}`],
    ['escapes', '\\n'.repeat(8_000)],
  ])('is not slow on a text that was made to be: %s', async (_, text) => {
    const started = performance.now();
    await filter.redactText(text);
    expect(performance.now() - started).toBeLessThan(1_500 * patience());
  });
});
