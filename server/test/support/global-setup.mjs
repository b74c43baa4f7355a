// Runs in the main process of jest, as plain Node: hence the built files.
export default async function globalSetup() {
  const { SharedPostgres } = await import('../../dist/testing/shared-postgres.js').catch((error) => {
    throw new Error('Build first: npm run build', { cause: error });
  });
  globalThis.tandemSharedPostgres = await SharedPostgres.listen();
}
