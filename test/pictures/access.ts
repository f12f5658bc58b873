import { OAuthClient } from '../support/oauth-client.js';
import { enterConsole, logIn, type Walk } from '../support/world.js';

export const walk: Walk = async (scene) => {
  const { world, server, page, shoot } = scene;
  const ann = await world.person('ann', { organization: 'Acme Studio' });
  const bob = await world.person('bob', { into: ann.organizationId, role: 'member' });
  const address = `${server.origin}/console/organizations/${ann.organizationId}/policy`;
  await enterConsole(scene, ann);
  await page.goto(`${address}/requests`);
  await shoot('requests-none');
  await page.goto(address);
  await page.getByLabel('Decision').selectOption('ask');
  await page.getByRole('button', { name: 'See what it would do' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL(/[?&]done=/);
  await shoot('policy-ask');
  const ask = async (name: string, reason: string) => {
    const tool = await OAuthClient.register(server.origin, {
      client_name: name,
      redirect_uris: ['http://localhost/callback'],
    });
    await page.goto(tool.authorizeUrl());
    if (page.url().includes('/authorize/login')) await logIn(page, bob.email);
    await page.getByRole('radio').first().check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Reason').waitFor();
    if (name === 'Claude Code') await shoot('ask');
    await page.getByLabel('Reason').fill(reason);
    await page.getByRole('button', { name: 'Ask for it' }).click();
    await page.getByRole('link', { name: 'Look again' }).waitFor();
    return page.url();
  };
  await page.context().clearCookies({ name: 'bkend-session' });
  const waiting = await ask('Claude Code', 'To see our projects while I write the release notes');
  await shoot('ask-waiting');
  await ask('Cursor', 'Our team works with it');
  const own = await page.context().cookies();
  await page.context().clearCookies({ name: 'bkend-session' });
  await enterConsole(scene, ann);
  await page.goto(`${address}/requests`);
  await shoot('requests');
  await page.goto(`${address}/requests?q=nobody`);
  await shoot('requests-none-found', { inPassing: true });
  await page.getByRole('link', { name: 'Show everybody who waits' }).click();
  await page
    .getByRole('link', { name: /Answer/ })
    .first()
    .waitFor();
  await page
    .getByRole('link', { name: /Answer/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Refuse' }).waitFor();
  await shoot('request');
  await page.getByRole('button', { name: 'Refuse' }).click();
  await page.waitForURL(/[?&]done=/);
  await page.context().addCookies(own);
  await page.goto(waiting);
  await shoot('ask-refused');
};
