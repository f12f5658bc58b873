import { OAuthClient } from '../support/oauth-client.js';
import { enterConsole, type Walk } from '../support/world.js';

export const walk: Walk = async (scene) => {
  const { world, server, page, shoot } = scene;
  const { mailbox } = world;
  const ann = await world.person('ann', { organization: 'Acme Studio' });
  await world.person('bob', { into: ann.organizationId });
  const claude = await OAuthClient.register(server.origin, {
    client_name: 'Claude Code',
    redirect_uris: ['http://localhost/callback'],
  });
  await claude.connect(ann);
  await page.goto(`${server.origin}/console/login`);
  await shoot('console-login');
  await page.goto(`${server.origin}/console/forgot-password`);
  await shoot('forgot-password');
  await page.goto(`${server.origin}/console/sign-up`);
  await shoot('sign-up');
  await page.getByRole('textbox', { name: 'Email' }).fill(`new-${ann.email}`);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await shoot('mail-sent');
  await page.goto((await mailbox.next(`new-${ann.email}`)).link);
  await shoot('sign-up-finish');
  await page.goto(`${server.origin}/console/forgot-password`);
  await page.getByRole('textbox', { name: 'Email' }).fill(ann.email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.goto((await mailbox.next(ann.email)).link);
  await shoot('reset-password');
  await enterConsole(scene, ann);
  await shoot('overview');
  await page.goto(`${server.origin}/console/account`);
  await shoot('account');
  await page.goto(`${server.origin}/console/account/delete`);
  await shoot('delete-account');
  await page.goto(`${server.origin}/console/connections`);
  await shoot('connections');
  await page
    .getByRole('link', { name: /Disconnect/ })
    .first()
    .click();
  await shoot('disconnect');
  await page.goto(`${server.origin}/console/organizations`);
  await shoot('organizations');
  const members = `${server.origin}/console/organizations/${ann.organizationId}/members`;
  await page.goto(members.replace('/members', '/connections'));
  await shoot('organization-connections');
  await page.goto(members.replace('/members', '/connections/end?everything=1'));
  await shoot('end-connections');
  await page.goto(members.replace('/members', '/audit'));
  await shoot('audit');
  await page.goto(members);
  await page.getByRole('textbox', { name: 'Email' }).fill(`guest-${ann.email}`);
  await page.getByRole('button', { name: 'Send the invitation' }).click();
  await page.goto(members);
  await shoot('members');
  await page
    .getByRole('link', { name: /^Remove/ })
    .first()
    .click();
  await shoot('remove-member');
  const { link } = await mailbox.next(`guest-${ann.email}`);
  await page.context().clearCookies({ name: 'bkend-session' });
  await page.goto(link);
  await shoot('invitation');
  await enterConsole(scene, ann);
  await server.query('UPDATE users SET operator = true WHERE email = $1', [ann.email]);
  await page.goto(`${server.origin}/console/operator/outbox`);
  await shoot('outbox');
  await page.goto(`${server.origin}/console/projects`);
  await shoot('projects-none');
  for (const project of ['Website', 'Mobile app']) {
    await page.getByRole('textbox', { name: 'Project name' }).fill(project);
    await page.getByRole('button', { name: 'Create project' }).click();
  }
  await shoot('projects');
  await page
    .getByRole('link', { name: /Delete/ })
    .first()
    .click();
  await shoot('delete-project');
};
