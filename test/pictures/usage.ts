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
  await callMcp(server.origin, tokens.access_token, 'tools/call', { name: 'whoami', arguments: {} });
  const [connection] = await server.query<{ id: string }>('SELECT id FROM grants WHERE user_id = $1', [ann.id]);
  const { id } = connection!;
  await enterConsole(scene, ann);
  const organization = `${server.origin}/console/organizations/${ann.organizationId}`;
  await page.goto(`${organization}/usage`);
  await shoot('usage-none');
  await server.query(
    `INSERT INTO connection_hours
     SELECT $1, date_trunc('hour', now() - n * interval '1 day'), $2, 20 + n * 37 % 90, n * 7 % 5, '{projects:read}', '{"list_projects": 12, "whoami": 3}'
       FROM generate_series(1, 29) n WHERE n % 7 > 1`,
    [id, ann.organizationId],
  );
  await server.query(`UPDATE grants SET created_at = created_at - interval '40 days' WHERE id = $1`, [id]);
  await page.goto(`${organization}/usage`);
  await shoot('usage');
  await page.goto(`${organization}/connections/${id}`);
  await shoot('connection');
};
