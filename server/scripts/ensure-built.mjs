// Before `npm start`: the build belongs to the install; where that ran without scripts, it is made up for here.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = ['server/dist/main.js', 'server/dist/playground/index.html', 'migrations/dist', 'protocol/dist/index.js'];
const root = new URL('../../', import.meta.url);
if (!built.every((path) => existsSync(new URL(path, root)))) {
  console.log('Not built yet; building, which takes a moment and happens once.');
  const { status } = spawnSync('npm', ['run', 'build'], { cwd: fileURLToPath(root), stdio: 'inherit' });
  process.exit(status ?? 1);
}
