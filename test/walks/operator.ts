import type { FormWalk } from '../support/form-walk.js';
import { addPerson } from '../support/people.js';
import { declareResource } from '../support/resource-servers.js';

/** What operators do; from here on the person is one, beside another. */
export const walk: FormWalk = async ({ server, browser, person }) => {
  const base = `${server.origin}/console/operator`;
  const other = await addPerson(server.app, 'other@example.com', { organization: 'Other' });
  await server.query('UPDATE users SET operator = true WHERE id = ANY ($1)', [[person.id, other.id]]);
  const suspended = await addPerson(server.app, 'suspended@example.com', { organization: 'Suspended' });
  await server.query('UPDATE organizations SET suspended_at = now() WHERE id = $1', [suspended.organizationId]);
  const guarded = await addPerson(server.app, 'guarded@example.com');
  await server.query(
    `INSERT INTO authenticator_apps (user_id, sealed_secret, last_step, created_at, last_used_at) VALUES ($1, 'x', 0, now(), now())`,
    [guarded.id],
  );
  const keys = await browser.get(`${base}/keys`);
  const withdraw = /href="([^"]+\/withdraw)"/.exec(keys.html)![1]!;
  await declareResource(server);
  const [resource] = await server.query<{ id: string }>('SELECT id FROM resources LIMIT 1');
  const [client] = await server.query<{ id: string }>('SELECT id FROM clients LIMIT 1');
  return [
    await browser.get(`${base}/organizations/${other.organizationId}/suspend`),
    await browser.get(`${base}/organizations/${suspended.organizationId}`),
    await browser.get(`${base}/clients/new`),
    await browser.get(`${base}/outbox`),
    await browser.get(`${base}/resources/new`),
    await browser.get(`${base}/resources/${resource!.id}`),
    await browser.get(`${base}/resources/${resource!.id}/scopes`),
    await browser.get(`${base}/resources/${resource!.id}/scopes?name=files:read`),
    await browser.get(`${base}/resources/${resource!.id}/scopes/remove?name=files:share`),
    await browser.get(`${base}/resources/${resource!.id}/rotate-secret`),
    await browser.get(`${base}/resources/${resource!.id}/remove`),
    await browser.get(`${base}/clients/${client!.id}/block`),
    await browser.get(`${base}/keys/rotate`),
    await browser.get(server.origin + withdraw),
    await browser.get(`${base}/people/${other.id}`),
    await browser.get(`${base}/people/${guarded.id}/reset-second-factor`),
    await browser.get(`${base}/people/${other.id}/disable`),
    await browser.get(`${base}/people/${other.id}/unmake-operator`),
  ];
};
