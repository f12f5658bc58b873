import { OAuthClient } from '../support/oauth-client.js';
import { enterConsole, type Walk } from '../support/world.js';

export const walk: Walk = async (scene) => {
  const { world, server, page, shoot } = scene;
  const base = `${server.origin}/console/operator`;
  const olive = await world.person('olive', { organization: 'Home' });
  const ann = await world.person('ann', { organization: 'Acme Studio' });
  await server.query('UPDATE users SET operator = true WHERE id = $1', [olive.id]);
  const claude = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
  await claude.connect(ann);
  await enterConsole(scene, olive);
  await page.goto(base);
  await shoot('operator-health');
  await page.goto(`${base}/people`);
  await shoot('operator-people');
  await page.goto(`${base}/clients`);
  await shoot('operator-clients');
  await page.goto(`${base}/clients?q=nothing-is-called-this`);
  await shoot('operator-clients-none', { inPassing: true });
  await page.goto(`${base}/clients?q=${claude.registered.client_id}`);
  await page.getByRole('link', { name: 'Claude Code' }).click();
  await shoot('operator-client');
  await page.getByRole('link', { name: 'Block' }).click();
  await shoot('operator-block-client', { inPassing: true });
  await page.goto(`${base}/clients/new`);
  await shoot('operator-new-client');
  await page.getByLabel('What it calls itself').fill('Acme Desk');
  await page.getByLabel('Redirect URIs').fill('http://app.example/cb');
  await page.getByRole('button', { name: 'Register' }).click();
  await shoot('operator-new-client-refused', { inPassing: true });
  await page.getByLabel('Redirect URIs').fill('https://app.example/cb');
  await page.getByLabel('How it authenticates').selectOption('client_secret_basic');
  await page.getByRole('button', { name: 'Register' }).click();
  await shoot('operator-credentials', { once: true });
  await page.goto(`${base}/organizations`);
  await shoot('operator-organizations');
  await page.goto(`${base}/organizations?q=nothing-is-called-this`);
  await shoot('operator-organizations-none', { inPassing: true });
  await page.goto(`${base}/organizations/${ann.organizationId}`);
  await shoot('operator-organization');
  await page.getByRole('link', { name: 'Suspend' }).click();
  await shoot('operator-suspend', { inPassing: true });
  await page.goto(`${base}/keys`);
  await shoot('operator-keys');
  await page
    .getByRole('link', { name: /^Withdraw/ })
    .first()
    .click();
  await shoot('operator-withdraw-key');
  await page.goto(`${base}/people?q=nobody-is-called-this`);
  await shoot('operator-people-none');
  await page.goto(`${base}/people/${ann.id}`);
  await shoot('operator-person');
  await page.getByRole('link', { name: 'Disable' }).click();
  await shoot('operator-confirmation');
};
