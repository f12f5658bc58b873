import { OAuthClient } from '../support/oauth-client.js';
import { enterConsole, type Walk } from '../support/world.js';

export const walk: Walk = async (scene) => {
  const { world, server, page, shoot } = scene;
  const ann = await world.person('ann', { organization: 'Acme Studio' });
  await server.query('UPDATE users SET operator = true WHERE id = $1', [ann.id]);
  const claude = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
  const { refresh_token } = await claude.connect(ann);
  await claude.revoke(refresh_token);
  await enterConsole(scene, ann);
  await page.goto(`${server.origin}/console/operator/audit`);
  await page.locator('details summary').nth(1).click();
  await shoot('operator-audit');
  await page.goto(`${server.origin}/console/operator/audit?person=nobody-is-called-this`);
  await shoot('operator-audit-none', { inPassing: true });
};
