import type { FormWalk } from '../support/form-walk.js';
import { HttpBrowser } from '../support/http-browser.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPerson } from '../support/people.js';

/** Somebody must ask for tools, and asks; the request is open for whoever answers. */
export const walk: FormWalk = async ({ server, browser, person }) => {
  const { organizationId } = person;
  const policy = `${server.origin}/console/organizations/${organizationId}/policy`;
  const rule = { tool: '*', people: 'member', verdict: 'ask' };
  const rehearsal = await browser.submit(await browser.get(policy), 'See what it would do', rule);
  const ruled = await browser.submit(rehearsal, 'Save');
  const asking = await addPerson(server.app, 'asking@example.com', { into: organizationId, role: 'member' });
  const { page } = await (await OAuthClient.register(server.origin)).toApproval(asking, { browser: new HttpBrowser() });
  await server.query(
    `INSERT INTO access_requests (user_id, organization_id, client_id, digest, identity, redirect_uri, resource, scopes, reason, asked_at)
     VALUES ($1, $2, 'dyn-x', '\\x00', 'self-asserted', 'http://127.0.0.1/cb', $3, '{projects:read}', 'To look', now())`,
    [asking.id, organizationId, `${server.origin}/mcp`],
  );
  const [request] = await server.query<{ id: string }>('SELECT id FROM access_requests');
  // Whoever decides need not ask, but could send the form.
  const form = page.forms.find(({ action }) => action.includes('/authorize/ask'))!;
  const csrf = ruled.forms[0]!.fields.find(({ name }) => name === 'csrf')!;
  const own = {
    ...page,
    forms: [{ ...form, fields: form.fields.map((field) => (field.name === 'csrf' ? csrf : field)) }],
  };
  return [ruled, own, await browser.get(`${policy}/requests/${request!.id}`)];
};
