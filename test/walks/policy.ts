import type { FormWalk } from '../support/form-walk.js';

/** The rules of an organization, and the rehearsal of another. */
export const walk: FormWalk = async ({ server, browser, person }) => {
  const address = `${server.origin}/console/organizations/${person.organizationId}/policy`;
  const rehearse = async (people: string) =>
    browser.submit(await browser.get(address), 'See what it would do', { tool: '*', people, verdict: 'deny' });
  const ruled = await browser.submit(await rehearse('member'), 'Save');
  return [ruled, await rehearse('admin')];
};
