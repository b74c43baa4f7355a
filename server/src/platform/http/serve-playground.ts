import type { NestExpressApplication } from '@nestjs/platform-express';

/** Vite puts a hash of the content into these names: what was fetched once never changes. */
const HASHED = /[\\/]assets[\\/][^\\/]+-[\w-]{8,}\.\w+$/;

/** Serves the built page at `/`. What is not there falls through to the routes. */
export function servePlayground(app: NestExpressApplication, folder: string): void {
  app.useStaticAssets(folder, {
    index: 'index.html',
    redirect: false,
    setHeaders: (response, path) => {
      response.setHeader('Cache-Control', HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
