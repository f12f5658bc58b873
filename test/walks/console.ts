import type { FormWalk } from '../support/form-walk.js';
import { HttpBrowser } from '../support/http-browser.js';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { addPerson } from '../support/people.js';

/**
 * The flow of a tool, accounts, and an organization. It leaves the person logged in, with everything they can act upon.
 */
export const walk: FormWalk = async ({ server, browser, person, mailbox }) => {
  const client = await OAuthClient.register(server.origin);
  const pages = [await browser.get(client.authorizeUrl())];
  pages.push(await browser.get(`${server.origin}/console/login`));
  const flow = await client.toApproval(person, { browser });
  await browser.submit(flow.page, 'Approve');
  const tokens = await client.again().connect(person, { browser });
  await callMcp(server.origin, tokens.access_token, 'tools/call', { name: 'create_project', arguments: { name: 'P' } });
  const projects = `${server.origin}/console/projects`;
  for (const name of ['Gone', 'Taken']) {
    const made = await browser.submit(await browser.get(projects), 'Create project', { name });
    const id = new RegExp(`/console/projects/([0-9a-f-]{36})/delete">Delete<[^>]*> ${name}`).exec(made.html)![1];
    await browser.submit(await browser.get(`${projects}/${id}/delete`), 'Delete', { name });
  }
  await browser.submit(await browser.get(projects), 'Create project', { name: 'Taken' });
  pages.push(await browser.submit(await browser.get(projects), 'Restore Taken'));
  await browser.submit(await browser.get(`${server.origin}/console/organizations`), 'Create organization', {
    name: 'Second',
  });
  await browser.submit(await browser.get(`${server.origin}/console/organizations`), 'Select Acme');
  const again = client.again();
  const organization = await browser.get(again.authorizeUrl());
  pages.push(organization);
  pages.push(await browser.submit(organization, 'Continue', { organization: person.organizationId }));
  const { email, password } = person;
  const elsewhere = new HttpBrowser();
  await elsewhere.submit(await elsewhere.get(`${server.origin}/console/login`), 'Log in', { email, password });
  const links: [string, string, Record<string, string>][] = [
    ['/console/sign-up', 'new@example.com', {}],
    ['/console/forgot-password', email, {}],
    ['/console/account', 'moved@example.com', { password }],
  ];
  for (const [path, to, fields] of links) {
    const asked = await browser.get(server.origin + path);
    pages.push(asked);
    await browser.submit(asked, 'Send the link', { email: to, ...fields });
    pages.push(await browser.get((await mailbox.next(to)).link));
  }
  const bob = await addPerson(server.app, 'bob@example.com', { into: person.organizationId, role: 'member' });
  const members = `${server.origin}/console/organizations/${person.organizationId}/members`;
  const invited = await browser.submit(await browser.get(members), 'Send the invitation', {
    email: 'guest@example.com',
    role: 'member',
  });
  pages.push(invited, await browser.get(`${members}/${bob.id}/remove`));
  pages.push(await browser.get(`${members}/${person.id}/role?role=member`));
  pages.push(await new HttpBrowser().get((await mailbox.next('guest@example.com')).link));
  const connections = `${server.origin}/console/organizations/${person.organizationId}/connections`;
  pages.push(await browser.get(connections), await browser.get(`${connections}/end?everything=1`));
  for (const path of ['', '/organizations', '/connections', '/projects', '/account/delete'])
    pages.push(await browser.get(`${server.origin}/console${path}`));
  return pages;
};
