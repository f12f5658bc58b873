import type { FormWalk } from '../support/form-walk.js';

/** A second factor is required, and no longer. It is not in the end, and the session proved none. */
export const walk: FormWalk = async ({ server, browser, person }) => {
  const address = `${server.origin}/console/organizations/${person.organizationId}/second-factor`;
  const prove = (at: string | null) =>
    server.query('UPDATE sessions SET second_factor_at = $2 WHERE user_id = $1', [person.id, at]);
  const require = (required: boolean) =>
    server.query('UPDATE organizations SET requires_second_factor = $2 WHERE id = $1', [
      person.organizationId,
      required,
    ]);
  await prove('now');
  const pages = [await browser.get(address)];
  await require(true);
  pages.push(await browser.get(address));
  await require(false);
  await prove(null);
  return pages;
};
