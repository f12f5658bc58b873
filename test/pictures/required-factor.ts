import { OAuthClient } from '../support/oauth-client.js';
import { enterConsole, logIn, type Walk } from '../support/world.js';

export const walk: Walk = async (scene) => {
  const { world, server, page, shoot } = scene;
  const ann = await world.person('ann', { organization: 'Acme Studio' });
  const bob = await world.person('bob', { into: ann.organizationId, role: 'member' });
  const tool = await OAuthClient.register(server.origin, {
    client_name: 'Claude Code',
    redirect_uris: ['http://localhost/callback'],
  });
  await tool.connect(bob);
  const address = `${server.origin}/console/organizations/${ann.organizationId}/second-factor`;
  await enterConsole(scene, ann);
  await page.goto(address);
  await shoot('required-factor-own-first', { inPassing: true });
  await server.query(
    `INSERT INTO authenticator_apps (user_id, sealed_secret, last_step, created_at, last_used_at) VALUES ($1, '', 0, now(), now())`,
    [ann.id],
  );
  await server.query('UPDATE sessions SET second_factor_at = now() WHERE user_id = $1', [ann.id]);
  await page.reload();
  await shoot('required-factor');
  await page.getByLabel(/to confirm/).fill('Acme');
  await page.getByRole('button', { name: 'Require a second factor' }).click();
  await shoot('required-factor-wrong', { inPassing: true });
  await page.getByLabel(/to confirm/).fill('Acme Studio');
  await page.getByRole('button', { name: 'Require a second factor' }).click();
  await shoot('required-factor-on');
  await page.context().clearCookies({ name: 'bkend-session' });
  await page.goto(tool.again().authorizeUrl());
  await logIn(page, bob.email);
  await page.getByRole('radio').first().check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await shoot('required-factor-step-up');
};
