import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Real files, so that editors, linters and compilers check them; equally far from `src` and from `dist`. */
const FOLDER = fileURLToPath(new URL('../../../demo-project/', import.meta.url));

/** The files of the demo project, by path. */
export async function readDemoFiles(): Promise<{ path: string; text: string }[]> {
  const entries = await readdir(FOLDER, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Promise.all(
    files.map(async (file) => ({
      path: file.slice(FOLDER.length).replaceAll('\\', '/'),
      text: await readFile(file, 'utf8'),
    })),
  );
}
