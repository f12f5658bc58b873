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
  await page.goto(`${organization}/usage`);
  await shoot('usage');
  await page.goto(`${organization}/connections/${id}`);
  await shoot('connection');
};
