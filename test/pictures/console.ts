import { OAuthClient } from '../support/oauth-client.js';
import { enterConsole, logIn, type Walk } from '../support/world.js';

export const walk: Walk = async (scene) => {
  const { world, server, page, shoot } = scene;
  const { mailbox } = world;
  const ann = await world.person('ann', { organization: 'Acme Studio' });
  await world.person('bob', { into: ann.organizationId });
  const claude = await OAuthClient.register(server.origin, {
    client_name: 'Claude Code',
    redirect_uris: ['http://localhost/callback'],
  });
  const organization = `${server.origin}/console/organizations/${ann.organizationId}`;
  /** Fills fields by their labels, and presses. */
  const press = async (button: string, fields: Record<string, string> = {}) => {
    for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
    await page.getByRole('button', { name: button, exact: true }).click();
  };
  await page.goto(`${server.origin}/console/login`);
  await shoot('console-login');
  await logIn(page, ann.email, 'wrong password');
  await shoot('console-login-wrong', { inPassing: true });
  await page.goto(`${server.origin}/console/forgot-password`);
  await shoot('forgot-password');
  await page.goto(`${server.origin}/console/sign-up`);
  await shoot('sign-up');
  await press('Send the link', { Email: 'ann@-' });
  await shoot('sign-up-refused', { inPassing: true });
  await page.getByRole('textbox', { name: 'Email' }).fill(`new-${ann.email}`);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await shoot('mail-sent');
  await page.goto((await mailbox.next(`new-${ann.email}`)).link);
  await shoot('sign-up-finish');
  await press('Create account', { 'Your name': 'Ann', Password: 'password' });
  await shoot('sign-up-finish-refused', { inPassing: true });
  await page.goto(`${server.origin}/console/forgot-password`);
  await page.getByRole('textbox', { name: 'Email' }).fill(ann.email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.goto((await mailbox.next(ann.email)).link);
  await shoot('reset-password');
  await press('Save the password', { 'New password': 'password' });
  await shoot('reset-password-refused', { inPassing: true });
  await page.goto(`${server.origin}/console/reset-password?token=old`);
  await shoot('link-refused', { inPassing: true });
  await enterConsole(scene, ann);
  await shoot('overview');
  await page.goto(`${server.origin}/console/connections`);
  await shoot('connections-none', { inPassing: true });
  await page.goto(`${organization}/connections`);
  await shoot('organization-connections-none', { inPassing: true });
  await claude.connect(ann);
  await page.goto(`${server.origin}/console/account`);
  await shoot('account');
  await page.getByLabel('Current password').first().fill('wrong');
  await press('Send the link', { 'New address': `moved-${ann.email}` });
  await shoot('account-refused', { inPassing: true });
  await page.goto(`${server.origin}/console/account`);
  await page.getByLabel('Current password').first().fill(ann.password);
  await press('Send the link', { 'New address': `moved-${ann.email}` });
  await page.goto((await mailbox.next(`moved-${ann.email}`)).link);
  await shoot('confirm-email', { inPassing: true });
  await page.goto(`${server.origin}/console/account/delete`);
  await shoot('delete-account');
  await press('Delete my account', { [`Type ${ann.email} to confirm`]: ann.email, 'Current password': 'wrong' });
  await shoot('delete-account-refused', { inPassing: true });
  await page.goto(`${server.origin}/console/connections`);
  await shoot('connections');
  await page
    .getByRole('link', { name: /Disconnect/ })
    .first()
    .click();
  await shoot('disconnect');
  await page.goto(`${server.origin}/console/organizations`);
  await shoot('organizations');
  await press('Create organization', { 'Organization name': ' ' });
  await shoot('organizations-refused', { inPassing: true });
  await page.goto(`${organization}/connections`);
  await shoot('organization-connections');
  await page.goto(`${organization}/connections?q=nobody`);
  await shoot('organization-connections-none-found', { inPassing: true });
  await page.goto(`${organization}/connections`);
  await page.getByRole('link', { name: 'End all by this name' }).first().click();
  await page.getByText('A name proves nothing').waitFor();
  await shoot('end-by-name');
  await page.goto(`${organization}/connections/end?everything=1`);
  await shoot('end-connections');
  await page.getByRole('textbox').fill('another');
  await page.getByRole('button', { name: /^End/ }).click();
  await shoot('end-connections-refused', { inPassing: true });
  await page.goto(`${organization}/audit`);
  await shoot('audit');
  await page.goto(`${organization}/audit?person=nobody`);
  await shoot('audit-none', { inPassing: true });
  await page.goto(`${organization}/nothing`);
  await shoot('not-found', { inPassing: true });
  const members = `${organization}/members`;
  await page.goto(members);
  await press('Send the invitation', { Email: ann.email });
  await shoot('members-refused', { inPassing: true });
  await page.getByRole('textbox', { name: 'Email' }).fill(`guest-${ann.email}`);
  await page.getByRole('button', { name: 'Send the invitation' }).click();
  await page.goto(members);
  await shoot('members');
  await page.getByRole('combobox', { name: /^Role/ }).first().selectOption('member');
  await page
    .getByRole('button', { name: /^Change role/ })
    .first()
    .click();
  await shoot('own-role');
  await page.goto(members);
  await page
    .getByRole('link', { name: /^Remove/ })
    .first()
    .click();
  await shoot('remove-member');
  const { link } = await mailbox.next(`guest-${ann.email}`);
  await page.context().clearCookies({ name: 'bkend-session' });
  await page.goto(link);
  await shoot('invitation');
  await press('Create account and join', { 'Your name': 'Guest', Password: 'password' });
  await shoot('invitation-refused', { inPassing: true });
  await enterConsole(scene, ann);
  await server.query('UPDATE users SET operator = true WHERE email = $1', [ann.email]);
  await page.goto(`${server.origin}/console/operator/outbox`);
  await shoot('outbox');
  await page.goto(`${server.origin}/console/projects`);
  await shoot('projects-none');
  await press('Create project', { 'Project name': ' ' });
  await shoot('projects-refused', { inPassing: true });
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
  await page.getByRole('textbox').fill('another');
  await page.getByRole('button', { name: /^Delete/ }).click();
  await shoot('delete-project-refused', { inPassing: true });
  await page.getByRole('textbox').fill('Website');
  await page.getByRole('button', { name: /^Delete/ }).click();
  await shoot('projects-deleted');
  await page.getByRole('textbox', { name: 'Project name' }).fill('Website');
  await page.getByRole('button', { name: 'Create project' }).click();
  await page.getByRole('button', { name: 'Restore' }).click();
  await shoot('restore-project');
};
