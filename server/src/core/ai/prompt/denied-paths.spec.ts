import { describe, expect, it } from '@jest/globals';
import { isDenied } from './denied-paths.js';

describe('isDenied', () => {
  it.each([
    ...[
      '.env',
      'app/.env.local',
      '.ENV',
      '.env.production',
      'config/prod.env',
      'tls/server.pem',
      'SERVER.KEY',
      'a/id_rsa',
    ],
    ...[
      'id_ed25519.old',
      'auth.json',
      '.npmrc',
      'packages/a/.npmrc',
      'secrets/plain.txt',
      'k8s/secrets/x/y.yaml',
      '.aws/config',
    ],
    ...[
      'home/.ssh/config',
      'secret.yaml',
      'infra/prod.tfvars',
      'terraform.tfstate',
      'service-account-prod.json',
      '.netrc',
    ],
    ...['credentials', 'release.keystore', '.kube/config', '.git-credentials'],
  ])('keeps %s back', (path) => expect(isDenied(path)).toBe(true));

  it.each([
    ...[
      'src/env.ts',
      '.env.example',
      'src/environment.ts',
      'keys.ts',
      'src/keyboard.tsx',
      'README.md',
      'id_rsa.pub',
      '',
    ],
    ...[
      'src/secrets.service.ts',
      'src/auth.ts',
      'docs/secrets.md',
      'src/secret-filter.ts',
      'credentials.ts',
      'src/pem.ts',
    ],
  ])('lets %s be sent', (path) => expect(isDenied(path)).toBe(false));
});
