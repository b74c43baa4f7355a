import { randomBytes } from 'node:crypto';
import type { Stage } from '../artillery/src/stage.ts';
import { fillDocument } from './fill-document.ts';
import type { Scenario } from './scenarios.ts';
import type { Settings } from './settings.ts';
import { TandemApi } from './tandem-api.ts';

/** One account signs in at most this often at the same time: more would look like guessing its password. */
const PEOPLE_PER_ACCOUNT = 5;

/** Accounts, a project and documents of this run's own. `api` speaks for the owner of the project. */
export async function setStage(
  url: string,
  scenario: Scenario,
  settings: Settings,
  dir: string,
): Promise<{ stage: Stage; api: TandemApi }> {
  const run = randomBytes(6).toString('hex');
  const accounts = Array.from({ length: Math.ceil(settings.users / PEOPLE_PER_ACCOUNT) }, (_, n) => ({
    email: `load-${run}-${n}@example.org`,
    password: randomBytes(18).toString('base64url'),
    displayName: `Load ${n}`,
  }));
  for (const account of accounts) await new TandemApi(url).register(account);

  const api = new TandemApi(url);
  await api.register({
    email: `load-${run}@example.org`,
    password: randomBytes(18).toString('base64url'),
    displayName: 'Load',
  });
  const projectId = await api.createProject(`Load test ${run}`);
  for (const { email } of accounts) await api.addMember(projectId, email);
  const { text = '' } = scenario;
  const documentIds: string[] = [];
  for (let n = 0; n < settings.documents; n += 1) {
    const id = await api.createDocument(projectId, `typed-${n}.${scenario.extension}`);
    if (text) await fillDocument(url, api.token, id, text);
    documentIds.push(id);
  }
  return {
    api,
    stage: {
      url,
      accounts,
      documentIds,
      characters: text.length,
      times: settings.times,
      perSecond: settings.perSecond,
      settleMs: settings.settleSeconds * 1000,
      dir,
    },
  };
}
