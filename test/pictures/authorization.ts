import type { Page } from 'playwright-core';
import { RegisteredClients } from '../../src/clients/registered-clients.js';
import { OAuthClient } from '../support/oauth-client.js';
import { PASSWORD } from '../support/people.js';
import { FILES } from '../support/resource-servers.js';
import type { TestServer } from '../support/server.js';
import { logIn, PUBLISHED, type Shoot, type Walk } from '../support/world.js';

export const walk: Walk = async ({ world, server, page, shoot }) => {
  const person = await world.person('ann', { organization: 'Acme Studio' });
  await world.person('bob', { into: person.organizationId });
  const none = await world.person('carla', { none: true });
  const claude = await OAuthClient.register(server.origin, {
    client_name: 'Claude Code',
    redirect_uris: ['http://localhost/callback'],
  });
  await page.goto(
    claude.authorizeUrl({
      redirect_uri: 'http://localhost:51004/callback',
      scope: 'organization:read projects:write offline_access',
    }),
  );
  await shoot('login');
  await logIn(page, none.email, 'wrong password');
  await shoot('login-wrong');
  await logIn(page, none.email, PASSWORD);
  await shoot('organization-none');
  await page.getByRole('textbox', { name: 'Organization name' }).fill(' ');
  await page.getByRole('button', { name: 'Create organization' }).click();
  await shoot('organization-none-refused', { inPassing: true });
  await page.getByRole('button', { name: 'Not you?' }).click();
  await logIn(page, person.email, PASSWORD);
  await shoot('organization');
  await page.getByRole('button', { name: 'Continue' }).click();
  await shoot('approve');
  const approval = page.url();
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.waitForURL(/chrome-error/).catch(() => undefined);
  await page.goto(approval);
  await shoot('answered');
  const cursor = await OAuthClient.register(server.origin, {
    client_name: 'Cursor',
    redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'],
  });
  await page.goto(cursor.authorizeUrl());
  await page.getByRole('button', { name: 'Continue' }).click();
  await shoot('approve-application');
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('you can close this tab').waitFor();
  await shoot('return', {
    // Whether to open an application is the browser's own question, and that page goes nowhere until it is answered.
    busy: true,
    again: async () => {
      const another = await page.context().newPage();
      await another.goto(cursor.again().authorizeUrl());
      await another.locator('form:has([name=organization]) .row .button').first().click();
      await another.locator('[name=decision][value=approve]').click();
      await another.locator('h1 + p + p .button').waitFor();
      return another;
    },
  });
  await grades(server, page, shoot);
  // In a page of its own: the other one waits for an application that nobody has here.
  const last = await page.context().newPage();
  await last.goto(claude.authorizeUrl({ response_type: 'token' }));
  await shoot('error-of-a-tool', { of: last, inPassing: true });
  await last.goto(`${server.origin}/mcp/oauth/authorize?client_id=dyn-unknown`);
  await shoot('error', { of: last });
  await last.close();
};

/** The same question, asked by tools whose names can be trusted to different degrees. */
async function grades(server: TestServer, page: Page, shoot: Shoot): Promise<void> {
  const redirect_uris = ['https://desk.example/cb'];
  const details = { name: 'Acme Desk', redirectUris: redirect_uris, authMethod: 'none', trusted: false } as const;
  const { clientId } = await server.app.get(RegisteredClients, { strict: false }).register(details);
  const registered = new OAuthClient(server.origin, { client_id: clientId, redirect_uris });
  const published = new OAuthClient(server.origin, {
    client_id: PUBLISHED,
    redirect_uris: ['https://tool.example/cb'],
  });
  const imitation = await OAuthClient.register(server.origin, {
    client_name: 'Acme D3sk',
    redirect_uris: ['https://evil.example/cb'],
  });
  for (const [client, what, resource] of [
    [registered, 'approve-registered', undefined],
    [published, 'approve-verified-domain', undefined],
    [imitation, 'approve-imitation', undefined],
    [published, 'approve-resource', FILES],
  ] as const) {
    const another = await page.context().newPage();
    await another.goto(client.authorizeUrl({ resource }));
    await another.getByRole('button', { name: 'Continue' }).click();
    await another.getByRole('button', { name: 'Approve' }).waitFor();
    await shoot(what, { of: another });
    await another.close();
  }
}
