import { OAuthClient } from '../support/oauth-client.js';
import { enterConsole, type Walk } from '../support/world.js';

export const walk: Walk = async (scene) => {
  const { world, server, page, shoot } = scene;
  const ann = await world.person('ann', { organization: 'Acme Studio' });
  const client = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
  await page.goto(client.authorizeUrl({ redirect_uri: 'http://127.0.0.1:53682/other' }));
  await shoot('error-with-attempt');
  const link = await page.getByRole('link', { name: /step by step/ }).getAttribute('href');
  await enterConsole(scene, ann);
  await page.goto(server.origin + link!);
  await shoot('attempt');
  await page.goto(`${server.origin}/console/attempts/ABCDEFGHJK`);
  await shoot('attempt-of-others');
  await page.goto(`${server.origin}/console/attempts?outcome=connected`);
  await shoot('attempts-none');
  await client.again().connect(ann);
  await client.again().authorize(ann, { decision: 'Deny' });
  await page.goto(`${server.origin}/console/attempts`);
  await shoot('attempts');
  await page.goto(`${server.origin}/console/organizations/${ann.organizationId}/attempts`);
  await shoot('organization-attempts');
  await server.query('UPDATE users SET operator = true WHERE email = $1', [ann.email]);
  await page.goto(`${server.origin}/console/operator/attempts`);
  await shoot('operator-attempts');
  await page
    .getByRole('link', { name: /^See the steps/ })
    .first()
    .click();
  await shoot('operator-attempt');
};
