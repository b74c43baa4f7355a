// npm run load:control: does the load test see what it is there to see? Runs it against small servers that break one
// promise each, which must fail, and against an honest one, which must pass.
import { LIES, type Lie, LyingServer } from './control/lying-server.ts';
import { load } from './src/load.ts';
import { readSettings } from './src/settings.ts';
import { untilInterrupted } from './src/until-interrupted.ts';

const settings = readSettings({ USERS: '3', DOCUMENTS: '1', SECONDS: '2', RAMP_SECONDS: '1', SETTLE_SECONDS: '2' });
await untilInterrupted(async (signal) => {
  for (const lie of Object.keys(LIES) as Lie[]) {
    const server = await LyingServer.start(lie);
    try {
      const { faults } = await load(server.url, settings, signal);
      const right = faults.length > 0 === (lie !== 'none');
      if (!right) process.exitCode = 1;
      console.log(`${right ? 'as it should' : 'WRONG'}: ${LIES[lie]} ${faults.length > 0 ? 'fails' : 'passes'}`);
      for (const fault of faults) console.log(`    ${fault}`);
    } finally {
      await server.stop();
    }
  }
});
