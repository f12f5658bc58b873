import type { FormWalk } from '../support/form-walk.js';

/** Pages that only show something, by ids in their addresses. */
export const walk: FormWalk = async ({ server, browser, person }) => {
  const organization = `${server.origin}/console/organizations/${person.organizationId}`;
  const pages = [
    await browser.get(`${organization}/audit`),
    await browser.get(`${organization}/attempts`),
    await browser.get(`${server.origin}/console/attempts`),
  ];
  for (const page of pages.slice(1)) {
    const [, attempt] = /href="([^"]+\/attempts\/[0-9a-f-]{36})"/.exec(page.html)!;
    pages.push(await browser.get(server.origin + attempt!));
    pages.push(await browser.get(`${server.origin}/console/operator/attempts/${attempt!.split('/').at(-1)}`));
  }
  return pages;
};
