import type { FormWalk } from '../support/form-walk.js';
import { OAuthClient } from '../support/oauth-client.js';

/** Second factors. The one acted upon is nobody's in the end, and the session stays the one it was. */
export const walk: FormWalk = async ({ server, browser, person }) => {
  const security = `${server.origin}/console/account/security`;
  const pages = [await browser.get(`${security}/authenticator`), await browser.get(`${security}/passkeys`)];
  await server.query(
    "INSERT INTO authenticator_apps (user_id, sealed_secret, last_step, created_at, last_used_at) VALUES ($1, '', 0, now(), now())",
    [person.id],
  );
  await server.query(
    `INSERT INTO passkeys (user_id, credential_id, public_key, user_handle, sign_count, newest_challenge, name, created_at, last_used_at)
     VALUES ($1, '1', '', '', 0, now(), 'Phone', now(), now())`,
    [person.id],
  );
  pages.push(await browser.get(security), await browser.get(`${server.origin}/console/step-up`));
  const { email, password } = person;
  const login = await browser.get(`${server.origin}/console/login`);
  pages.push(await browser.submit(login, 'Log in', { email, password }));
  const client = await OAuthClient.register(server.origin);
  const asked = await browser.get(client.authorizeUrl({ prompt: 'login' }));
  pages.push(await browser.submit(asked, 'Log in', { email, password }));
  await server.query('DELETE FROM authenticator_apps WHERE user_id = $1', [person.id]);
  await server.query('DELETE FROM passkeys WHERE user_id = $1', [person.id]);
  return pages;
};
