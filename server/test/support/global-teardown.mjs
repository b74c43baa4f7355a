export default async function globalTeardown() {
  await globalThis.tandemSharedPostgres?.stop();
}
