import { ConnectionUsage } from '../../src/database/repositories/connection-usage.repository.js';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { enterConsole, type Walk } from '../support/world.js';

export const walk: Walk = async (scene) => {
  const { world, server, page, shoot } = scene;
  const ann = await world.person('ann', { organization: 'Acme Studio' });
  const claude = await OAuthClient.register(server.origin, {
    client_name: 'Claude Code',
    redirect_uris: ['http://localhost/callback'],
  });
  const tokens = await claude.connect(ann);
  const [connection] = await server.query<{ id: string }>('SELECT id FROM grants WHERE user_id = $1', [ann.id]);
  const { id } = connection!;
  await enterConsole(scene, ann);
  const organization = `${server.origin}/console/organizations/${ann.organizationId}`;
  await page.goto(`${organization}/usage`);
  await shoot('usage-none');
  await callMcp(server.origin, tokens.access_token, 'tools/call', { name: 'whoami', arguments: {} });
  const now = Date.now();
  const days = Array.from({ length: 29 }, (_, index) => index + 1).filter((n) => n % 7 > 1);
  await server.app.get(ConnectionUsage, { strict: false }).add(
    days.map((n) => ({
      grantId: id,
      organizationId: ann.organizationId,
      hour: new Date(now - n * 86_400_000),
      calls: 20 + ((n * 37) % 90),
      failures: (n * 7) % 5,
      scopes: ['projects:read'],
      tools: { list_projects: 12, whoami: 3 },
      usedAt: new Date(now - n * 86_400_000),
      address: '',
    })),
  );
  await server.query(`UPDATE grants SET created_at = created_at - interval '40 days' WHERE id = $1`, [id]);
  await server.query(
    `INSERT INTO usage_days (organization_id, kind, day, subject, calls, failures)
     SELECT $1, 'client', ($2::timestamptz AT TIME ZONE 'UTC')::date, 'Tool of team ' || n, n * 7, n / 3 FROM generate_series(1, 60) n`,
    [ann.organizationId, server.clock.now()],
  );
  await page.goto(`${organization}/usage`);
  await shoot('usage');
  await page.getByRole('link', { name: 'All tools' }).click();
  await page.getByRole('link', { name: 'Those with fewer calls' }).waitFor();
  await shoot('usage-tools');
  await page.getByRole('link', { name: 'Those with fewer calls' }).click();
  await page.getByRole('link', { name: 'Back to those with the most' }).waitFor();
  await shoot('usage-tools-later', { inPassing: true });
  await page.goto(`${organization}/usage/people`);
  await shoot('usage-people', { inPassing: true });
  await page.goto(`${organization}/usage/people?after=0+x`);
  await shoot('usage-people-none', { inPassing: true });
  await page.goto(`${organization}/connections/${id}`);
  await shoot('connection');
  await page.goto(`${organization}/connections`);
  await page.getByRole('button', { name: /^Take away/ }).waitFor();
  await shoot('connections-unused');
  await page.goto(`${server.origin}/console/connections`);
  await shoot('own-connections-unused', { inPassing: true });
  await page.getByRole('button', { name: /^Take away/ }).click();
  await page.getByText('The permission is taken away.').waitFor();
  await shoot('connections-narrowed', { inPassing: true });
};
