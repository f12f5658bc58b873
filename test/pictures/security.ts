import { Secret, TOTP } from 'otpauth';
import { OAuthClient } from '../support/oauth-client.js';
import { PASSWORD } from '../support/people.js';
import { enterConsole, logIn, type Walk } from '../support/world.js';

export const walk: Walk = async (scene) => {
  const { world, server, page, shoot } = scene;
  const ann = await world.person('ann');
  const security = `${server.origin}/console/account/security`;
  await enterConsole(scene, ann);
  await page.goto(security);
  await shoot('security-none');
  await page.goto(`${server.origin}/console/step-up`);
  await shoot('step-up-none');
  await page.goto(`${security}/passkeys`);
  await shoot('passkey-new');
  await page.goto(`${security}/authenticator`);
  await shoot('app-setup');
  await page.getByText('No camera?').click();
  const key = (await page.locator('code').innerText()).replaceAll(' ', '');
  const code = new TOTP({ secret: Secret.fromBase32(key) }).generate({ timestamp: server.clock.now().getTime() });
  await page.getByRole('textbox', { name: 'Code the app shows' }).fill(code);
  await page.getByRole('textbox', { name: 'Current password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Turn on' }).click();
  await shoot('recovery-codes', {
    again: async () => {
      await page.goto(security);
      await page.locator('details:has(#codes-password) summary').click();
      await page.locator('#codes-password').fill(PASSWORD);
      await page.locator('form:has(#codes-password) button').click();
      await page.locator('.codes').waitFor();
      return page;
    },
  });
  await page.goto(security);
  await server.query(
    `INSERT INTO passkeys (user_id, credential_id, public_key, user_handle, sign_count, newest_challenge, name, created_at, last_used_at)
     VALUES ($1, sha256($2), '', '', 0, now(), 'Phone', now(), now())`,
    [ann.id, Buffer.from(ann.id)],
  );
  await page.reload();
  await page.getByRole('listitem').locator('summary').click();
  await page.getByText('Turn it off').click();
  await page.getByText('Make new ones …').click();
  await shoot('security');
  await server.query('UPDATE sessions SET second_factor_at = NULL WHERE user_id = $1', [ann.id]);
  await page.goto(`${server.origin}/console/step-up`);
  await shoot('step-up');
  await page.context().clearCookies({ name: 'bkend-session' });
  const client = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
  await page.goto(client.authorizeUrl());
  await logIn(page, ann.email);
  await page.getByRole('textbox', { name: 'Code' }).fill('000000');
  await page.getByRole('button', { name: 'Continue' }).click();
  await shoot('second-factor');
};
