import type { INestApplicationContext } from '@nestjs/common';
import { pino } from 'pino';
import type { LanguageModelConfig } from '../../../../src/config/app-config.js';
import { loadConfig } from '../../../../src/config/load-config.js';
import { scripted } from '../../support/ai-world.js';
import type { FaultWorld } from './fault-world.js';

/** What `npm run start:worker` runs, without a process of its own. The caller closes it. */
export async function inProcessWorker(
  world: FaultWorld,
  databaseUrl: string,
  languageModel: Partial<LanguageModelConfig> = {},
): Promise<INestApplicationContext> {
  const { createWorker } = await import('../../../../src/worker.module.js');
  const config = {
    ...loadConfig({ NODE_ENV: 'test' }),
    databaseUrl,
    ai: {
      worker: 'inline' as const,
      analysis: 'request' as const,
      languageModel: { ...scripted(world.model.url), ...languageModel },
    },
  };
  return createWorker({ config, databaseUrl, logger: pino({ level: 'silent' }) });
}
