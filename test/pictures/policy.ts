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
  await tool.connect(ann);
  await tool.again().connect(bob);
  const address = `${server.origin}/console/organizations/${ann.organizationId}/policy`;
  await enterConsole(scene, ann);
  await page.goto(address);
  await shoot('policy-none');
  const decide = async (whom: string, verdict: string) => {
    await page.goto(address);
    await page.getByLabel('For', { exact: true }).selectOption(whom);
    await page.getByLabel('Decision').selectOption(verdict);
  };
  await decide('owners', 'Allow');
  await page.getByLabel('Create, rename and delete projects').uncheck();
  await page.getByRole('button', { name: 'See what it would do' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await decide('members', 'Deny');
  await page.getByRole('button', { name: 'See what it would do' }).click();
  await shoot('policy-rehearsal');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.goto(address);
  await shoot('policy');
  for (const [person, what] of [
    [ann, 'policy-ceiling'],
    [bob, 'policy-denied'],
  ] as const) {
    await page.context().clearCookies({ name: 'bkend-session' });
    await page.goto(tool.again().authorizeUrl());
    await logIn(page, person.email);
    await page.getByRole('radio').first().check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await shoot(what);
  }
};
