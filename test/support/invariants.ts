import { expect } from '@jest/globals';
import type { TestServer } from './server.js';
import { watch } from './watch.js';

/** What holds after every test, whatever it did (attacks, §0.1). Throws what an assertion throws. */
export async function invariantsHold(server: Pick<TestServer, 'query'>): Promise<void> {
  expect(watch.unexpectedFailures).toEqual([]);
  noSecretIn('the log', watch.logged.join('\n'));
  everyErrorIsExplained();
  noSecretIn('the database', await dump(server));
  for (const { method, url, status, headers, body } of watch.seen) {
    if (!headers.get('content-type')?.startsWith('text/html')) continue;
    const shown = { page: `${method} ${url} ${status}`, headers: Object.fromEntries(headers) };
    expect(shown).toMatchObject({
      headers: {
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      },
    });
    expect(shown.headers).not.toHaveProperty('x-powered-by');
    expect(body).not.toMatch(/ {4}at .*\.[jt]s:\d+/);
  }
  for (const value of watch.injected) {
    for (const { url, headers, body } of watch.seen) {
      expect({ url, answer: `${JSON.stringify([...headers])}${body}`.includes(value) }).toEqual({ url, answer: false });
    }
  }
  expect(await server.query(ORPHANS)).toEqual([]);
}

/**
 * Each OAuth error carries a support code, and the log says under that code which rule was broken and what mends it.
 */
function everyErrorIsExplained(): void {
  const log = watch.logged.join('\n');
  for (const { method, url, status, headers, body } of watch.seen) {
    if (status < 400 || !headers.get('content-type')?.includes('json') || !body.includes('"error_description"'))
      continue;
    const { error_description } = JSON.parse(body) as { error_description: string };
    const code = /\(support code ([A-Z2-9]{10})\)$/.exec(error_description)?.[1];
    const line = code && log.split('\n').find((one) => one.includes(`[${code}]`));
    const answer = `${method} ${url}: ${status} ${body}`;
    expect({ answer, line }).toEqual({ answer, line: expect.stringMatching(/; [a-z-]+ \(.+\);.* fix: ./) });
  }
}

/** A grant in use whose person was never a member, or whose generation says tokens that its secret cannot have made. */
const ORPHANS = `SELECT id FROM grants WHERE (generation > 0 AND (secret_hash IS NULL OR code_used_at IS NULL))
   OR (code_used_at IS NOT NULL AND code_used_at > code_expires_at)`;

/** Every row of every table as text; bytes as hexadecimal. */
async function dump(server: Pick<TestServer, 'query'>): Promise<string> {
  const tables = await server.query<{ tablename: string }>(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
  );
  const rows = await Promise.all(
    tables.map(({ tablename }) => server.query<{ row: string }>(`SELECT t::text AS row FROM "${tablename}" t`)),
  );
  return rows
    .flat()
    .map(({ row }) => row)
    .join('\n');
}

function noSecretIn(place: string, text: string): void {
  const forms = (secret: string) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret, 'base64url').toString('hex'),
  ];
  const found = [...watch.secrets].filter((secret) =>
    forms(secret).some((form) => form.length >= 16 && text.includes(form)),
  );
  expect({ place, found }).toEqual({ place, found: [] });
}
