import type { FormWalk } from '../support/form-walk.js';

/** One connection, of an organization and of its person. */
export const walk: FormWalk = async ({ server, browser, person }) => {
  const [connection] = await server.query<{ id: string }>(
    'SELECT id FROM grants WHERE user_id = $1 AND code_used_at IS NOT NULL AND revoked_at IS NULL LIMIT 1',
    [person.id],
  );
  const { id } = connection!;
  const organization = `${server.origin}/console/organizations/${person.organizationId}`;
  return [
    await browser.get(`${organization}/usage/tools`),
    await browser.get(`${organization}/usage/people`),
    await browser.get(`${server.origin}/console/connections/${id}`),
    await browser.get(`${organization}/connections/${id}`),
  ];
};
