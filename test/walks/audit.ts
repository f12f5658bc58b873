import type { FormWalk } from '../support/form-walk.js';

/** The logs have no form that changes anything: they are here so that this stays so. */
export const walk: FormWalk = async ({ server, browser, person }) => [
  await browser.get(`${server.origin}/console/organizations/${person.organizationId}/audit`),
  await browser.get(`${server.origin}/console/account`),
];
