import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AnalysisInput } from '../../core/ai/analyzer.js';
import { eventually } from '../../testing/eventually.js';
import { FakeModelServer } from '../../testing/fake-model-server.js';
import { ModelReviewAnalyzer } from './model-review-analyzer.js';
import { SecretlintFilter } from './secretlint-filter.js';

const TEXT = 'const password = "hunter2";\nfor (let i = 0; i <= xs.length; i++) use(xs[i]);\nconst t = "<|im_end|>";\n';
const INPUT: AnalysisInput = {
  projectId: 'p',
  documentId: 'd',
  path: 'src/a.ts',
  text: TEXT,
  rules: {},
  instructions: '',
};
const FINDING = {
  line: 2,
  quote: 'for (let i = 0; i <= xs.length; i++) use(xs[i]);',
  severity: 'error',
  title: 'Off by one',
  message: 'The last index is one too high.',
};

let server: FakeModelServer;
beforeEach(async () => {
  server = await FakeModelServer.start();
});
afterEach(() => server.stop());

const never = new AbortController().signal;
const analyzer = (options = {}) =>
  new ModelReviewAnalyzer({ baseUrl: server.url, model: 'fake-1', ...options }, new SecretlintFilter(5_000));

function review(answer: unknown, input: Partial<AnalysisInput> = {}) {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  server.onRequest = () => ({ tokens: text.match(/.{1,7}/gs) ?? [] });
  return analyzer().analyze({ ...INPUT, ...input }, never);
}

const at = (quote: string, more = {}) => ({ ...FINDING, line: null, quote, ...more });

describe('ModelReviewAnalyzer', () => {
  it('finds what the model quotes', async () => {
    const findings = await review({ findings: [FINDING] });
    const start = TEXT.indexOf('for');
    expect(findings).toEqual([
      { start, end: start + FINDING.quote.length, severity: 1, message: 'Off by one: The last index is one too high.' },
    ]);
    const { path, body } = server.requests[0]!;
    expect(path).toBe('/v1/chat/completions');
    expect(body).toMatchObject({ model: 'fake-1', stream: true, response_format: { type: 'json_schema' } });
  });

  it('sends neither secrets nor special tokens, and places findings on their lines', async () => {
    const findings = await review({ findings: [at('const password = "*******";'), at('const t = "‹|im_end|>";')] });
    expect(findings.map(({ start, end }) => TEXT.slice(start, end))).toEqual([
      'const password = "hunter2";',
      'const t = "<|im_end|>";',
    ]);
    const asked = JSON.stringify(server.requests[0]!.body);
    expect(asked).not.toContain('hunter2');
    expect(asked).not.toContain('<|im_end|>');
  });

  it.each([
    ['in a fence', `Here it is:\n\`\`\`json\n${JSON.stringify({ findings: [FINDING] }, null, 2)}\n\`\`\`\nDone.`],
    ['between words', `I found this: ${JSON.stringify({ findings: [FINDING] })} and no more.`],
    ['as a list', JSON.stringify([FINDING])],
    ['cut off', JSON.stringify({ findings: [FINDING, FINDING] }).slice(0, -40)],
    [
      'with fields of the wrong kind beside it',
      JSON.stringify({ findings: [FINDING, { ...FINDING, quote: 5 }, null, 'x'] }),
    ],
    ['twice', JSON.stringify({ findings: [FINDING, FINDING] })],
    ['without a line', JSON.stringify({ findings: [{ ...FINDING, line: undefined }] })],
  ])('takes a finding %s', async (_, answer) => {
    expect(await review(answer)).toHaveLength(1);
  });

  it('leaves out what does not stand in the text', async () => {
    expect(await review({ findings: [at('eval(input)'), at(''), at('const t')] })).toHaveLength(1);
  });

  it('takes an empty list for a good answer', async () => {
    expect(await review({ findings: [] })).toEqual([]);
  });

  it.each(['', 'The code looks good to me.', '{"findings":', '[1, 2]', '{"findings":[{"line":1}]}', '{"{"{"{', 'null'])(
    'calls it a bad answer: %j',
    async (answer) => {
      await expect(review(answer)).rejects.toMatchObject({ name: 'ModelError', reason: 'bad_answer' });
    },
  );

  it('makes messages inert', async () => {
    const message =
      'See [the docs](https://evil.example/x) ![](https://evil.example/t.png)\u0007\u202e <https://evil.example> [a](command:b)';
    const [finding] = await review({ findings: [{ ...FINDING, title: 'A [b](c)\nd', message }] });
    expect(finding!.message).toBe('A b d: See the docs  <evil.example> a');
  });

  it('keeps messages short, and takes fifty of them', async () => {
    const text = Array.from({ length: 80 }, (_, n) => `call${n}();`).join('\n');
    const findings = text.split('\n').map((quote) => ({ ...FINDING, line: 1, quote, message: 'x'.repeat(2_000) }));
    const found = await review({ findings }, { text });
    expect(found).toHaveLength(50);
    expect(found.every(({ message }) => message.length <= 1_000)).toBe(true);
    expect(found.map(({ start }) => start)).toEqual(found.map(({ start }) => start).sort((a, b) => a - b));
  });

  it('asks again without a schema when the server knows none', async () => {
    const answer = JSON.stringify({ findings: [FINDING] });
    server.onRequest = ({ body }) => ('response_format' in body ? { status: 400 } : { tokens: [answer] });
    const reviewer = analyzer();
    expect(await reviewer.analyze(INPUT, never)).toHaveLength(1);
    expect(await reviewer.analyze(INPUT, never)).toHaveLength(1);
    expect(server.requests).toHaveLength(3);
  });

  it('reviews the beginning of a long text', async () => {
    const text = `${FINDING.quote}\n${'more();\n'.repeat(100)}`;
    server.onRequest = () => ({ tokens: [JSON.stringify({ findings: [FINDING] })] });
    const found = await analyzer({ maxCharacters: 100 }).analyze({ ...INPUT, text }, never);
    expect(found).toMatchObject([{ start: 0 }]);
    expect(JSON.stringify(server.requests[0]!.body).match(/more\(\)/g)).toHaveLength(6);
  });

  it('does not ask about nothing, or what is switched off', async () => {
    expect(await analyzer().analyze({ ...INPUT, text: ' \n' }, never)).toEqual([]);
    expect(await analyzer().analyze({ ...INPUT, rules: { review: false } }, never)).toEqual([]);
    expect(analyzer().handles('src/a.ts')).toBe(true);
    expect(analyzer().handles('app/.env')).toBe(false);
    expect(server.requests).toHaveLength(0);
  });

  it('sends nothing that could not be scanned', async () => {
    const reviewer = new ModelReviewAnalyzer({ baseUrl: server.url, model: 'm' }, new SecretlintFilter(-1));
    await expect(reviewer.analyze(INPUT, never)).rejects.toMatchObject({ reason: 'timeout' });
    expect(server.requests).toHaveLength(0);
  });

  it('is given up at once', async () => {
    server.onRequest = () => ({ tokens: ['{'], isEndless: true, tokensPerSecond: 50 });
    const controller = new AbortController();
    const outcome = analyzer().analyze(INPUT, controller.signal);
    await eventually('the request is there', () => server.requests.length === 1);
    controller.abort('enough');
    await expect(outcome).rejects.toBe('enough');
    await eventually('the connection is closed', () => server.aborted.length === 1);
  });
});
