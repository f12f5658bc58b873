export default async function tearDown() {
  await /** @type {any} */ (globalThis).stopPostgres?.();
}
