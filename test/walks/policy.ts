import type { FormWalk } from '../support/form-walk.js';

/** The rules of an organization, and the rehearsal of another. */
export const walk: FormWalk = async ({ server, browser, person }) => {
  const address = `${server.origin}/console/organizations/${person.organizationId}/policy`;
  const rehearse = async (people: string) =>
    browser.submit(await browser.get(address), 'See what it would do', { tool: '*', people, verdict: 'deny' });
  const ruled = await browser.submit(await rehearse('member'), 'Save');
  const rehearsal = await rehearse('admin');
  const change = rehearsal.forms.flatMap(({ fields }) => fields).find(({ name }) => name === 'change')!.value;
  const again = await browser.get(`${address}/rehearsal?${new URLSearchParams({ change })}`);
  return [ruled, rehearsal, again];
};
