/** Folders of which nothing is sent. */
const FOLDERS = new Set(
  '.ssh .aws .azure .gcloud .gnupg .kube .docker .password-store .terraform secrets .secrets .vault keystore'.split(
    ' ',
  ),
);

/** Files that hold credentials by their name. */
const NAMES = new Set([
  ...['auth.json', 'credentials', 'credentials.json', 'credentials.yml', 'credentials.yaml', 'credentials.yml.enc'],
  ...[
    '.npmrc',
    '.yarnrc',
    '.yarnrc.yml',
    '.pypirc',
    '.netrc',
    '_netrc',
    '.pgpass',
    '.my.cnf',
    '.htpasswd',
    '.dockercfg',
  ],
  ...['.git-credentials', '.vault-token', '.envrc', 'kubeconfig', 'master.key', 'application_default_credentials.json'],
  ...[
    'client_secret.json',
    'terraform.tfstate.backup',
    '.bash_history',
    '.zsh_history',
    '.psql_history',
    '.boto',
    '.s3cfg',
  ],
]);

const PATTERNS = [
  // `.env`, `.env.local`, `prod.env`; the example for newcomers may be seen.
  /^\.env(?!\.(?:example|sample|template|dist)$)/,
  /\.env$/,
  /\.(?:pem|key|p12|pfx|p8|jks|keystore|bks|kdbx?|ppk|ovpn|asc|gpg|pgp|der|tfstate|tfvars|mobileprovision|keychain(?:-db)?)$/,
  /^id_(?:rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk)(?!.*\.pub$)/,
  /^secrets?\.(?:json|ya?ml|toml|ini|properties|conf|txt|enc|env|py|rb|php)$/,
  /^service[-_]?account.*\.json$/,
];

/** Whether the file is one of those that hold secrets: nothing of it is ever sent to a model, whatever a project says. */
export function isDenied(path: string): boolean {
  const names = path.toLowerCase().split('/');
  const name = names.pop() ?? '';
  return (
    names.some((folder) => FOLDERS.has(folder)) || NAMES.has(name) || PATTERNS.some((pattern) => pattern.test(name))
  );
}
