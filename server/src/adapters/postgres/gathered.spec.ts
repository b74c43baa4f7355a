import { expect, it } from '@jest/globals';
import { Gathered } from './gathered.js';

/** Answers when the test says so. */
function gathered() {
  const asked: { questions: readonly number[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const gather = new Gathered<number, number>(
    (questions) =>
      new Promise((resolve, reject) => {
        asked.push({ questions, answer: () => resolve(questions.map((question) => question * 10)), fail: reject });
      }),
  );
  return { gather, asked };
}

const turn = () => new Promise(setImmediate);

it('asks once for what is asked in one turn, and gathers while answers are on their way', async () => {
  const { gather, asked } = gathered();
  const first = [1, 2, 3].map((question) => gather.of(question));
  await turn();
  const second = gather.of(4);
  await turn();
  const third = [5, 6].map((question) => gather.of(question));
  await turn();
  expect(asked.map(({ questions }) => questions)).toEqual([[1, 2, 3], [4]]);
  asked[1]!.answer();
  expect(await second).toBe(40);
  await turn();
  expect(asked[2]!.questions).toEqual([5, 6]);
  for (const { answer } of asked) answer();
  expect(await Promise.all([...first, ...third])).toEqual([10, 20, 30, 50, 60]);
});

it('a question that cannot be answered fails alone', async () => {
  const gather = new Gathered<number, number>(async (questions) => {
    if (questions.includes(2)) throw new Error('two');
    return questions;
  });
  const answers = await Promise.allSettled([1, 2, 3].map((question) => gather.of(question)));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('a database that is away is not asked again for each', async () => {
  let times = 0;
  const gather = new Gathered<number, number>(async () => {
    times++;
    throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
  });
  const answers = await Promise.allSettled([1, 2, 3].map((question) => gather.of(question)));
  expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
  expect(times).toBe(1);
});
